"""Who listens to a caller: when, to what, and what happens when nobody can."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import override

import pytest
from switchyard_common.clock import FakeClock
from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.audio import SILENCE, frames_of
from switchyard_phone.domain.caller_voice import Ear
from switchyard_phone.domain.language import Language
from switchyard_phone.service.ears import CallEar, Ears
from switchyard_phone.service.meter import CallMeter
from switchyard_phone.service.recognition import (
    Expected,
    Final,
    HeardEvent,
    NoInput,
    NoMatch,
    RecognizerDown,
)

from tests.fakes.phone.recognizer import Ponderer, ScriptedRecognizer
from tests.fakes.phone.sounds import tone
from tests.fakes.phone.still_leg import StillLeg
from tests.fakes.phone.waiting import until

pytestmark = pytest.mark.unit

EN = Language.ENGLISH
QUIET = [SILENCE] * 40
LOUD = [*frames_of(tone(300, 0.6)), *QUIET]
FAINT = [*frames_of(tone(300, 0.6, 0.04)), *QUIET]
SAID = Final("my bills", 0.9, "2")


class Counts(CallMeter):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.down = 0
        self.outcomes: list[str] = []

    @override
    def deafened(self) -> None:
        self.down += 1

    @override
    def recognized(self, outcome: str, seconds: float) -> None:
        self.outcomes.append(outcome)


class Call:
    """One caller's ear, and what it told."""

    def __init__(self, recognizer: ScriptedRecognizer) -> None:
        self.recognizer = recognizer
        self.clock = FakeClock()
        self.counts = Counts()
        self.ears = Ears(recognizer, self.counts, self.clock, retry_seconds=10, echo_db=-30)
        self.leg = StillLeg()
        self.speaking = False
        self.told: list[ev.Event] = []
        self.ear = CallEar(self.leg, self.ears, lambda: self.speaking, self.told.append)

    async def listens(self, number: int, frames: list[bytes]) -> None:
        """Open an ear, and say this once it is open."""
        already = len(self.recognizer.expected)
        await self.ear.follow(Ear(number, EN, {"2": ("my bills",)}))
        await until(lambda: len(self.recognizer.expected) > already, "somebody who listens")
        self.leg.hear(frames)

    async def told_last(self, event: ev.Event) -> None:
        await until(lambda: self.told[-1:] == [event], f"{event} after {self.told}")


@asynccontextmanager
async def call(recognizer: ScriptedRecognizer) -> AsyncIterator[Call]:
    found = Call(recognizer)
    hearing = asyncio.create_task(found.ear.run())
    try:
        yield found
    finally:
        await found.ear.close()
        await found.leg.hang_up()
        await hearing
        assert recognizer.listening == 0


async def test_what_is_said_is_told_with_the_number_of_the_ear() -> None:
    async with call(ScriptedRecognizer([SAID])) as one:
        await one.listens(7, LOUD)
        await one.told_last(ev.Spoken(7, "my bills", 0.9, "2"))
    assert one.told[0] == ev.SpeechBegan(7)
    assert one.counts.outcomes == ["final"]
    assert one.recognizer.expected[0].phrases == {"2": ("my bills",)}


async def test_what_was_said_before_the_ear_was_open_is_not_heard() -> None:
    async with call(ScriptedRecognizer([SAID])) as one:
        one.leg.hear(LOUD)
        for _ in range(len(LOUD) + 10):
            await asyncio.sleep(0)
        await one.listens(1, QUIET)
        await one.ear.close()
    assert one.told == []


async def test_a_closed_ear_tells_nothing_and_what_was_understood_is_dropped() -> None:
    recognizer = Ponderer([SAID])
    async with call(recognizer) as one:
        await one.listens(1, LOUD)
        await until(lambda: recognizer.pondering, "the end of speech")
        await one.ear.follow(None)
    assert one.told == [ev.SpeechBegan(1)]
    assert one.counts.outcomes == ["dropped"]


async def test_the_same_ear_goes_on_and_another_takes_its_place() -> None:
    async with call(ScriptedRecognizer([NoMatch(), SAID])) as one:
        await one.listens(1, LOUD)
        await one.told_last(ev.NotUnderstood(1))
        await one.ear.follow(Ear(1, EN))
        assert len(one.recognizer.expected) == 1
        await one.listens(2, LOUD)
        await one.told_last(ev.Spoken(2, "my bills", 0.9, "2"))


async def test_what_is_faint_while_a_prompt_is_said_is_its_echo() -> None:
    async with call(ScriptedRecognizer([SAID, SAID])) as one:
        one.speaking = True
        await one.listens(1, FAINT)
        await one.listens(2, LOUD)
        await one.told_last(ev.Spoken(2, "my bills", 0.9, "2"))
        one.speaking = False
        await one.listens(3, FAINT)
        await one.told_last(ev.Spoken(3, "my bills", 0.9, "2"))
    assert not [event for event in one.told if event == ev.SpeechBegan(1)]


async def test_silence_is_not_its_matter_and_it_goes_on_listening() -> None:
    class Hasty(ScriptedRecognizer):
        @override
        async def listen(
            self, frames: AsyncIterator[bytes], expected: Expected
        ) -> AsyncGenerator[HeardEvent]:
            if not self.expected:
                self.expected.append(expected)
                yield NoInput()
                return
            async for event in super().listen(frames, expected):
                yield event

    async with call(Hasty([SAID])) as one:
        await one.listens(1, LOUD)
        await one.told_last(ev.Spoken(1, "my bills", 0.9, "2"))


async def test_a_recogniser_that_is_down_is_left_alone_for_a_while_and_then_asked_again() -> None:
    recognizer = ScriptedRecognizer([SAID])
    recognizer.down = True
    async with call(recognizer) as one:
        await one.listens(1, [])
        await one.told_last(ev.Deafened(1))
        works = [one.ears.work]
        for seconds in (9, 1):
            one.clock.advance(seconds)
            works.append(one.ears.work)
        assert works == [False, False, True]
        recognizer.down = False
        await one.listens(2, LOUD)
        await one.told_last(ev.Spoken(2, "my bills", 0.9, "2"))
    assert one.counts.down == 1


async def test_one_that_dies_in_the_middle_is_counted_with_its_time() -> None:
    async with call(ScriptedRecognizer([RecognizerDown("died")])) as one:
        await one.listens(1, LOUD)
        await one.told_last(ev.Deafened(1))
    assert one.counts.outcomes == ["down"]


async def test_one_that_fails_costs_nobody_the_call() -> None:
    class Broken(ScriptedRecognizer):
        @override
        def _answer(self) -> HeardEvent:
            raise ZeroDivisionError

    async with call(Broken()) as one:
        await one.listens(1, LOUD)
        await one.told_last(ev.Deafened(1))
    assert not one.ears.work


async def test_without_a_recogniser_nobody_takes_frames() -> None:
    leg = StillLeg()
    ears = Ears(None, CallMeter(), FakeClock())
    told: list[ev.Event] = []
    ear = CallEar(leg, ears, lambda: False, told.append)
    leg.hear(LOUD)
    await ear.run()
    await ear.follow(Ear(1, EN))
    await ear.close()
    await leg.hang_up()
    assert not ears.work
    assert told == []
    assert [frame async for frame in leg.frames()] == LOUD
