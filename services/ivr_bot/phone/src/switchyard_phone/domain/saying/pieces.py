"""What a spoken text is put together from."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from switchyard_phone.domain.language import Language


@dataclass(frozen=True, slots=True)
class Clip:
    """Words that are rendered ahead: one of the inventory."""

    text: str


@dataclass(frozen=True, slots=True)
class Free:
    """Words that are known only now, and made sound when they are needed. Personal."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence."""

    seconds: float


Piece = Clip | Free | Pause

SHORT, MEDIUM, LONG = Pause(0.12), Pause(0.25), Pause(0.45)
"""Between groups of digits, at a comma, at the end of a sentence."""


def clips(*words: str) -> tuple[Piece, ...]:
    """These words, a clip each."""
    return tuple(map(Clip, words))


def words_of(pieces: Iterable[Piece], language: Language) -> str:
    """The same as words for a synthesizer, which has to say them in one go."""
    parts = ["," if isinstance(piece, Pause) else piece.text for piece in pieces]
    if language is Language.CHINESE:
        return "".join("，" if part == "," else part for part in parts).strip("，")
    return " ".join(parts).replace(" ,", ",").strip(" ,")
