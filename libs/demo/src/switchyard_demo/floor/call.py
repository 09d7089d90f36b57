"""One simulated call: what its caller means to do, and what became of it."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from switchyard.router.v1 import contact_service_pb2 as pb

from switchyard_demo.floor.playtime import PlayTime

_LONGEST_WAIT_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class CallScript:
    """What a caller means to do. Times are in the seconds of the exchange's clock."""

    external_id: str
    queue: str
    """Bare id."""
    patience_seconds: float
    """From the call's beginning until the caller gives up; may be infinite."""
    talk_seconds: float
    caller: str = ""
    """E.164 number; personal. Empty: withheld."""
    language: str = ""
    agent_hangs_up: bool = False


class Fate(StrEnum):
    """How a call ended."""

    SERVED = "served"
    ABANDONED = "abandoned"
    LOST = "lost"
    """The router or the platform ended it: expired, forgotten, cancelled."""
    REFUSED = "refused"
    """The router did not take it."""


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What became of a call. Moments are of the exchange's clock, in seconds."""

    script: CallScript
    fate: Fate
    arrived: float
    ended: float
    contact: str = ""
    """Full name; empty when refused."""
    connected: float | None = None
    """When caller and agent were joined."""
    agent: str = ""
    """Full name of who answered."""
    reason: str = ""
    """Why it was lost or refused."""

    @property
    def waited_seconds(self) -> float:
        """Until joined, or until the end of a call that never was."""
        return (self.ended if self.connected is None else self.connected) - self.arrived


@dataclass(frozen=True, slots=True)
class Over:
    """The router says that the contact is over."""

    reason: str


type Signal = pb.Ring | pb.Bridge | Over


class Line:
    """The caller's leg: what reaches it, in order."""

    def __init__(self) -> None:
        self._signals: asyncio.Queue[Signal] = asyncio.Queue()

    def put(self, signal: Signal) -> None:
        """Something happened."""
        self._signals.put_nowait(signal)

    async def next(self, until: float, time: PlayTime) -> Signal | None:
        """What happens next; None when nothing has by then."""
        with time.expecting(until):
            while self._signals.empty() and (left := time.left(until)) > 0:
                try:
                    async with asyncio.timeout(min(left, _LONGEST_WAIT_SECONDS)):
                        return await self._signals.get()
                except TimeoutError:
                    continue  # the clock may have stood still meanwhile
        return None if self._signals.empty() else self._signals.get_nowait()
