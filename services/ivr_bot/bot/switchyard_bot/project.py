"""Where things lie in the bot's folder, and the name of the model that belongs to it. Pure."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_INPUTS = (
    "config.yml",
    "domain/*.yml",
    "data/**/*.yml",
    "knowledge/*.md",
    "knowledge_questions/*.yml",
    "sentiment/train.yml",
    "requirements.in",  # names the version of Rasa and of the encoder
    "switchyard_bot/components*.py",
    "switchyard_bot/dates.py",
    "switchyard_bot/encoder.py",
    "switchyard_bot/entities.py",
    "switchyard_bot/language.py",
    "switchyard_bot/learning/*.py",
    "switchyard_bot/numbers.py",
    "switchyard_bot/patterns.py",
    "switchyard_bot/simplified.txt",
    "switchyard_bot/policy.py",
    "switchyard_bot/text.py",
    "switchyard_bot/tokens.py",
)
_HASH_CHARS = 16


@dataclass(frozen=True)
class Project:
    """The bot's folder."""

    root: Path

    @property
    def heldout(self) -> Path:
        """Phrases for measuring, one file per language."""
        return self.root / "heldout"

    def inputs(self) -> Iterator[Path]:
        """Every file that shapes the trained model, in a fixed order."""
        for pattern in _INPUTS:
            yield from sorted(self.root.glob(pattern))

    def model_name(self) -> str:
        """File name of the model trained from the folder as it is: ``bot-<hash>.tar.gz``."""
        digest = hashlib.sha256()
        for path in self.inputs():
            digest.update(path.relative_to(self.root).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return f"bot-{digest.hexdigest()[:_HASH_CHARS]}.tar.gz"


def here() -> Project:
    """The folder this package lies in."""
    return Project(Path(__file__).resolve().parent.parent)
