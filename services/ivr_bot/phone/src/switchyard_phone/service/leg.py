"""The telephone line as use cases see it: legs, and where they come from."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from switchyard_phone.domain.calls import CallFacts, Ended, Quality, Transferred


class LegGone(Exception):
    """The call is over; nothing can be said or heard any more."""


@dataclass(frozen=True, slots=True)
class Digit:
    """A key was pressed and released."""

    key: str
    """0-9, *, # or A-D. What a caller keys in is personal data."""
    seconds: float
    """How long it was held."""


@dataclass(frozen=True, slots=True)
class Held:
    """The caller's side put the call on hold: nobody listens."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The hold is over."""


@dataclass(frozen=True, slots=True)
class LegEnded:
    """The call is over; always the last event, and always there."""

    cause: Ended


LegEvent = Digit | Held | Resumed | LegEnded


class CallLeg(Protocol):
    """One caller's leg. Nothing here blocks the event loop.

    Methods raise LegGone once the call is over, except `flush`, `quality` and `hang_up`.
    """

    @property
    def facts(self) -> CallFacts:
        """Who calls whom."""
        ...

    @property
    def ended(self) -> Ended | None:
        """Why the call is over; None while it lives."""
        ...

    @property
    def goes_on(self) -> bool:
        """Whether the caller stays with the PBX when this side hangs up.

        Such a line transfers nobody: the PBX does, once it has the caller back.
        """
        ...

    async def answer(self) -> None:
        """Take the call; returns once sound flows. A second time it does nothing."""
        ...

    async def refuse(self, status: int) -> None:
        """Do not take the call: a SIP status such as 486, 503 or 603. Only before `answer`."""
        ...

    def events(self) -> AsyncIterator[LegEvent]:
        """What happens, from the beginning, for one reader; ends after LegEnded."""
        ...

    def frames(self) -> AsyncIterator[bytes]:
        """What is heard, a frame (20 ms) at a time, for one reader; ends with the call.

        Of what is not fetched, the oldest is dropped after some seconds, and counted.
        """
        ...

    async def play(self, frames: Iterable[bytes]) -> bool:
        """Say this, after what is being said; returns when it was sent, or flushed.

        `frames` are whole frames and are taken as they are needed. Whether all of it was sent.
        """
        ...

    def flush(self) -> float:
        """Stop speaking at once; how many seconds of what was being said had been sent."""
        ...

    async def blind_transfer(
        self, target: str, headers: Mapping[str, str], seconds: float
    ) -> Transferred:
        """Ask the switch to connect the caller with a SIP URI; the outcome, within so long.

        `headers` (X-…) are asked to be put into the call to the target. Once the outcome is DONE
        the leg is over.
        """
        ...

    async def attended_transfer(
        self, target: str, headers: Mapping[str, str], seconds: float
    ) -> Transferred:
        """Call the target first, and connect the caller only when it answers.

        The caller goes on hearing what is played until then; if the target does not answer, the
        caller has noticed nothing.
        """
        ...

    async def hang_up(self, cause: Ended = Ended.HERE) -> None:
        """End the call; returns when it is over. A second time it does nothing."""
        ...

    def quality(self) -> Quality:
        """How well the call was heard so far."""
        ...


class Exchange(Protocol):
    """Where legs come from: one telephone line with many calls at once."""

    def arrivals(self) -> AsyncIterator[CallLeg]:
        """Calls that were let in, for one reader; ends when the exchange is closed."""
        ...

    @property
    def calls(self) -> int:
        """How many calls there are now."""
        ...

    async def drain(self, seconds: float) -> bool:
        """Let nobody in any more and wait for the calls to end; whether all did, in this time."""
        ...

    async def close(self) -> None:
        """End what is left, and stop."""
        ...
