"""How far what a recogniser understood is believed."""

from dataclasses import dataclass
from enum import StrEnum


class Rung(StrEnum):
    """What is to be done with something that was understood."""

    ACCEPT = "accept"
    CONFIRM = "confirm"
    NO_MATCH = "no_match"


@dataclass(frozen=True, slots=True)
class Ladder:
    """From `accept` on it counts, from `confirm` on the caller is asked; 0 to 1. ValueError."""

    accept: float
    confirm: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.confirm <= self.accept <= 1.0:
            raise ValueError("must be: 0 <= confirm <= accept <= 1")

    def rung(self, confidence: float) -> Rung:
        """Where a confidence stands; what is no number stands nowhere."""
        if confidence >= self.accept:
            return Rung.ACCEPT
        return Rung.CONFIRM if confidence >= self.confirm else Rung.NO_MATCH


@dataclass(frozen=True, slots=True)
class Ladders:
    """One for expected phrases, one for words in answer to an open question.

    Words may be believed sooner: the bot asks back when they make no sense to it.
    """

    phrases: Ladder = Ladder(0.75, 0.4)
    words: Ladder = Ladder(0.5, 0.3)


USUAL = Ladders()
