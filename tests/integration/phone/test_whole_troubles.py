"""Whole calls while bot, router or customers are slow, gone or begin anew: what callers hear."""

from pathlib import Path

import pytest
from switchyard.router.v1 import contact_service_pb2
from switchyard_common.embedded import EmbeddedValkey, send_inline
from switchyard_phone.domain.language import Language

from tests.fakes.demo.floor import floor
from tests.fakes.phone.bot import ORDER
from tests.fakes.phone.recordings import Recordings
from tests.fakes.phone.running import NOBODY, until
from tests.fakes.phone.softphone import softphone
from tests.fakes.phone.sounds import strength, tone
from tests.fakes.phone.world import CHINESE, ENGLISH, NUMBER, world

pytestmark = pytest.mark.integration

IN_EITHER_LANGUAGE = pytest.mark.parametrize("language", [CHINESE, ENGLISH])
PITCH = 440
DIALLED = {CHINESE: "2001", ENGLISH: "2002"}


@IN_EITHER_LANGUAGE
async def test_a_bot_that_is_gone_is_told_and_a_person_comes(
    tmp_path: Path, redis_url: str, recordings: Recordings, language: Language
) -> None:
    gone = {"bot_url": f"http://{NOBODY}", "bot_patience_seconds": 0.5}
    async with (
        world(tmp_path, redis_url, recordings, **gone) as w,
        w.caller(DIALLED[language]) as caller,
    ):
        await caller.presses("3")
        await caller.hears("bot_down", language)
        assert (await w.told_of("queued"))["reason"] == "bot_failed"
        await caller.hears("place", language, position=1)
        assert await w.phone.metric('switchyard_phone_bot_turns_total{outcome="away"}') == 1


@IN_EITHER_LANGUAGE
async def test_a_bot_that_takes_its_time_is_excused_and_then_heard(
    tmp_path: Path, redis_url: str, recordings: Recordings, language: Language
) -> None:
    async with (
        world(tmp_path, redis_url, recordings) as w,
        w.caller(DIALLED[language]) as caller,
    ):
        w.bot.go.clear()
        await caller.presses("3")
        await caller.hears("one_moment", language)
        w.bot.go.set()
        await caller.hears_line(ORDER, language)
        await caller.hears("anything_else", language)


async def test_who_does_not_wait_for_a_slow_bot_gets_a_person(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    async with world(tmp_path, redis_url, recordings) as w, w.caller("2002") as caller:
        w.bot.go.clear()
        await caller.presses("3")
        await w.told_of("asked_bot")
        await caller.presses("0")
        await caller.hears("to_person", ENGLISH)
        await w.queued()
        w.bot.go.set()
        await caller.hears("place", ENGLISH, position=1)
        assert not caller.has_heard_line(ORDER, ENGLISH)


async def test_a_bot_that_begins_anew_in_the_middle_is_asked_once_more(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    async with world(tmp_path, redis_url, recordings) as w, w.caller("2001") as caller:
        w.bot.away = 3
        await caller.presses("3")
        await caller.hears_line(ORDER, CHINESE)
        assert w.bot.away == 0
    assert len(w.bot.asked) == 1


async def test_without_a_router_callers_hear_that_nobody_can_be_reached(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    async with (
        world(tmp_path, redis_url, recordings, router_target=NOBODY) as w,
        w.caller("2001") as caller,
    ):
        await caller.presses("0")
        await w.told_of("not_queued", reason="router_down")
        await caller.hears_line(ORDER, CHINESE)
        await caller.hears("anything_else", CHINESE)
        assert w.bot.asked[-1]["intent"] == "hand_over_failed"
        await caller.presses("0")
        await w.told_of("bot_answered", 2)
        await caller.presses("0")
        await caller.hears("nobody", CHINESE)
        await caller.telephone.over()


async def test_a_router_that_is_gone_when_the_agent_answers_learns_of_it_later(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    async with (
        world(tmp_path, redis_url, recordings) as w,
        softphone(tmp_path / "ben", tone(PITCH, 60)) as ben,
        w.caller("2002") as caller,
    ):
        await w.centre.agent("ben", endpoint=ben.uri)
        async with floor(w.centre.channel, ["ben"]):
            await caller.presses("0")
            name = await w.queued()
            await ben.called()
            await w.router.off()
            await ben.answer()
            await w.told_of("transfer", outcome="done")

            async def agent_is_heard() -> bool:
                return strength(caller.heard()[-16_000:], PITCH) > 0.8

            await until(agent_is_heard, "the agent's voice")
            await w.router.on()
            await w.centre.channel.channel_ready()
            await w.centre.reaches(name, "CONNECTED")


async def test_a_router_that_is_gone_when_the_agent_refuses_finds_one_later(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    async with (
        world(tmp_path, redis_url, recordings) as w,
        softphone(tmp_path / "ben", b"") as ben,
        w.caller("2001") as caller,
    ):
        await w.centre.agent("ben", endpoint=ben.uri)
        async with floor(w.centre.channel, ["ben"]):
            await caller.presses("0")
            name = await w.queued()
            await ben.called()
            await w.router.off()
            await ben.hang_up()
            await w.told_of("transfer", outcome="failed")
            await caller.hears("next_agent", CHINESE)
            await w.router.on()
            await w.centre.channel.channel_ready()
            await ben.called()
            await ben.answer()
            await w.centre.reaches(name, "CONNECTED")


async def test_a_caller_whom_the_router_has_lost_is_queued_anew_with_the_time_waited(
    tmp_path: Path, valkey_server: EmbeddedValkey, redis_url: str, recordings: Recordings
) -> None:
    async with world(tmp_path, redis_url, recordings) as w:
        async with w.caller("2002") as caller:
            await caller.presses("0")
            lost = await w.queued()
            await w.router.off()
            emptied = send_inline("127.0.0.1", valkey_server.port, "FLUSHALL", seconds=120)
            assert emptied == b"+OK\r\n"
            await w.router.on()
            await w.centre.channel.channel_ready()
            await w.centre.queue()
            found = (await w.told_of("queued_anew"))["contact"]
            assert not lost.endswith(f"/{found}")
            request = contact_service_pb2.GetContactRequest(name=f"tenants/demo/contacts/{found}")
            contact = await w.centre.contacts.GetContact(request)
            assert contact.age_credit.ToMilliseconds() > 0
        await w.centre.reaches(contact.name, "ABANDONED")


async def test_slow_customer_data_keep_nobody_waiting(
    tmp_path: Path, redis_url: str, recordings: Recordings
) -> None:
    async with world(tmp_path, redis_url, recordings, crm_seconds=0.2) as w:
        w.numbers.languages[NUMBER] = "en"
        w.numbers.go.clear()
        async with w.caller(number=NUMBER) as caller:
            for place, language in enumerate(recordings.menus.languages, 1):
                await caller.hears("choose_language", language, key=place)
            await caller.presses("2")
            await caller.hears("person_key", ENGLISH)
    assert w.numbers.asked == 1
