"""Whole calls over lines as they are: bad ones, old ones, and those of strangers."""

import asyncio
from collections.abc import AsyncIterator
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from tests.fakes.phone.bot import ORDER
from tests.fakes.phone.lossy_line import Weather, lossy_line
from tests.fakes.phone.recordings import Recordings, holds
from tests.fakes.phone.running import until
from tests.fakes.phone.sipp import PCMA, PCMU, Codec, Scenario
from tests.fakes.phone.sipp import Caller as Sip
from tests.fakes.phone.world import ENGLISH, World, world

pytestmark = pytest.mark.integration

ORDER_NUMBER, LAST4 = "20240153", "8216"
"""Without the same digit twice in a row: of a line that loses the end of a key, they are one."""


@pytest.fixture
async def w(tmp_path: Path, redis_url: str, recordings: Recordings) -> AsyncIterator[World]:
    async with world(tmp_path, redis_url, recordings) as running:
        yield running


@pytest.mark.parametrize(
    "weather",
    [
        Weather(lost=0.05),
        Weather(lost=0.2),
        Weather(doubled=0.3),
        Weather(late=0.2),
        Weather(elsewhere=True),
    ],
    ids=["5 % lost", "20 % lost", "doubled", "late", "another port"],
)
async def test_no_key_is_lost_or_doubled_on_a_bad_line(w: World, weather: Weather) -> None:
    async with (
        lossy_line(w.phone.sip_port, weather) as line,
        w.caller("2002", port=line.port) as caller,
    ):
        await caller.presses("1")
        await caller.hears_line(w.recordings.menus.fields["order_number"].prompt[ENGLISH], ENGLISH)
        await caller.presses(ORDER_NUMBER)
        await caller.hears_line(w.recordings.menus.fields["phone_last4"].prompt[ENGLISH], ENGLISH)
        await caller.presses(LAST4)
        await caller.hears_line(ORDER, ENGLISH)
        await caller.telephone.hang_up()
        over = await w.told_of("over")
    slots = {"order_number": ORDER_NUMBER, "phone_last4": LAST4}
    assert w.bot.keyed == [{"intent": "order_status", "slots": slots}]
    assert over["received"] > 0
    if weather.lost:
        assert over["lost"] > 0
        assert over["mos"] < 4.3
        assert await w.phone.metric("switchyard_phone_packets_lost_total") == over["lost"]


async def test_a_caller_who_was_on_hold_in_the_middle_of_a_prompt_goes_on(w: World) -> None:
    prompt = w.recordings.line(w.recordings.menus.menu("bills").prompt[ENGLISH], ENGLISH)
    async with (
        lossy_line(w.phone.sip_port, Weather()) as line,
        w.caller("2002", port=line.port) as caller,
    ):
        await w.told_of("answered")
        await caller.telephone.hold()
        await w.told_of("held")
        await caller.telephone.resume()
        await w.told_of("resumed")
        await caller.presses("2")
        await w.told_of("menu", menu="bills")

        async def heard() -> bool:
            return await asyncio.to_thread(holds, line.heard(), prompt)

        await until(heard, "the prompt after the hold")


@pytest.mark.parametrize("codec", [PCMU, PCMA], ids=lambda codec: codec.name)
async def test_a_peer_with_one_codec_is_served_in_it(w: World, codec: Codec) -> None:
    scenario = Scenario(Sip(codecs=(codec,))).invite().answered().pause(0.5).press("2").bye()
    ran = await w.phone.sipp.run(scenario, dialled="2002")
    assert ran.well, ran.output
    await w.told_of("menu", menu="bills")
    (answer,) = ran.received("SIP/2.0 200")[:1]
    assert f"RTP/AVP {codec.payload} 101" in answer


async def test_another_codec_in_the_middle_of_a_prompt_changes_nothing_else(w: World) -> None:
    scenario = Scenario(Sip(codecs=(PCMU,))).invite().answered().pause(0.5)
    scenario.invite(again=True, codecs=(PCMA,)).answered().pause(0.5).press("2").bye()
    ran = await w.phone.sipp.run(scenario, dialled="2002")
    assert ran.well, ran.output
    await w.told_of("menu", menu="bills")
    await w.told_of("ended", cause="caller")
    answers = [text for text in ran.received("SIP/2.0 200") if "m=audio" in text]
    assert [f"RTP/AVP {codec} 101" in text for codec, text in zip((0, 8), answers, strict=True)]


async def test_a_peer_without_a_common_codec_is_told_so_and_nobody_is_counted(w: World) -> None:
    unknown = Sip(codecs=(Codec(115, "UNKNOWN"),), telephone_events=False)
    ran = await w.phone.sipp.run(Scenario(unknown).invite().expect_refusal(488))
    assert ran.well, ran.output
    await w.is_empty()
    assert await w.phone.calls() == []


async def test_nobody_has_the_phone_call_anybody(w: World) -> None:
    scenario = Scenario().invite().answered().refer("sip:+900123@[remote_ip]").expect(603)
    ran = await w.phone.sipp.run(scenario.pause(0.5).press("2").bye(), dialled="2002")
    assert ran.well, ran.output
    await w.told_of("menu", menu="bills")
    assert await w.phone.metric('switchyard_phone_refused_total{reason="refer"}') == 1


async def refused(w: World, status: int, why: str, host: str = "127.0.0.1") -> None:
    ran = await w.phone.sipp.run(Scenario().invite().expect_refusal(status), host=host)
    assert ran.well, ran.output
    assert await w.phone.metric(f'switchyard_phone_refused_total{{reason="{why}"}}') == 1


async def test_one_call_more_than_allowed_is_busy_and_the_other_goes_on(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    async with (
        world(tmp_path, redis_url, recordings, calls_at_once=1) as w,
        w.caller("2002") as caller,
    ):
        await refused(w, 486, "busy")
        await caller.hears("person_key", ENGLISH)
        assert await w.phone.metric("switchyard_phone_calls_active") == 1


async def test_too_many_calls_in_a_short_time_are_sent_elsewhere(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    # One call in a thousand seconds: however slow the machine, the second one is too early.
    async with world(tmp_path, redis_url, recordings, calls_per_second=0.001) as w:
        async with w.caller("2002") as caller:
            await refused(w, 503, "too_fast")
            await caller.hears("person_key", ENGLISH)
        assert len(await w.phone.calls()) == 1


async def test_strangers_are_not_let_in(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    peers = (IPv4Network("127.0.0.1/32"),)
    async with world(tmp_path, redis_url, recordings, peers=peers) as w:
        await refused(w, 403, "unlisted", host="127.0.0.2")
        assert await w.phone.calls() == []
