"""A leg without its network: events, frames, speech, the end."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable

from switchyard_phone.adapters.legs.inbox import Inbox
from switchyard_phone.adapters.legs.speech import Speech
from switchyard_phone.domain.calls import CallFacts, Ended
from switchyard_phone.domain.keypad import Keypad
from switchyard_phone.service.leg import Digit, LegEnded, LegEvent, LegGone

_EVENTS = 256
_FRAMES = 250
"""5 s: a recogniser that is further behind is no use to a caller."""


class BaseLeg:
    """What every line's leg does alike. A subclass moves frames in `tick` and calls `_end`."""

    goes_on = False
    """Whether the caller stays with the PBX when this side hangs up."""

    def __init__(self, facts: CallFacts) -> None:
        self.facts = facts
        self._ended: Ended | None = None
        self._over = asyncio.Event()
        self._events: Inbox[LegEvent] = Inbox(_EVENTS)
        self._frames: Inbox[bytes] = Inbox(_FRAMES)
        self._speech = Speech()
        self._keypad = Keypad()

    @property
    def ended(self) -> Ended | None:
        """Why the call is over; None while it lives."""
        return self._ended

    def events(self) -> AsyncIterator[LegEvent]:
        """What happens, for one reader."""
        return self._events.read()

    def frames(self) -> AsyncIterator[bytes]:
        """What is heard, for one reader."""
        return self._frames.read()

    async def play(self, frames: Iterable[bytes]) -> bool:
        """Say this; whether all of it was sent."""
        self._must_live()
        return await self._speech.say(frames)

    def tell(self, event: LegEvent) -> None:
        """Something happened."""
        self._events.put(event)

    def tell_keys(self, keys: Iterable[tuple[str, float]]) -> None:
        """Keys were pressed and released."""
        for key, seconds in keys:
            self._events.put(Digit(key, seconds))

    def _must_live(self) -> None:
        if self._ended is not None:
            raise LegGone

    def _end(self, cause: Ended) -> None:
        """The call is over, for the first reason that was seen."""
        if self._ended is not None:
            return
        self.tell_keys(self._keypad.released(time.monotonic()))
        self._ended = cause
        self._speech.flush()
        self._events.put(LegEnded(cause))
        self._events.close()
        self._frames.close()
        self._over.set()
