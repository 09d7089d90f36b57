"""A customer sets a new PIN with a link that the bot gave them."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,256}")
_PIN = re.compile(r"[0-9]{4,8}")


class ResetOutcome(StrEnum):
    """What came of it; the page has a text for each."""

    DONE = "done"
    LINK_OVER = "link_over"
    NOT_A_PIN = "not_a_pin"
    DIFFERENT = "different"
    TOO_SIMPLE = "too_simple"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class NewPin:
    """What the customer typed, twice. Personal, and a secret."""

    token: str
    pin: str
    again: str


class ResetLinks(Protocol):
    """Where links are redeemed."""

    async def redeem(self, token: str, pin: str) -> ResetOutcome:
        """Set the PIN, once: DONE, LINK_OVER or UNAVAILABLE; TOO_SIMPLE, and the link stays good,
        for one that others would guess. Never raises."""
        ...


class ResetObserver(Protocol):
    """Who counts."""

    def pin_reset(self, outcome: str) -> None:
        """Somebody tried to set a new PIN."""
        ...


class SetNewPin:
    """Checks what was typed before the link is spent on it."""

    def __init__(self, links: ResetLinks, observer: ResetObserver) -> None:
        self._links = links
        self._observer = observer

    async def execute(self, new: NewPin) -> ResetOutcome:
        """What came of it."""
        outcome = await self._decide(new)
        self._observer.pin_reset(outcome)
        return outcome

    async def _decide(self, new: NewPin) -> ResetOutcome:
        if not is_token(new.token):
            return ResetOutcome.LINK_OVER
        pin, again = _digits(new.pin), _digits(new.again)
        if not _PIN.fullmatch(pin):
            return ResetOutcome.NOT_A_PIN
        if pin != again:
            return ResetOutcome.DIFFERENT
        return await self._links.redeem(new.token, pin)


def is_token(text: str) -> bool:
    """Whether it can be the secret of a link at all."""
    return bool(_TOKEN.fullmatch(text))


def _digits(typed: str) -> str:
    """Chinese keyboards write full-width digits."""
    return unicodedata.normalize("NFKC", typed).strip()
