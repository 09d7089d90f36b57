"""Callers and agents brought together over whole calls: telephones on both sides really ring."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from switchyard.router.v1 import contact_pb2
from switchyard.router.v1 import contact_service_pb2 as pb
from switchyard_phone.adapters.router import convert
from switchyard_phone.domain.language import Language

from tests.fakes.demo.floor import floor
from tests.fakes.phone.bot import ORDER
from tests.fakes.phone.recordings import Recordings
from tests.fakes.phone.running import until
from tests.fakes.phone.sipp import Scenario
from tests.fakes.phone.softphone import Softphone, softphone
from tests.fakes.phone.sounds import strength, tone
from tests.fakes.phone.world import CHINESE, ENGLISH, NUMBER, World, world

pytestmark = pytest.mark.integration

DIALLED = {CHINESE: "2001", ENGLISH: "2002"}
PITCH = 440
OVER = "terminated;reason=noresource"


@pytest.fixture
async def w(tmp_path: Path, redis_url: str, recordings: Recordings) -> AsyncIterator[World]:
    async with world(tmp_path, redis_url, recordings) as running:
        yield running


@pytest.fixture
async def ben(tmp_path: Path) -> AsyncIterator[Softphone]:
    """An agent's telephone, into which a tone is spoken."""
    async with softphone(tmp_path / "ben", tone(PITCH, 60)) as telephone:
        yield telephone


async def position(w: World, contact: str) -> int:
    request = pb.EstimateWaitRequest(contact=contact)
    return int((await w.centre.contacts.EstimateWait(request)).position)


async def test_caller_and_agent_talk_and_the_contact_is_the_agents_until_it_is_done(
    w: World, ben: Softphone
) -> None:
    await w.centre.agent("ben", endpoint=ben.uri)
    async with w.caller("2002", number=NUMBER) as caller, floor(w.centre.channel, ["ben"]):
        await caller.presses("0")
        name = await w.queued()
        await ben.called()
        await ben.answer()
        await w.centre.reaches(name, "CONNECTED")

        async def agent_is_heard() -> bool:
            return strength(caller.heard()[-16_000:], PITCH) > 0.8

        await until(agent_is_heard, "the agent's voice")
        await w.is_empty()
        contact = await w.centre.contact(name)
        done = pb.CompleteContactRequest(name=name, disposition="resolved", skip_wrap_up=True)
        await w.centre.contacts.CompleteContact(done)
        await w.centre.reaches(name, "COMPLETED")
        ended = await w.told_of("ended", cause="transferred")
    assert (contact.caller, contact.language) == (NUMBER, "en")
    assert contact.handoff.summary == "Asked about an order."
    assert ended["at"] == "person"
    assert await w.phone.metric('switchyard_phone_persons_total{outcome="joined"}') == 1
    assert (
        await w.phone.metric('switchyard_phone_transfers_total{outcome="done",status="200"}') == 1
    )


@pytest.mark.parametrize(("status", "language"), [(404, CHINESE), (486, ENGLISH), (503, CHINESE)])
async def test_who_is_not_answered_hears_so_and_the_next_agent_takes_the_call(
    w: World, ben: Softphone, status: int, language: Language
) -> None:
    refuses = Scenario().called_and_refuses(status)
    async with (
        w.phone.sipp.awaiting(refuses) as (ada, refused),
        w.caller(DIALLED[language]) as caller,
    ):
        await w.centre.agent("ada", endpoint=ada)
        await w.centre.agent("ben", endpoint=ben.uri)
        await caller.presses("0")
        name = await w.queued()
        async with floor(w.centre.channel, ["ada"]) as first:
            await w.told_of("transfer", outcome="failed", status=status)
            assert (await refused).well
            assert len(first.offers) == 1
        await caller.hears("next_agent", language)
        async with floor(w.centre.channel, ["ben"], node="pbx-2"):
            await ben.called()
            await ben.answer()
            await w.centre.reaches(name, "CONNECTED")
    failed = f'switchyard_phone_transfers_total{{outcome="failed",status="{status}"}}'
    assert await w.phone.metric(failed) == 1


