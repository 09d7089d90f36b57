"""Callers hang up wherever they are: nothing of them is left, and the timeline says where."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.fakes.demo.floor import floor
from tests.fakes.phone.recordings import Recordings
from tests.fakes.phone.sipp import Scenario
from tests.fakes.phone.world import ENGLISH, Caller, World, world

pytestmark = pytest.mark.integration

type Step = Callable[[World, Caller], Awaitable[object]]
TRYING = "SIP/2.0 100 Trying"
ENDS = 'switchyard_phone_calls_ended_total{cause="caller"}'


@pytest.fixture
async def w(tmp_path: Path, redis_url: str, recordings: Recordings) -> AsyncIterator[World]:
    """With a single line: whoever leaves anything of a call behind keeps the next caller out."""
    async with world(tmp_path, redis_url, recordings, calls_at_once=1) as running:
        yield running


async def greeting(w: World, caller: Caller) -> None:
    await w.told_of("answered")


async def menu(w: World, caller: Caller) -> None:
    await caller.hears("person_key", ENGLISH)


async def number(w: World, caller: Caller) -> None:
    await caller.presses("1")
    await caller.hears_line(w.recordings.menus.fields["order_number"].prompt[ENGLISH], ENGLISH)
    await caller.presses("1024")


async def pin(w: World, caller: Caller) -> None:
    w.bot.steps["pin_reset"] = "ask.pin"
    await caller.presses("3")
    await w.told_of("bot_answered")
    await caller.presses("12")


async def bot(w: World, caller: Caller) -> None:
    w.bot.go.clear()
    await caller.presses("3")
    await w.told_of("asked_bot")


async def last_words(w: World, caller: Caller) -> None:
    w.bot.go.clear()
    await caller.presses("0")
    await caller.hears("to_person", ENGLISH)


async def queue(w: World, caller: Caller) -> None:
    await caller.presses("0")
    await caller.hears("place", ENGLISH, position=1)


async def offer(w: World, caller: Caller) -> None:
    await caller.presses("0")
    await w.queued()
    await w.centre.agent("ada")
    async with w.centre.desktop("ada") as desktop:
        await desktop.offer()


@pytest.mark.parametrize(
    ("step", "place"),
    [
        (greeting, "menu"),
        (menu, "menu"),
        (number, "order_number"),
        (pin, "pin"),
        (bot, "bot"),
        (last_words, "person"),
        (queue, "person"),
        (offer, "person"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_nothing_is_left_of_a_caller_who_hangs_up(w: World, step: Step, place: str) -> None:
    async with w.caller("2002") as caller:
        await step(w, caller)
        await caller.telephone.hang_up()
        ended = await w.told_of("ended", cause="caller")
        await w.told_of("over")
        timeline = await w.phone.timeline()
    await w.is_empty()
    assert ended["at"] == place
    assert await w.phone.metric(ENDS) == 1
    assert await w.phone.metric("switchyard_phone_mos_count") <= 1
    for name in [entry["contact"] for entry in timeline if entry["what"] == "queued"]:
        await w.centre.reaches(f"tenants/demo/contacts/{name}", "ABANDONED")
    async with w.caller("2002") as again:
        await again.hears("person_key", ENGLISH)


def wanting_a_person() -> Scenario:
    return Scenario().invite().answered().wants_a_person()


@pytest.mark.parametrize(
    "leaving",
    [
        wanting_a_person().referred_and_leaves(),
        wanting_a_person().referred().bye(),
        wanting_a_person().referred().notify(TRYING).bye(),
    ],
    ids=["referred", "accepted", "trying"],
)
async def test_nothing_is_left_of_a_caller_who_leaves_during_the_transfer(
    w: World, leaving: Scenario
) -> None:
    await w.centre.agent("ada")
    async with floor(w.centre.channel, ["ada"]) as desks:
        ran = await w.phone.sipp.run(leaving, dialled="2002")
        assert ran.well, ran.output
        name = await w.queued()
        await w.told_of("transfer", outcome="gone")
        ended = await w.told_of("ended", cause="caller")
        await w.centre.reaches(name, "ABANDONED")
        await w.is_empty()
        assert len(desks.offers) == 1
    assert ended["at"] == "person"
    async with w.caller("2002") as again:
        await again.hears("person_key", ENGLISH)


async def test_who_gives_up_while_it_rings_was_never_answered(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    async with world(tmp_path, redis_url, recordings, calls_at_once=1, ring_seconds=120) as w:
        ran = await w.phone.sipp.run(Scenario().invite().ringing().cancel())
        assert ran.well, ran.output
        ended = await w.told_of("ended", cause="cancelled")
        await w.is_empty()
        told = [entry["what"] for entry in await w.phone.timeline()]
        assert await w.phone.metric("switchyard_phone_setup_seconds_count") == 0
        assert await w.phone.metric("switchyard_phone_mos_count") == 0
        assert await w.phone.metric('switchyard_phone_calls_ended_total{cause="cancelled"}') == 1
    assert ended["at"] == "new"
    assert [what for what in told if what != "looked_up"] == ["arrived", "ended", "gone", "over"]
