"""Who listens to callers: the recogniser of all calls, and the ear of each."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import aclosing

import structlog
from switchyard_common.clock import Clock

from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.audio import SILENCE, level_db
from switchyard_phone.domain.caller_voice import Ear
from switchyard_phone.service.leg import CallLeg
from switchyard_phone.service.meter import CallMeter
from switchyard_phone.service.recognition import (
    EndOfSpeech,
    Expected,
    Final,
    HeardEvent,
    NoInput,
    NoMatch,
    Recognizer,
    RecognizerDown,
    SpeechStarted,
)

_FRAMES = 250
"""5 s: a recogniser that is further behind is no use to a caller."""

_NEVER_SECONDS = 3600.0
"""Silence is the caller's machine's matter: it knows when a prompt has ended, and waits for keys
by the same clock."""


class Ears:
    """The recogniser of all calls, or none.

    Once it is down, nobody asks it for `retry_seconds`: new questions are put for keys alone.
    `echo_db` is how loud a frame must be while a prompt is said (dBFS): what is quieter then may be
    the prompt, coming back.
    """

    def __init__(
        self,
        recognizer: Recognizer | None,
        meter: CallMeter,
        clock: Clock,
        retry_seconds: float = 10.0,
        echo_db: float = -42.0,
    ) -> None:
        self.recognizer = recognizer
        self.meter = meter
        self.clock = clock
        self.echo_db = echo_db
        self._retry_seconds = retry_seconds
        self._again = float("-inf")
        self._down = False
        self._log = structlog.stdlib.get_logger()

    @property
    def work(self) -> bool:
        """Whether there is somebody to listen."""
        return self.recognizer is not None and self.clock.monotonic() >= self._again

    def lost(self) -> None:
        """The recogniser does not answer."""
        self._again = self.clock.monotonic() + self._retry_seconds
        self.meter.deafened()
        if not self._down:
            self._down = True
            self._log.warning("recognizer_down", seconds=self._retry_seconds)

    def heard(self) -> None:
        """The recogniser answers."""
        if self._down:
            self._down = False
            self._log.info("recognizer_back")


class _Feed:
    """Frames on their way to the recogniser; of too many the oldest are dropped."""

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque(maxlen=_FRAMES)
        self._news = asyncio.Event()
        self._closed = False

    def put(self, frame: bytes) -> None:
        self._frames.append(frame)
        self._news.set()

    def close(self) -> None:
        self._closed = True
        self._news.set()

    def __aiter__(self) -> "_Feed":
        return self

    async def __anext__(self) -> bytes:
        while not self._frames:
            if self._closed:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._frames.popleft()


class CallEar:
    """Listens to one caller whenever the caller's machine has an ear open.

    `speaking` says whether a prompt is being said. What is heard goes to `tell`.
    """

    def __init__(
        self,
        leg: CallLeg,
        ears: Ears,
        speaking: Callable[[], bool],
        tell: Callable[[ev.Event], None],
    ) -> None:
        self._leg = leg
        self._ears = ears
        self._speaking = speaking
        self._tell = tell
        self._feed = _Feed()
        self._number = 0
        self._listening: asyncio.Task[None] | None = None
        self._log = structlog.stdlib.get_logger()

    async def run(self) -> None:
        """Take the call's frames, so that none is old when it is needed, until the call is over."""
        if self._ears.recognizer is None:
            return
        async for frame in self._leg.frames():
            if self._listening is not None:
                self._feed.put(self._without_echo(frame))
        self._feed.close()

    def _without_echo(self, frame: bytes) -> bytes:
        if self._speaking() and level_db(frame) < self._ears.echo_db:
            return SILENCE
        return frame

    async def follow(self, ear: Ear | None) -> None:
        """Listen with this ear from now on; None: with none. The same one again changes nothing."""
        recognizer = self._ears.recognizer
        if recognizer is None or (ear is not None and ear.number == self._number):
            return
        await self.close()
        if ear is not None:
            self._number = ear.number
            self._feed = _Feed()
            self._listening = asyncio.create_task(self._listen(recognizer, ear, self._feed))

    async def close(self) -> None:
        """Nobody listens; what was being understood is dropped."""
        if self._listening is None:
            return
        listening, self._listening = self._listening, None
        listening.cancel()
        await asyncio.wait((listening,))

    async def _listen(self, recognizer: Recognizer, ear: Ear, feed: _Feed) -> None:
        expected = Expected(ear.language, ear.phrases, _NEVER_SECONDS)
        try:
            while not await self._once(recognizer, expected, ear.number, feed):
                continue
        except RecognizerDown:
            self._deafened(ear)
        except Exception:  # noqa: BLE001  a call must go on by keys, whatever an engine does
            self._log.exception("recognizer_failed")
            self._deafened(ear)

    def _deafened(self, ear: Ear) -> None:
        self._ears.lost()
        self._tell(ev.Deafened(ear.number))

    async def _once(
        self, recognizer: Recognizer, expected: Expected, number: int, feed: _Feed
    ) -> bool:
        """Whether there is no more to hear: a result, or the end of the call."""
        watch = _Watch(self._ears)
        try:
            async with aclosing(recognizer.listen(feed, expected)) as events:
                async for event in events:
                    self._ears.heard()
                    watch.saw(event)
                    if isinstance(event, NoInput):
                        return False
                    self._pass_on(event, number)
        except RecognizerDown:
            watch.outcome = "down"
            raise
        finally:
            watch.stop()
        return True

    def _pass_on(self, event: HeardEvent, number: int) -> None:
        match event:
            case SpeechStarted():
                self._tell(ev.SpeechBegan(number))
            case Final(text, confidence, phrase):
                self._tell(ev.Spoken(number, text, confidence, phrase))
            case NoMatch():
                self._tell(ev.NotUnderstood(number))
            case _:
                pass  # nothing is done before it is known what was said


class _Watch:
    """How long the recogniser takes, from the end of speech to its result."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._ended: float | None = None
        self.outcome = "dropped"

    def saw(self, event: HeardEvent) -> None:
        match event:
            case EndOfSpeech():
                self._ended = self._ears.clock.monotonic()
            case Final():
                self.outcome = "final"
            case NoMatch():
                self.outcome = "no_match"
            case _:
                pass

    def stop(self) -> None:
        if self._ended is not None:
            seconds = self._ears.clock.monotonic() - self._ended
            self._ears.meter.recognized(self.outcome, seconds)
