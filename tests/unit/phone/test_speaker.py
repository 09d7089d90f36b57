"""What a caller is told: in order, silenced for good, or until it goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from switchyard_phone.domain.audio import FRAME_BYTES
from switchyard_phone.domain.caller_events import Line
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.saying.speech import Speech
from switchyard_phone.service.meter import CallMeter
from switchyard_phone.service.prompts import Prompts, Sounds
from switchyard_phone.service.speaker import Speaker
from switchyard_phone.service.voices import VoiceFailed

from tests.fakes.phone.still_leg import StillLeg
from tests.fakes.phone.waiting import PATIENCE_SECONDS, until

pytestmark = pytest.mark.unit

EN = Language.ENGLISH
TEXTS = ("First.", "Second.", "Third.")


class Voices:
    """Every text is ten frames of its first letter."""

    voice = "letters"

    def get(self, text: str, language: Language, voice: str = "") -> bytes | None:
        return text[:1].encode() * (10 * FRAME_BYTES)

    def put(self, text: str, language: Language, voice: str, sound: bytes) -> None:
        raise AssertionError("nothing is kept in calls")

    def keep_only(self, texts: frozenset[tuple[Language, str]], voice: str) -> int:
        raise AssertionError("nothing is forgotten in calls")

    async def speak(self, text: str, language: Language) -> bytes:
        raise VoiceFailed("nobody speaks here")


@asynccontextmanager
async def speaker() -> AsyncIterator[tuple[Speaker, StillLeg]]:
    voices, leg = Voices(), StillLeg()
    prompts = Prompts({EN: Speech(EN, TEXTS)}, Sounds(voices, voices, voices))
    found = Speaker(leg, prompts, CallMeter())
    try:
        yield found, leg
    finally:
        await found.stop()
        await leg.hang_up()


async def says(leg: StillLeg, frames: int) -> str:
    """The next frames, by their letters."""
    said = ""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(said) < frames:
            if leg.beat():
                said += chr(leg.said[-1][0])
            await asyncio.sleep(0)
    return said


def lines(*texts: str) -> tuple[Line, ...]:
    return tuple(Line(text, EN) for text in texts)


async def test_lines_are_said_in_order_and_their_end_is_told() -> None:
    heard: list[str] = []
    async with speaker() as (one, leg):
        one.say(lines("First.", "Second."), lambda: heard.append("all"))
        one.say(lines("Third."))
        assert await says(leg, 20) == "F" * 10 + "S" * 10
        assert await says(leg, 10) == "T" * 10
        assert heard == ["all"]
        await until(lambda: leg.beat() == 0 and not one.speaking, "the end")
        await one.quiet()


async def test_what_is_stopped_is_never_said() -> None:
    heard: list[str] = []
    async with speaker() as (one, leg):
        one.say(lines("First."), lambda: heard.append("all"))
        one.say(lines("Second."))
        await says(leg, 3)
        await one.stop()
        one.resume()
        assert not one.speaking
        one.say(lines("Third."))
        assert await says(leg, 10) == "T" * 10
        assert heard == []


async def test_what_fell_silent_goes_on_from_the_beginning_of_its_clip() -> None:
    heard: list[str] = []
    async with speaker() as (one, leg):
        one.say(lines("First.", "Second."), lambda: heard.append("all"))
        one.say(lines("Third."))
        await says(leg, 13)
        await one.hush()
        assert not one.speaking
        assert leg.beat() == 0
        one.resume()
        assert await says(leg, 20) == "S" * 10 + "T" * 10
        assert heard == ["all"]


async def test_the_clip_is_found_within_a_line_of_several() -> None:
    async with speaker() as (one, leg):
        one.say(lines("First. Second. Third."))
        said = await says(leg, 40)
        await one.hush()
        one.resume()
        assert said.startswith("F" * 10)
        assert "F" not in await says(leg, 10)


async def test_what_is_added_while_it_is_silent_waits() -> None:
    async with speaker() as (one, leg):
        one.say(lines("First."))
        await says(leg, 5)
        await one.hush()
        one.say(lines("Second."))
        assert not one.speaking
        one.resume()
        assert await says(leg, 20) == "F" * 10 + "S" * 10


async def test_a_call_that_ends_ends_what_is_said() -> None:
    async with speaker() as (one, leg):
        one.say(lines("First."))
        await says(leg, 2)
        await leg.hang_up()
        one.say(lines("Second."))
        await one.quiet()
        assert not one.speaking