async def test_the_switch_is_told_whom_to_call_and_about_which_contact(w: World) -> None:
    scenario = Scenario().invite().answered().wants_a_person()
    scenario.referred().notify("SIP/2.0 200 OK", OVER).hung_up_on()
    await w.centre.agent("ada")
    async with floor(w.centre.channel, ["ada"]):
        ran = await w.phone.sipp.run(scenario, dialled="2002")
        assert ran.well, ran.output
        name = await w.queued()
        await w.centre.reaches(name, "CONNECTED")
    (refer,) = ran.received("REFER")
    assert re.search(r"Refer-To: <sip:ada@127\.0\.0\.1\?X-Switchyard-Contact=", refer)
    assert f"X-Switchyard-Contact: {name}\n" in refer


async def test_a_transfer_without_an_outcome_is_given_up_for_the_next_agent(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convert, "_CONNECT_SECONDS", 1.0)
    scenario = Scenario().invite().answered().wants_a_person()
    scenario.referred().notify("SIP/2.0 180 Ringing").given_up().referred_and_leaves()
    for agent in ("ada", "ben"):
        await w.centre.agent(agent)
    async with floor(w.centre.channel, ["ada", "ben"]) as desks:
        ran = await w.phone.sipp.run(scenario, dialled="2002")
        assert ran.well, ran.output
        await w.told_of("transfer", outcome="timed_out")
        await w.centre.reaches(await w.queued(), "ABANDONED")
        assert len({offer.name for offer in desks.offers}) == 2
    await w.is_empty()
    targets = [re.findall(r"Refer-To: <sip:(\w+)@", each)[0] for each in ran.received("REFER")]
    assert set(targets) == {"ada", "ben"}


@pytest.mark.parametrize("language", [CHINESE, ENGLISH])
async def test_who_is_called_back_keeps_the_place(w: World, language: Language) -> None:
    async with w.caller(DIALLED[language], number=NUMBER) as caller:
        await caller.presses("0")
        name = await w.queued()
        await caller.hears("place", language, position=1)
        await caller.hears("offer_callback", language)
        async with w.caller(DIALLED[language], number="+8613900139000") as behind:
            await behind.presses("0")
            waiting = await w.queued()
            assert waiting != name
            await behind.hears("place", language, position=2)
            await caller.presses("1")
            await caller.hears("callback_booked", language)
            await caller.telephone.over()
            await w.centre.reaches(name, "CANCELLED")
            assert await position(w, waiting) == 2
            await w.centre.agent("ada", callback=1)
            async with w.centre.desktop("ada") as desktop:
                booked = await w.centre.contact((await desktop.offer()).contact)
            assert await w.centre.state(waiting) == "QUEUED"
    assert booked.channel == contact_pb2.CALLBACK
    assert booked.callback.number == NUMBER
    assert booked.related_contact == name


@pytest.mark.parametrize("language", [CHINESE, ENGLISH])
async def test_who_does_not_want_to_wait_is_served_by_the_bot_again(
    w: World, language: Language
) -> None:
    async with w.caller(DIALLED[language], number=NUMBER) as caller:
        await caller.presses("0")
        name = await w.queued()
        await caller.hears("leave_queue", language)
        caller.begins_to_listen()
        await caller.presses("#")
        await caller.hears_line(ORDER, language)
        await caller.hears("anything_else", language)
        await w.centre.reaches(name, "ABANDONED")
    told = w.bot.asked[-1]
    assert (told["intent"], told["metadata"]["after"]) == ("hand_back", "left_queue")


async def test_a_key_pressed_before_callers_hear_what_it_is_for_does_nothing(w: World) -> None:
    async with w.caller("2002", number=NUMBER) as caller:
        w.bot.go.clear()
        await caller.presses("01#")

        async def pressed() -> bool:
            return await w.phone.metric("switchyard_phone_digits_total") == 3

        await until(pressed, "three keys")
        w.bot.go.set()
        name = await w.queued()
        await caller.hears("offer_callback", ENGLISH)
        await caller.hears("leave_queue", ENGLISH)
        assert await w.centre.state(name) == "QUEUED"
        what = [entry["what"] for entry in await w.phone.timeline()]
    assert "callback" not in what
    assert "left_queue" not in what
