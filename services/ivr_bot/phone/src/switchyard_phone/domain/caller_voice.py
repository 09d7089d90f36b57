"""What is listened for, and what became of it so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf

from switchyard_phone.domain.caller_questions import Awaited
from switchyard_phone.domain.language import Language

LONGEST_SPEECH_SECONDS = 45.0
"""From where a caller begins to speak until it must be known what was said."""

MOST_RESUMED = 2
"""Times that one prompt falls silent for nothing; after that only a key, or words that are
understood, silence it: the line is noisy."""


@dataclass(frozen=True, slots=True)
class Ear:
    """What is listened for: phrases, by the key that each stands for; without any, all words.

    `number` tells one from the next: what an ear hears that is closed by now is dropped.
    """

    number: int
    language: Language
    phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that may have been said in answer to `asked`: the phrase of a key, or `text`."""

    asked: Awaited
    phrase: str = ""
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Voice:
    """A caller's voice in one call.

    `works`: there is somebody to listen. `ear` is open, or nothing is listened for. `due` is when
    the speech that began must be over. `hushed`: a prompt fell silent for it, and goes on if it was
    nothing; `resumed` is how often that happened to this prompt.
    """

    works: bool = True
    ear: Ear | None = None
    opened: int = 0
    due: float = inf
    hushed: bool = False
    resumed: int = 0

    @property
    def may_hush(self) -> bool:
        """Whether a prompt falls silent when somebody begins to speak."""
        return not self.hushed and self.resumed < MOST_RESUMED

    def hears(self, ear: int) -> bool:
        """Whether it was the open ear that heard."""
        return self.ear is not None and self.ear.number == ear

    def listening(self, language: Language, awaited: Awaited) -> "Voice":
        """With a new ear for this question."""
        opened = self.opened + 1
        return replace(
            self, ear=Ear(opened, language, awaited.phrases), opened=opened, due=inf, hushed=False
        )

    def closed(self) -> "Voice":
        """Nobody listens; what was being understood is dropped."""
        return replace(self, ear=None, due=inf)

    def for_question(self) -> "Voice":
        """A new prompt: nobody listens yet, and nothing was interrupted."""
        return replace(self.closed(), hushed=False, resumed=0)
