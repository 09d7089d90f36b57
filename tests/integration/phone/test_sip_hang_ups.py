"""Callers hang up whenever they like, and so does this side."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from switchyard_phone.domain.audio import FRAME_BYTES, frames_of
from switchyard_phone.domain.calls import Ended, Transfer, Transferred
from switchyard_phone.service.leg import CallLeg, LegEnded, LegEvent, LegGone

from tests.fakes.phone.sip_line import serving, sip_line
from tests.fakes.phone.sipp import PCMA, Caller, Scenario, Sipp
from tests.fakes.phone.sounds import prompt
from tests.fakes.phone.waiting import all_events, until

pytestmark = pytest.mark.integration

_HANG_UPS = 15
_MOST_FRAMES = 250  # 5 s: what may be sent before a hang-up gets through on a slow machine

type Step = Callable[[CallLeg], Coroutine[None, None, None]]


async def ring(leg: CallLeg) -> None:
    await asyncio.sleep(0)


async def wait(leg: CallLeg) -> None:
    await leg.answer()


async def play(leg: CallLeg) -> None:
    await leg.answer()
    assert not await leg.play(frames_of(prompt(60)))


async def hear(leg: CallLeg) -> None:
    await leg.answer()
    async for frame in leg.frames():
        assert len(frame) == FRAME_BYTES


async def transfer(leg: CallLeg) -> None:
    await leg.answer()
    outcome = await leg.blind_transfer("sip:1001@127.0.0.1:5099", {}, 60)
    assert outcome == Transferred(Transfer.GONE)


def calling() -> Scenario:
    return Scenario(Caller(codecs=(PCMA,))).invite()


@pytest.mark.parametrize(
    ("step", "scenario", "cause"),
    [
        (ring, calling().ringing().cancel(), Ended.CANCELLED),
        (wait, calling().answered().pause(0.5).bye(), Ended.CALLER),
        (play, calling().answered().pause(0.5).bye(), Ended.CALLER),
        (hear, calling().answered().play("g711a").pause(0.5).bye(), Ended.CALLER),
        (transfer, calling().answered().referred().bye(), Ended.CALLER),
    ],
    ids=["ringing", "silent", "playing", "hearing", "transferring"],
)
async def test_a_caller_may_hang_up_at_every_step(
    tmp_path: Path, step: Step, scenario: Scenario, cause: Ended
) -> None:
    kept: list[LegEvent] = []

    async def serve(leg: CallLeg) -> None:
        try:
            await step(leg)
        except LegGone:
            # The caller was faster than this machine.
            assert leg.ended is cause
        kept.extend(await all_events(leg))

    async with sip_line() as line, serving(line, serve):
        ran = await Sipp(tmp_path, line.port).run(scenario)
        assert ran.well, ran.output
        await until(lambda: line.calls == 0, "an empty line")
    assert kept == [LegEnded(cause)]


@pytest.mark.parametrize("ring_seconds", [0.0, 0.5])
async def test_this_side_may_hang_up_at_every_step(tmp_path: Path, ring_seconds: float) -> None:
    async def serve(leg: CallLeg) -> None:
        await leg.answer()
        playing = asyncio.create_task(leg.play(frames_of(prompt(60))))
        await asyncio.sleep(ring_seconds)
        await leg.hang_up()
        assert not await playing
        assert (await all_events(leg))[-1] == LegEnded(Ended.HERE)

    async with sip_line() as line, serving(line, serve):
        ran = await Sipp(tmp_path, line.port).run(Scenario().invite().answered().hung_up_on())
        assert ran.well, ran.output


async def test_a_line_that_takes_no_more_sound_uses_up_nothing_of_what_is_said(
    tmp_path: Path,
) -> None:
    """Between a hang-up here and its end the stack takes no sound, and does not say so."""
    fetched: list[int] = []

    async def serve(leg: CallLeg) -> None:
        await leg.answer()
        frames = list(frames_of(prompt(60)))
        left = iter(frames)
        playing = asyncio.create_task(leg.play(left))
        await asyncio.sleep(0)
        await leg.hang_up()
        assert not await playing
        fetched.append(len(frames) - len(list(left)))

    async with sip_line() as line, serving(line, serve):
        for number in range(_HANG_UPS):
            folder = tmp_path / str(number)
            folder.mkdir()
            ran = await Sipp(folder, line.port).run(Scenario().invite().answered().hung_up_on())
            assert ran.well, ran.output
    assert len(fetched) == _HANG_UPS
    assert max(fetched) < _MOST_FRAMES
