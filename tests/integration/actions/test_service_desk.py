"""Tickets, visits and calls: the real flows over a real crm_adapter and a real router."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from switchyard.router.v1 import contact_service_pb2
from switchyard_actions.domain.language import Language
from switchyard_actions.flows.registry import all_flows
from switchyard_actions.main import systems_over
from switchyard_actions.metrics import ActionsMetrics
from switchyard_actions.service.engine import Engine
from switchyard_actions.service.flows import Flows
from switchyard_actions.service.limits import Limits
from switchyard_actions.settings import ActionsSettings
from switchyard_common.grpc_channel import open_channel

from tests.fakes.actions.desk import KNOWLEDGE
from tests.fakes.actions.talk import Talk
from tests.fakes.crm.people import customer, phone
from tests.fakes.crm.running import fill, running_crm
from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

BRANCHES = Path(__file__).parents[3] / "libs/demo/src/switchyard_demo/company/branches.yaml"
LIN = "tenants/demo/customers/lin"
NOBODY = "127.0.0.1:1"


@dataclass
class Desk:
    """One engine over real systems."""

    engine: Engine
    small: Centre

    def talk(self, language: Language = Language.ENGLISH) -> Talk:
        return Talk(self.engine, language)


@pytest.fixture
async def crm_target(tmp_path: Path) -> AsyncIterator[str]:
    database = tmp_path / "crm.sqlite"
    await fill(database, [customer("lin", phone("+8619900001234"))])
    async with running_crm(database, branches_file=str(BRANCHES)) as running:
        yield running.target


async def _engine(crm: str, router_target: str) -> AsyncIterator[Engine]:
    settings = ActionsSettings(
        crm_timeout_seconds=120, router_timeout_seconds=120, knowledge_dir=KNOWLEDGE
    )
    metrics = ActionsMetrics(CollectorRegistry())
    async with open_channel(crm) as one, open_channel(router_target) as other:
        systems = systems_over(one, other, settings, metrics)
        limits = Limits()
        yield Engine(Flows(all_flows(systems), limits.likeness), systems.texts, limits)


@pytest.fixture
async def desk(crm_target: str, redis_url: str) -> AsyncIterator[Desk]:
    async with router(redis_url) as target, centre(target) as small:
        await small.queue("general")
        async for engine in _engine(crm_target, target):
            yield Desk(engine, small)


async def test_a_ticket_is_opened_told_and_added_to(desk: Desk) -> None:
    chat = desk.talk(Language.CHINESE).verified(LIN)
    await chat.say("我要提交工单", "ticket_create")
    await chat.say("水壶的盖子第二天就断了")
    await chat.say("可以", "affirm")
    number = chat.dialogue.fact("ticket_number")
    assert number in chat.told[-1]
    told = await chat.say("我的工单怎么样了", "ticket_status")
    assert number in told
    assert "水壶的盖子第二天就断了" in told
    await chat.say("补充工单", "ticket_update")
    await chat.say("把手也断了，请一起处理")
    assert f"已补充到工单 {number}" in await chat.say("可以", "affirm")
    assert "把手也断了" in await chat.say("工单现在呢", "ticket_status")


async def test_a_complaint_of_somebody_unknown_gets_a_number(desk: Desk) -> None:
    chat = desk.talk()
    await chat.say("Your courier threw my parcel over the fence into the mud", "complaint")
    assert "its number is" in await chat.say("lin@example.com", email="lin@example.com")


async def test_a_branch_is_found_and_visited(desk: Desk) -> None:
    chat = desk.talk(Language.CHINESE).verified(LIN)
    assert "西湖店：杭州市西湖区云杉路1号" in await chat.say("杭州的门店几点开门", "opening_hours")
    await chat.say("我想预约到店", "appointment")
    await chat.say("徐汇店")
    await chat.say("下周三下午")
    await chat.say(chat.choices[1])
    await chat.say("到店再说")
    assert "预约号" in await chat.say("可以", "affirm")
    number = chat.dialogue.fact("appointment")
    await chat.say("取消到店预约", "appointment")
    await chat.say(number)
    assert f"预约 {number} 已取消" in await chat.say("是", "affirm")


async def _callback(chat: Talk, when: str) -> str:
    await chat.say("please call me", "callback", phone="13812345678")
    await chat.say(when)
    return await chat.say("yes", "affirm")


async def test_a_call_waits_in_the_routers_line(desk: Desk) -> None:
    chat = desk.talk()
    assert "Your callback is booked" in await _callback(chat, "in two hours")
    estimate = contact_service_pb2.EstimateWaitRequest(queue="tenants/demo/queues/general")
    async with asyncio.timeout(60):  # the router reads of it in its own event log
        while not (await desk.small.contacts.EstimateWait(estimate)).position:
            await asyncio.sleep(0.02)


async def test_without_a_router_a_ticket_asks_for_the_call(crm_target: str) -> None:
    async for engine in _engine(crm_target, NOBODY):
        chat = Talk(engine)
        answer = await _callback(chat, "in two hours")
        assert "callback system is not answering" in answer
        assert chat.dialogue.fact("ticket_number") in answer


async def test_without_any_system_the_customer_is_told(redis_url: str) -> None:
    async for engine in _engine(NOBODY, NOBODY):
        for words, intent in (
            ("where are you", "branches"),
            ("an appointment please", "appointment"),
        ):
            chat = Talk(engine)
            assert "not answering" in await chat.say(words, intent)
            assert chat.choices == ["Yes", "No"]
        chat = Talk(engine).verified(LIN)
        assert "not answering" in await chat.say("my tickets", "ticket_status")
