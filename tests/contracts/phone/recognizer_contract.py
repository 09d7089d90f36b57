"""What every recogniser does for a call. Subclasses give the recogniser and how to break it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

import pytest
from switchyard_phone.domain.audio import FRAME_SECONDS, frames_of
from switchyard_phone.service.recognition import (
    EndOfSpeech,
    Expected,
    Final,
    HeardEvent,
    NoInput,
    Recognizer,
    RecognizerDown,
    SpeechStarted,
)

from tests.fakes.phone.voices import noise, quiet

_PATIENCE_SECONDS = 120.0


@dataclass
class World:
    recognizer: Recognizer
    words: bytes
    """Speech that is understood, without silence around it."""
    meaning: str
    """A word of the text that is made of it."""
    break_down: Callable[[], Awaitable[None]]
    """From now on the engine is dead …"""
    recover: Callable[[], Awaitable[None]]
    """… until this."""


@dataclass
class Sound:
    """Frames of a sound, and how many were taken."""

    sound: bytes
    taken: int = 0

    async def frames(self) -> AsyncIterator[bytes]:
        for frame in frames_of(self.sound):
            self.taken += 1
            await asyncio.sleep(0)
            yield frame

    @property
    def seconds(self) -> float:
        return self.taken * FRAME_SECONDS


async def heard(world: World, sound: Sound, expected: Expected) -> list[HeardEvent]:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        return [event async for event in world.recognizer.listen(sound.frames(), expected)]


ENGLISH = Expected("en", no_input_seconds=3.0)


class RecognizerContract:
    """Mix into a test class that has a fixture `world`."""

    async def test_silence_is_no_input_after_its_time(self, world: World) -> None:
        sound = Sound(quiet(8))
        assert await heard(world, sound, ENGLISH) == [NoInput()]
        assert 3.0 <= sound.seconds < 4.0

    async def test_words_are_told_from_their_start_to_their_meaning(self, world: World) -> None:
        sound = Sound(quiet(1) + world.words + quiet(4))
        started, ended, final = await heard(world, sound, ENGLISH)
        assert started == SpeechStarted()
        assert isinstance(ended, EndOfSpeech)
        assert 0.3 <= ended.seconds <= len(world.words) / 16_000 + 1
        assert isinstance(final, Final)
        assert world.meaning in final.text.lower()
        assert 0 < final.confidence <= 1
        assert final.phrase == ""

    async def test_a_click_is_no_speech(self, world: World) -> None:
        sound = Sound(quiet(1) + noise(0.04, 0.3) + quiet(8))
        assert await heard(world, sound, ENGLISH) == [NoInput()]

    async def test_whoever_begins_in_time_is_heard_out(self, world: World) -> None:
        sound = Sound(quiet(2.5) + world.words + quiet(4))
        events = await heard(world, sound, ENGLISH)
        assert isinstance(events[-1], Final)

    async def test_frames_that_end_give_no_result(self, world: World) -> None:
        assert await heard(world, Sound(quiet(1)), ENGLISH) == []
        events = await heard(world, Sound(quiet(1) + world.words), ENGLISH)
        assert not any(isinstance(event, (Final, NoInput)) for event in events)

    async def test_a_listener_that_is_closed_takes_nothing_more(self, world: World) -> None:
        sound = Sound(quiet(1) + world.words + quiet(4))
        async with aclosing(world.recognizer.listen(sound.frames(), ENGLISH)) as listening:
            async for event in listening:
                assert event == SpeechStarted()
                break
        taken = sound.taken
        await asyncio.sleep(0.05)
        assert sound.taken == taken

    async def test_one_that_waits_for_a_frame_can_be_cancelled(self, world: World) -> None:
        async def never() -> AsyncIterator[bytes]:
            await asyncio.Event().wait()
            yield b""

        async def listen() -> None:
            async for _ in world.recognizer.listen(never(), ENGLISH):
                pytest.fail("nothing was said")

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0.05)
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening

    async def test_many_listeners_hear_their_own_callers(self, world: World) -> None:
        sounds = [Sound(quiet(1) + world.words + quiet(4)), Sound(quiet(8))] * 3
        results = await asyncio.gather(
            *(heard(world, Sound(sound.sound), ENGLISH) for sound in sounds)
        )
        assert [type(events[-1]) for events in results] == [Final, NoInput] * 3

    async def test_a_dead_engine_is_told_and_comes_back(self, world: World) -> None:
        sound = quiet(1) + world.words + quiet(4)
        await world.break_down()
        with pytest.raises(RecognizerDown):
            await heard(world, Sound(sound), ENGLISH)
        await world.recover()
        assert isinstance((await heard(world, Sound(sound), ENGLISH))[-1], Final)
