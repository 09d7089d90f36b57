"""Callers whom the PBX sends back after an agent: asked once, by keys, and reported like chats."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from tests.fakes.demo.floor import floor
from tests.fakes.phone.bot import KeyedBot, serving_bot
from tests.fakes.phone.running import RunningPhone, happened, running_phone
from tests.fakes.phone.served import complete, served
from tests.fakes.phone.sipp import Caller, Ran, Scenario
from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

EVENTS = "sw:gateway:events"
OVER = "terminated;reason=noresource"


@dataclass
class World:
    phone: RunningPhone
    centre: Centre
    redis: Redis

    async def surveyed(self) -> list[dict[str, Any]]:
        """The surveys in the stream of events."""
        entries = cast("list[tuple[str, dict[str, str]]]", await self.redis.xrange(EVENTS))
        return [
            {**json.loads(fields["data"]), "seq": fields["seq"], "subject": fields["subject"]}
            for _, fields in entries
            if fields["type"] == "survey.answered"
        ]

    async def comes_back(self, contact: str, keys: str = "51", header: str = "Contact") -> Ran:
        """The PBX sends a caller for the survey, who presses these keys and is said goodbye to."""
        scenario = back(contact, header).answered().pause(1)
        return await self.phone.sipp.run(scenario.press(keys).hung_up_on(), dialled="survey")

    async def is_refused(self, contact: str, status: int, header: str = "Contact") -> None:
        scenario = back(contact, header).expect_refusal(status)
        ran = await self.phone.sipp.run(scenario, dialled="survey")
        assert ran.well, ran.output


def back(contact: str, header: str = "Contact") -> Scenario:
    headers = (f"X-Switchyard-{header}: {contact}",) if contact else ()
    return Scenario(Caller(headers=headers)).invite()


@asynccontextmanager
async def world(folder: Path, redis_url: str, **settings: Any) -> AsyncIterator[World]:
    async with (
        router(redis_url) as target,
        centre(target) as clients,
        serving_bot(KeyedBot()) as bot_url,
        Redis.from_url(redis_url, decode_responses=True) as redis,
    ):
        await clients.queue("billing", ring_timeout_ms=60_000, connect_timeout_ms=60_000)
        await clients.agent("ada")
        values = {"redis_url": redis_url, "survey_number": "survey", **settings}
        async with running_phone(folder, router_target=target, bot_url=bot_url, **values) as phone:
            yield World(phone, clients, redis)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_caller_who_comes_back_is_asked_and_the_answers_are_reported(
    tmp_path: Path, redis_url: str, language: str
) -> None:
    async with world(tmp_path, redis_url) as w, served(w.centre, language=language) as contact:
        ran = await w.comes_back(contact.name, "42")
        assert ran.well, ran.output
        answered = await happened(w.phone, "survey_answered")
        (survey,) = await w.surveyed()
        # Whose caller is here is with no agent any more.
        await w.centre.reaches(contact.name, "WRAP_UP", "COMPLETED")
        counted = await w.phone.metric('switchyard_phone_surveys_total{outcome="answered"}')
    assert (answered["csat"], answered["resolved"]) == (4, "no")
    talk = "talk-call-1"
    told = {"conversation": talk, "csat": 4, "resolved": "NO", "agent": "ada"}
    about = contact.name.rpartition("/")[2]
    assert survey == {**told, "contact": about, "seq": "1", "subject": talk}
    assert counted == 1


async def test_nobody_is_asked_twice(tmp_path: Path, redis_url: str) -> None:
    async with world(tmp_path, redis_url) as w, served(w.centre) as contact:
        assert (await w.comes_back(contact.name)).well
        await happened(w.phone, "survey_answered")
        await w.is_refused(contact.name, 410)
        refused = await happened(w.phone, "survey_refused")
        assert len(await w.surveyed()) == 1
    assert refused["reason"] == "asked_before"


async def test_who_hung_up_on_the_survey_is_not_asked_again(tmp_path: Path, redis_url: str) -> None:
    async with world(tmp_path, redis_url) as w, served(w.centre) as contact:
        hangs_up = back(contact.name).answered().pause(1).bye()
        assert (await w.phone.sipp.run(hangs_up, dialled="survey")).well
        await happened(w.phone, "survey_answered", csat=0)
        await w.is_refused(contact.name, 410)
        assert await w.surveyed() == []


async def test_a_rating_counts_though_the_caller_hangs_up_then(
    tmp_path: Path, redis_url: str
) -> None:
    async with world(tmp_path, redis_url) as w, served(w.centre) as contact:
        rates = back(contact.name).answered().pause(1).press("3").bye()
        assert (await w.phone.sipp.run(rates, dialled="survey")).well
        await happened(w.phone, "survey_answered", csat=3, resolved="")
        (survey,) = await w.surveyed()
    assert (survey["csat"], survey["resolved"]) == (3, "")


@pytest.mark.parametrize(
    "named", ["", "tenants/demo/contacts/nobody", "tenants/other/contacts/x", "../x", "a b"]
)
async def test_only_a_contact_of_this_tenant_is_asked(
    tmp_path: Path, redis_url: str, named: str
) -> None:
    async with world(tmp_path, redis_url) as w:
        await w.is_refused(named, 404)
        await happened(w.phone, "survey_refused")


async def test_who_waits_for_an_agent_is_not_asked(tmp_path: Path, redis_url: str) -> None:
    async with world(tmp_path, redis_url) as w:
        contact = await w.centre.create("call-9", node="")
        await w.is_refused(contact.name, 404)
        assert (await happened(w.phone, "survey_refused"))["reason"] == "not_served"


async def test_other_queues_are_not_asked(tmp_path: Path, redis_url: str) -> None:
    async with (
        world(tmp_path, redis_url, survey_queues=("orders",)) as w,
        served(w.centre) as contact,
    ):
        await w.is_refused(contact.name, 404)
        assert (await happened(w.phone, "survey_refused"))["reason"] == "other_queue"


async def test_who_comes_back_too_late_is_not_asked(tmp_path: Path, redis_url: str) -> None:
    async with (
        world(tmp_path, redis_url, survey_minutes=1e-9) as w,
        served(w.centre) as contact,
    ):
        await complete(w.centre, contact.name)
        await w.is_refused(contact.name, 410)
        assert (await happened(w.phone, "survey_refused"))["reason"] == "too_late"


async def test_without_a_survey_the_number_is_one_like_all_others(
    tmp_path: Path, redis_url: str
) -> None:
    async with world(tmp_path, redis_url, survey_number="") as w, served(w.centre) as contact:
        call = back(contact.name).answered().pause(1).bye()
        assert (await w.phone.sipp.run(call, dialled="survey")).well
        assert await happened(w.phone, "answered")
        assert await w.surveyed() == []


async def test_a_call_that_became_a_contact_is_surveyed_by_the_name_the_pbx_gave_it(
    tmp_path: Path, redis_url: str
) -> None:
    """For transfers after which the PBX cannot tell the contact: attended ones."""
    headers = ("X-Switchyard-Call: pbx1-1700000000.5",)
    call = Scenario(Caller(headers=headers)).invite().answered().pause(1).press("20")
    call.referred().notify("SIP/2.0 200 OK", OVER).hung_up_on()
    async with world(tmp_path, redis_url) as w, floor(w.centre.channel, ["ada"]):
        assert (await w.phone.sipp.run(call)).well
        name = f"tenants/demo/contacts/{(await happened(w.phone, 'queued'))['contact']}"
        await w.centre.reaches(name, "CONNECTED")
        ran = await w.comes_back("pbx1-1700000000.5", header="Call")
        assert ran.well, ran.output
        await happened(w.phone, "survey_answered")
        (survey,) = await w.surveyed()
    assert survey["agent"] == "ada"
