"""A simulated agent in a conversation, over real gRPC."""

import asyncio
import random
from collections.abc import AsyncGenerator

import grpc
import pytest
import pytest_asyncio
from google.protobuf.struct_pb2 import Struct
from switchyard.conversation.v1 import conversation_service_pb2 as pb
from switchyard.router.v1 import contact_pb2
from switchyard_common.grpc_channel import open_channel
from switchyard_demo.company.model import Text
from switchyard_demo.floor.chat import ChatTimes, ConversationDesk

from tests.fakes.demo.conversations import NAME, FakeConversations, conversations

pytestmark = pytest.mark.integration

AGENT = "tenants/demo/agents/a1001"
OTHER = "tenants/demo/agents/a1002"
CONTACT = "tenants/demo/contacts/01m80j91jqvf9gkq5k814na3fs"
QUICK = ChatTimes(join=60.0, idle=60.0, typing=(0.0, 0.02))


class Ends:
    """Keeps how chats ended."""

    def __init__(self) -> None:
        self.how: list[str] = []

    def chat_ended(self, how: str) -> None:
        self.how.append(how)


def context() -> contact_pb2.ContactContext:
    slots = Struct()
    slots["order_number"] = "SY10240001"
    return contact_pb2.ContactContext(
        conversation=NAME, customer_display="陈晓雨", bot_summary="想查物流", bot_slots=slots
    )


@pytest_asyncio.fixture
async def gateway() -> AsyncGenerator[FakeConversations]:
    async with conversations() as fake:
        yield fake


async def talk(gateway: FakeConversations, times: ChatTimes = QUICK) -> str:
    """Serve the conversation to its end; returns how it ended."""
    ends = Ends()
    async with open_channel(gateway.target) as channel:
        displays = {"a1001": Text("李静", "Jing Li")}
        desk = ConversationDesk(channel, displays, ends, random.Random(1), times)
        await asyncio.wait_for(desk.talk(AGENT, CONTACT, context()), 60)
    return ends.how[0]


async def test_greets_answers_and_ends_after_a_goodbye(gateway: FakeConversations) -> None:
    gateway.customer("我要人工")  # said to the bot: not the agent's to answer
    chat = asyncio.create_task(talk(gateway))
    gateway.state(pb.WITH_AGENT, AGENT, CONTACT)
    (greeting,) = await gateway.until_said(1)
    for part in ("陈晓雨", "李静", "想查物流", "SY10240001"):
        assert part in greeting.text
    gateway.customer("我的订单怎么还没到？")
    assert "模拟" in (await gateway.until_said(2))[1].text
    gateway.customer("好的，再见")
    assert await chat == "goodbye"
    assert len(gateway.said) == 3
    assert [(e.agent, e.disposition) for e in gateway.endings] == [(AGENT, "demo_done")]


async def test_ends_a_conversation_in_which_nobody_says_anything(
    gateway: FakeConversations,
) -> None:
    gateway.state(pb.WITH_AGENT, AGENT, CONTACT)
    assert await talk(gateway, ChatTimes(join=60.0, idle=0.3, typing=(0.0, 0.0))) == "idle"
    assert [ending.disposition for ending in gateway.endings] == ["demo_idle"]


async def test_leaves_when_the_customer_has_left(gateway: FakeConversations) -> None:
    chat = asyncio.create_task(talk(gateway))
    gateway.state(pb.WITH_AGENT, AGENT, CONTACT)
    await gateway.until_said(1)
    gateway.state(pb.WITH_BOT, "", "")
    assert await chat == "left"
    assert gateway.endings == []


async def test_does_not_join_what_is_not_its_own(gateway: FakeConversations) -> None:
    gateway.state(pb.WITH_AGENT, AGENT, "tenants/demo/contacts/an-earlier-one")
    gateway.state(pb.WITH_AGENT, OTHER, CONTACT)
    assert await talk(gateway, ChatTimes(join=0.3, idle=60.0)) == "never_joined"
    assert gateway.said == []


async def test_goes_on_after_the_gateway_was_away_for_a_moment(
    gateway: FakeConversations,
) -> None:
    gateway.refuse = grpc.StatusCode.UNAVAILABLE
    chat = asyncio.create_task(talk(gateway))
    gateway.state(pb.WITH_AGENT, AGENT, CONTACT)
    await asyncio.sleep(0.5)
    gateway.refuse = None
    await gateway.until_said(1)
    gateway.customer("bye")
    assert await chat == "goodbye"


async def test_somebody_elses_conversation_is_left_alone(gateway: FakeConversations) -> None:
    gateway.refuse = grpc.StatusCode.PERMISSION_DENIED
    gateway.state(pb.WITH_AGENT, AGENT, CONTACT)
    assert await talk(gateway) == "left"
