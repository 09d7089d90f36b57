"""What one caller is told, one line after the other, until something stops it."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from switchyard_phone.domain.audio import frames_of
from switchyard_phone.domain.caller_events import Line
from switchyard_phone.service.leg import CallLeg, LegGone
from switchyard_phone.service.meter import CallMeter
from switchyard_phone.service.prompts import Prompts
from switchyard_phone.service.voices import VoiceFailed

_IN_BUFFERS_SECONDS = 0.8


@dataclass(slots=True)
class _Words:
    """Lines, and how far they were said: so many of them, and so many clips of the next one."""

    lines: tuple[Line, ...]
    then: Callable[[], None] | None
    said: int = 0
    clips: int = 0


@dataclass(slots=True)
class _Frames:
    frames: Iterable[bytes]


class Speaker:
    """Says lines on a leg. A line that no voice can say is left out, and counted."""

    def __init__(self, leg: CallLeg, prompts: Prompts, meter: CallMeter) -> None:
        self._leg = leg
        self._prompts = prompts
        self._meter = meter
        self._ahead: deque[_Words | _Frames] = deque()
        self._hushed = False
        self._saying: asyncio.Task[None] | None = None
        self._log = structlog.stdlib.get_logger()

    @property
    def speaking(self) -> bool:
        """Whether something is being said."""
        return self._saying is not None and not self._saying.done()

    def say(self, lines: Iterable[Line], then: Callable[[], None] | None = None) -> None:
        """Say these after what is being said; `then` is called once all of it has been heard."""
        self._add(_Words(tuple(lines), then))

    async def say_next(self, lines: Iterable[Line]) -> None:
        """Say these after the words that are being said; what else was to be heard gives way."""
        if self.speaking and isinstance(self._ahead[0], _Words):
            while len(self._ahead) > 1:
                self._ahead.pop()
        else:
            await self.stop()
        self.say(lines)

    def play(self, frames: Iterable[bytes]) -> None:
        """Play frames, even endless ones, after what is being said."""
        self._add(_Frames(frames))

    async def stop(self) -> None:
        """Fall silent at once, for good."""
        self._ahead.clear()
        self._hushed = False
        await self._halt()

    async def hush(self) -> None:
        """Fall silent at once, until `resume`, or `stop`."""
        self._hushed = True
        await self._halt()

    def resume(self) -> None:
        """Go on from the beginning of the clip that was interrupted."""
        self._hushed = False
        self._begin()

    async def heard_out(self) -> None:
        """Wait until all was said and heard: the end of it is in the caller's buffers for a moment.

        Whoever hangs up before cuts it off.
        """
        await self.quiet()
        await asyncio.sleep(_IN_BUFFERS_SECONDS)

    async def quiet(self) -> None:
        """Wait until all was said; does not fail when the call ends meanwhile."""
        if self._saying is not None:
            await asyncio.wait((self._saying,))

    def _add(self, what: _Words | _Frames) -> None:
        self._ahead.append(what)
        self._begin()

    def _begin(self) -> None:
        if self._ahead and not self._hushed and not self.speaking:
            self._saying = asyncio.create_task(self._say_all())

    async def _halt(self) -> None:
        if self._saying is None:
            return
        saying, self._saying = self._saying, None
        saying.cancel()
        self._leg.flush()
        await asyncio.wait((saying,))

    async def _say_all(self) -> None:
        try:
            while self._ahead:
                now = self._ahead[0]
                if isinstance(now, _Frames):
                    await self._leg.play(now.frames)
                else:
                    await self._say(now)
                self._ahead.popleft()
                if isinstance(now, _Words) and now.then is not None:
                    now.then()
        except LegGone:
            self._ahead.clear()  # its end is told by the leg's own events

    async def _say(self, words: _Words) -> None:
        while words.said < len(words.lines):
            await self._one(words, words.lines[words.said])
            words.said, words.clips = words.said + 1, 0

    async def _one(self, words: _Words, line: Line) -> None:
        """Bit by bit: what comes first is heard while the rest is made."""
        clip = 0
        try:
            async for sound in self._prompts.sound(line.text, line.language):
                clip += 1
                if clip > words.clips:
                    await self._leg.play(frames_of(sound))
                    words.clips = clip
        except VoiceFailed as error:
            self._meter.unspoken()
            self._log.warning("line_not_spoken", problem=str(error), language=line.language)
