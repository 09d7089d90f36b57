"""What callers hear while they wait for a person, and what their keys mean then. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil

from switchyard_phone.domain.caller_events import Line
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import END_KEY, REPEAT_KEY, Menus

CALL_BACK_KEY = "1"
SAY_AGAIN_SECONDS = 30.0
"""After so long without a change callers hear that they are not forgotten."""

_LONGEST_MINUTES = 60


class Wish(StrEnum):
    """What a key asks for while a caller waits."""

    PLACE = "place"
    CALL_BACK = "call_back"
    LEAVE = "leave"


WISHES: Mapping[str, Wish] = {
    REPEAT_KEY: Wish.PLACE,
    CALL_BACK_KEY: Wish.CALL_BACK,
    END_KEY: Wish.LEAVE,
}


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a caller stands: `position` 0 is not known, `seconds` 0 nobody can honestly say."""

    position: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Patience:
    """What a waiting caller has been told. `can_call_back`: there is a number for it.

    `offered`: what keys are for. Before, they were meant for something else: a number's last key,
    or one that was pressed twice.
    """

    language: Language
    can_call_back: bool
    stand: Stand = Stand()
    told: Stand | None = None
    offered: bool = False

    def heard_of(self, stand: Stand) -> "Patience":
        """The router has news of the place."""
        return replace(self, stand=stand)

    @property
    def has_news(self) -> bool:
        """Whether the caller should hear them now: the place, not every change of the time."""
        place = self.stand.position
        return place > 0 and (self.told is None or self.told.position != place)


class WaitingWords:
    """Puts into words what is told to who waits."""

    def __init__(self, menus: Menus) -> None:
        self._menus = menus

    def place(self, patience: Patience) -> tuple[tuple[Line, ...], Patience]:
        """The place, and once what keys are for."""
        lines = [Line(self._place(patience), patience.language)]
        if not patience.offered:
            lines += self._keys(patience)
        return tuple(lines), replace(patience, told=patience.stand, offered=True)

    def still(self, patience: Patience) -> tuple[tuple[Line, ...], Patience]:
        """Nothing is new."""
        lines = (self._say("still_waiting", patience.language), *self._keys(patience))
        return lines, replace(patience, offered=True)

    def phrase(self, name: str, language: Language) -> Line:
        """One of the menus' phrases."""
        return self._say(name, language)

    def _place(self, patience: Patience) -> str:
        stand, language = patience.stand, patience.language
        if stand.position < 1:
            return self._menus.phrase("still_waiting", language)
        minutes = min(_LONGEST_MINUTES, ceil(stand.seconds / 60))
        name = "place_and_wait" if minutes > 1 else "place_and_minute" if minutes > 0 else "place"
        pattern = self._menus.phrase(name, language)
        filled = pattern.replace("{position}", str(stand.position))
        return filled.replace("{minutes}", str(minutes))

    def _keys(self, patience: Patience) -> list[Line]:
        names = ["leave_queue"]
        if patience.can_call_back:
            names.insert(0, "offer_callback")
        return [self._say(name, patience.language) for name in names]

    def _say(self, phrase: str, language: Language) -> Line:
        return Line(self._menus.phrase(phrase, language), language)
