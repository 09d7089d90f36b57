"""A caller who came by SIP."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import override

from baresip import (
    AudioNotActive,
    AudioRestarted,
    BaresipError,
    Call,
    CallStats,
    Event,
    StackEvent,
    StaleHandleError,
)

from switchyard_phone.adapters.legs.base import BaseLeg
from switchyard_phone.adapters.sip.door import Door
from switchyard_phone.adapters.sip.transfers import Dial, attended, blind
from switchyard_phone.domain.audio import FRAME_BYTES, Framer
from switchyard_phone.domain.calls import CallFacts, Ended, Quality, Transferred
from switchyard_phone.service.leg import Held, LegGone, Resumed

_AHEAD_BYTES = 10 * FRAME_BYTES
"""Sound that the stack holds ready, 200 ms: no hole when the event loop is late for a moment.
A flush takes it back."""

_READ_BYTES = 4 * FRAME_BYTES
"""At a time: the usual beat brings one frame, and room for more is paid for at each."""

_ASK_FRAMES = 5
"""How often the stack is asked what it still holds while more is to be said: that costs as much as
all the rest of a beat, and in between a frame leaves with each. At the end of what is said it is
asked at each, so that what follows is not late."""

_TRANSFERRED = "Call transfered"
_SILENT = "rtp stream error"


class SipLeg(BaseLeg):
    """One call of the stack. `tick` moves its sound."""

    def __init__(
        self,
        facts: CallFacts,
        call: Call,
        door: Door,
        dial: Dial,
        on_end: Callable[["SipLeg"], None],
    ) -> None:
        super().__init__(facts)
        self._call = call
        self._door = door
        self._dial = dial
        self._on_end = on_end
        self._framer = Framer()
        self._established = asyncio.Event()
        self._here: Ended | None = None  # why this side ends the call, if it does
        self._flushing = False
        self._held = 0  # bytes that the stack has not sent yet, as far as is known
        self._refused = b""  # of a frame that was fetched, what the stack has not taken yet
        self._ask_in = 0  # frames until it is asked
        self._stats = CallStats()
        call.on(self._on_event)
        call.on_rtcp(self._on_stats)

    async def answer(self) -> None:
        """Take the call; returns once sound flows."""
        self._must_live()
        if self._established.is_set():
            return
        try:
            # With video, though there is none: without, the stack renegotiates at once.
            await self._call.answer(video=True)
        except StaleHandleError:
            raise LegGone from None
        await self._established_or_over()
        self._must_live()

    async def refuse(self, status: int) -> None:
        """Do not take the call, for this reason."""
        self._must_live()
        self._door.refuse_with(self.facts.id, status)
        await self._leave(Ended.REFUSED)

    async def hang_up(self, cause: Ended = Ended.HERE) -> None:
        """End the call; returns when it is over."""
        if self._ended is None:
            await self._leave(cause)

    def flush(self) -> float:
        """Stop speaking at once."""
        if self._ended is not None:
            return 0.0
        try:
            self._note_sent(self._call.audio.info().tx_buffered)
            self._call.audio.flush_tx()
            self._flushing = True
        except (AudioNotActive, AudioRestarted):
            self._flushing, self._ask_in = False, 0  # what was buffered is gone
        self._refused = b""
        return self._speech.flush()

    async def blind_transfer(
        self, target: str, headers: Mapping[str, str], seconds: float
    ) -> Transferred:
        """REFER, and what the switch reports of it."""
        self._must_live()
        self._door.stamp(self.facts.id, headers)
        return await blind(self, self._call, target, headers, seconds)

    async def attended_transfer(
        self, target: str, headers: Mapping[str, str], seconds: float
    ) -> Transferred:
        """Call the target, then REFER with Replaces."""
        self._must_live()
        return await attended(self, self._call, self._dial, target, headers, seconds)

    def quality(self) -> Quality:
        """As last reported; complete once the call is over."""
        stats = self._stats
        return Quality(
            sent=stats.tx_packets,
            received=stats.rx_packets,
            lost=max(0, _lost(stats)),
            lost_there=max(0, stats.tx_lost),
            jitter_ms=stats.rx_jitter_ms,
            round_trip_ms=stats.rtt_ms,
            starved=stats.audio_tx_starved_frames,
            dropped=self._frames.dropped
            + (stats.audio_rx_dropped_bytes + stats.audio_rx_discarded_bytes) // FRAME_BYTES,
        )

    async def over(self) -> None:
        """Wait for the end of the call."""
        await self._over.wait()

    def lost(self) -> None:
        """The stack has died, or will not say anything of this call any more."""
        self._finish(Ended.STOPPED)

    def tick(self, due: int) -> None:
        """Move what was heard and what is to be said; so many frames have left since the last."""
        if self._ended is not None or not self._established.is_set():
            return
        self.tell_keys(self._keypad.overdue(time.monotonic()))
        try:
            self._hear()
            self._say(due)
        except (AudioNotActive, AudioRestarted):
            # On hold, over in a moment, or renegotiated: the next beat may have new streams.
            self._flushing, self._ask_in = False, 0

    def _hear(self) -> None:
        while True:
            piece = self._call.audio.read(_READ_BYTES)
            for frame in self._framer.push(piece):
                self._frames.put(frame)
            if len(piece) < _READ_BYTES:
                return

    def _say(self, due: int) -> None:
        if not self._speech.pending and not self._flushing:
            self._ask_in = 0
            return
        self._note_held(due)
        if self._flushing and self._held:
            return
        self._flushing = False
        self._note_sent(self._held)
        while self._held < _AHEAD_BYTES:
            frame = self._refused or self._speech.take()
            if frame is None:
                self._ask_in = 0
                return
            self._refused = frame
            taken = self._call.audio.write(frame)
            self._held += taken
            self._refused = frame[taken:]
            if self._refused:
                # Its streams are being changed or closed: what it does not take is not said yet.
                self._ask_in = 0
                return

    def _note_sent(self, held: int) -> None:
        self._speech.sent(self._speech.taken - held - len(self._refused))

    def _note_held(self, due: int) -> None:
        self._ask_in -= due
        if self._ask_in <= 0 or self._flushing:
            self._held = self._call.audio.info().tx_buffered
            self._ask_in = _ASK_FRAMES
        else:
            self._held = max(0, self._held - due * FRAME_BYTES)

    async def _leave(self, cause: Ended) -> None:
        self._here = self._here or cause
        try:
            await self._call.hangup()
        except StaleHandleError:
            self._finish(self._here)  # the far side was faster, and its event is on the way
        except BaresipError:
            self.lost()
            raise
        await self._over.wait()

    async def _established_or_over(self) -> None:
        waits = [asyncio.create_task(event.wait()) for event in (self._established, self._over)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _on_event(self, event: StackEvent) -> None:
        now = time.monotonic()
        match event.event:
            case Event.CALL_ESTABLISHED:
                self._established.set()
            case Event.CALL_DTMF_START if event.text:
                self.tell_keys(self._keypad.pressed(event.text, now))
            case Event.CALL_DTMF_END:
                self.tell_keys(self._keypad.released(now))
            case Event.CALL_HOLD:
                self.tell(Held())
            case Event.CALL_RESUME:
                self.tell(Resumed())
            case Event.CALL_CLOSED:
                self._finish(self._cause(event.text or ""))
            case _:
                pass

    def _cause(self, text: str) -> Ended:
        if text == _TRANSFERRED:
            return Ended.TRANSFERRED
        if self._here is not None:
            return self._here
        if text == _SILENT:
            return Ended.LOST
        return Ended.CALLER if self._established.is_set() else Ended.CANCELLED

    def _on_stats(self, stats: CallStats) -> None:
        self._stats = stats

    def _finish(self, cause: Ended) -> None:
        if self._ended is None:
            self._stats = self._call.final_stats or self._stats
            self._end(cause)
            self._on_end(self)

    @override
    def __repr__(self) -> str:
        return f"<SipLeg {self.facts.id}>"


def _lost(stats: CallStats) -> int:
    """Packets that never came: gaps in what did, where the other side sends no RTCP.

    With RTCP its figure is the better one: a hold is a gap, and no loss.
    """
    by_rtcp = stats.rx_jitter_ms or stats.rtt_ms or stats.rx_lost
    return stats.rx_lost if by_rtcp else stats.jbuf_lost or 0
