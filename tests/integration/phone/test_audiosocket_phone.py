"""Whole calls by AudioSocket: keys, bot, a person by the dialplan's FastAGI, the survey."""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from tests.fakes.phone.asterisk import AsteriskCall, asterisk_call
from tests.fakes.phone.bot import KeyedBot, serving_bot
from tests.fakes.phone.running import RunningPhone, happened, running_phone
from tests.fakes.phone.waiting import until
from tests.fakes.ports import free_port
from tests.fakes.router.asterisk import run_agi
from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration


@dataclass
class World:
    phone: RunningPhone
    bot: KeyedBot
    centre: Centre
    agi: int
    redis: Redis

    @asynccontextmanager
    async def caller(self, name: uuid.UUID) -> AsyncIterator[AsteriskCall]:
        """A call that the dialplan hands over, and that is being spoken to."""
        async with asterisk_call(self.phone.audiosocket, name=name) as call:
            await call.connected()
            await happened(self.phone, "answered")
            yield call

    async def contact(self) -> str:
        return f"tenants/demo/contacts/{(await happened(self.phone, 'queued'))['contact']}"


@asynccontextmanager
async def world(folder: Path, redis_url: str) -> AsyncIterator[World]:
    bot, agi = KeyedBot(), free_port()
    async with (
        router(redis_url, agi_port=agi) as target,
        centre(target) as clients,
        serving_bot(bot) as bot_url,
        Redis.from_url(redis_url, decode_responses=True) as redis,
    ):
        await clients.queue("billing", ring_timeout_ms=300_000, connect_timeout_ms=300_000)
        await clients.agent("ada")
        async with running_phone(
            folder,
            router_target=target,
            bot_url=bot_url,
            audiosocket_port=0,
            redis_url=redis_url,
            survey_number="survey",
        ) as phone:
            yield World(phone, bot, clients, agi, redis)


async def test_an_order_is_asked_about_by_keys(tmp_path: Path, redis_url: str) -> None:
    async with world(tmp_path, redis_url) as w:
        name = uuid.uuid4()
        async with w.caller(name) as call:
            await call.press("211")
            await call.press("10240001")
            await call.press("8826")
            await happened(w.phone, "bot_answered")
            heard = len(call.heard())
            await until(lambda: len(call.heard()) > heard, "the answer is said")
            await call.hang_up()
            await happened(w.phone, "ended", cause="caller")
        # Nobody wanted a person: the dialplan is told so.
        said = await run_agi(w.agi, f"route?queue=&call={name}&after=0")
    assert w.bot.keyed[0]["slots"] == {"order_number": "10240001", "phone_last4": "8826"}
    assert (said["STATUS"], said["CONTACT"]) == ("NONE", "")


async def test_the_dialplan_joins_the_caller_with_the_agent_for_the_bots_contact(
    tmp_path: Path, redis_url: str
) -> None:
    name = uuid.uuid4()
    async with world(tmp_path, redis_url) as w, w.centre.desktop("ada"):
        async with w.caller(name) as call:
            await call.press("20")
            await call.over()
            assert call.hung_up_by_peer
        await happened(w.phone, "ended", cause="transferred")
        contact = await w.centre.contact(await w.contact())
        said = await run_agi(w.agi, f"route?queue=&call={name}&after=0")
        for event in ("ANSWERED", "BRIDGED"):
            leg = f"contact={said['CONTACT']}&offer={said['OFFER']}&fence={said['FENCE']}"
            done = await run_agi(w.agi, f"event/{event}?{leg}&agent=ada")
            assert done["STATUS"] == "OK"
        await w.centre.reaches(contact.name, "CONNECTED")
    assert (said["STATUS"], said["AGENT"]) == ("OFFER", "ada")
    assert contact.name.endswith(said["CONTACT"])
    assert contact.handoff.summary == "Asked about an order."
    assert (contact.external_id, contact.language, contact.node) == (str(name), "en", "")


async def test_after_the_agent_the_same_name_is_asked_how_it_was(
    tmp_path: Path, redis_url: str
) -> None:
    name = uuid.uuid4()
    async with world(tmp_path, redis_url) as w, w.centre.desktop("ada"):
        async with w.caller(name) as call:
            await call.press("20")
            await call.over()
        said = await run_agi(w.agi, f"route?queue=&call={name}&after=0")
        leg = f"contact={said['CONTACT']}&offer={said['OFFER']}&fence={said['FENCE']}&agent=ada"
        for event in ("ANSWERED", "BRIDGED", "AGENT_HANGUP"):
            assert (await run_agi(w.agi, f"event/{event}?{leg}"))["STATUS"] == "OK"
        async with w.caller(name) as call:
            await call.press("51")
            await call.over()
        await happened(w.phone, "survey_answered", csat=5, resolved="yes")
        entries = cast(
            "list[tuple[str, dict[str, str]]]", await w.redis.xrange("sw:gateway:events")
        )
        surveys: list[dict[str, Any]] = [
            json.loads(fields["data"])
            for _, fields in entries
            if fields["type"] == "survey.answered"
        ]
        # Nobody is asked twice: the line ends, and the dialplan goes on.
        async with asterisk_call(w.phone.audiosocket, name=name) as call:
            await call.over()
            assert call.hung_up_by_peer
    assert [(each["csat"], each["resolved"], each["agent"]) for each in surveys] == [
        (5, "YES", "ada")
    ]


async def test_a_caller_who_leaves_before_the_router_is_asked_is_taken_out(
    tmp_path: Path, redis_url: str
) -> None:
    name = uuid.uuid4()
    async with world(tmp_path, redis_url) as w:
        async with w.caller(name) as call:
            await call.press("20")
            await call.over()
        contact = await w.contact()
        left = await run_agi(w.agi, f"event/HANGUP?call={name}")
        again = await run_agi(w.agi, f"route?queue=&call={name}&after=0")
        unknown = await run_agi(w.agi, f"event/HANGUP?call={uuid.uuid4()}")
        assert await w.centre.state(contact) == "ABANDONED"
    assert (left["STATUS"], again["STATUS"], unknown["STATUS"]) == ("OK", "NONE", "NONE")


async def test_without_a_router_the_bot_serves_on(tmp_path: Path, redis_url: str) -> None:
    async with (
        serving_bot(KeyedBot()) as bot_url,
        running_phone(tmp_path, bot_url=bot_url, audiosocket_port=0) as phone,
        asterisk_call(phone.audiosocket) as call,
    ):
        await call.connected()
        await happened(phone, "answered")
        await call.press("20")
        await happened(phone, "not_queued", reason="router_down")
        await happened(phone, "bot_answered")
        assert await phone.metric('switchyard_phone_persons_total{outcome="router_down"}') == 1
        await call.hang_up()
        await happened(phone, "ended", cause="caller")
