"""The gateway with the real router: a chat is queued, offered with all that is known, and ended."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from switchyard.conversation.v1 import conversation_service_pb2 as pb
from switchyard.conversation.v1.conversation_service_pb2_grpc import ConversationServiceStub
from switchyard.router.v1 import agent_pb2, agent_service_pb2, contact_pb2
from switchyard_common.grpc_channel import open_channel
from switchyard_common.lifecycle import Lifecycle
from switchyard_gateway.main import running as run_gateway

from tests.fakes.gateway.bot import HANDOFF, ScriptedBot, channel
from tests.fakes.gateway.contact_service import FakeContactService
from tests.fakes.gateway.router import FakeRouter
from tests.fakes.gateway.running import OpenPage, RunningGateway, http, settings
from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

ANN, BOB = "tenants/demo/agents/ann", "tenants/demo/agents/bob"


@dataclass
class Both:
    """A gateway and a router on one store."""

    gateway: RunningGateway
    centre: Centre
    stub: ConversationServiceStub


@pytest.fixture
async def both(redis_url: str) -> AsyncIterator[Both]:
    bot = ScriptedBot()
    async with (
        router(redis_url) as target,
        centre(target) as clients,
        http(channel(bot)) as bot_url,
    ):
        await clients.queue("orders", wrap_up_ms=300)
        await clients.queue("general", max_wait_ms=1500)
        for agent_id in ("ann", "bob"):
            await clients.agent(agent_id, queues=("orders",), chat=2, callback=1)
        lifecycle = Lifecycle()
        async with (
            run_gateway(lifecycle, settings(redis_url, bot_url, target)) as ports,
            open_channel(f"127.0.0.1:{ports.grpc}") as chan,
        ):
            fake = FakeRouter()
            gateway = RunningGateway(
                ports, bot, fake, FakeContactService(fake), ConversationServiceStub(chan), chan
            )
            yield Both(gateway, clients, ConversationServiceStub(chan))
        assert not lifecycle.failed


@asynccontextmanager
async def waiting(both: Both) -> AsyncIterator[OpenPage]:
    async with both.gateway.page("en") as page:
        await page.says("a person, please")
        await page.state("WAITING_FOR_AGENT")
        yield page


async def test_the_whole_way(both: Both) -> None:
    async with waiting(both) as page:
        wait = await page.until(lambda f: f["type"] == "wait")
        assert wait["position"] == 1
        async with both.centre.desktop("ann") as ann:
            offer = await ann.offer()
            assert offer.context.conversation == page.name
            assert offer.context.bot_summary == HANDOFF.summary
            assert offer.context.bot_slots["order_number"] == "SY20480001"
            assert offer.context.auth_level == "verified"
            assert offer.channel == contact_pb2.CHAT
            await ann.accept(offer)
            await page.hears("agent_joined")
            assert await both.centre.reaches(offer.contact, "CONNECTED") == "CONNECTED"
            message = pb.Message(message_id="a1", role=pb.AGENT, agent=ANN, text="Ann here")
            await both.stub.PostMessage(pb.PostMessageRequest(parent=page.name, message=message))
            await page.hears("Ann here", "AGENT")
            await both.stub.EndConversation(
                pb.EndConversationRequest(
                    name=page.name, agent=ANN, disposition="solved", request_id="e1"
                )
            )
            await page.hears("agent_ended")
            await page.hears("This is the bot again.")
            assert await both.centre.reaches(offer.contact, "COMPLETED") == "COMPLETED"


async def test_a_customer_who_leaves_abandons(both: Both) -> None:
    async with waiting(both) as page, both.centre.desktop("ann") as ann:
        offer = await ann.offer()
        await page.send(type="leave")
        await page.hears("left_queue")
        assert await both.centre.reaches(offer.contact, "ABANDONED") == "ABANDONED"


async def test_a_customer_who_leaves_the_agent_ends_the_contact(both: Both) -> None:
    async with waiting(both) as page, both.centre.desktop("ann") as ann:
        offer = await ann.offer()
        await ann.accept(offer)
        await page.state("WITH_AGENT")
        assert await both.centre.reaches(offer.contact, "CONNECTED") == "CONNECTED"
        await page.send(type="leave")
        assert await both.centre.reaches(offer.contact, "COMPLETED") == "COMPLETED"


async def test_an_agent_who_signs_off_is_followed_by_another(both: Both) -> None:
    async with waiting(both) as page:
        async with both.centre.desktop("ann") as ann:
            offer = await ann.offer()
            await ann.accept(offer)
            await page.state("WITH_AGENT")
            assert await both.centre.reaches(offer.contact, "CONNECTED") == "CONNECTED"
            off = agent_service_pb2.SetPresenceRequest(agent=ANN, presence=agent_pb2.OFFLINE)
            await ann.say(presence=off)
            await page.hears("agent_lost")
        async with both.centre.desktop("bob") as bob:
            await bob.accept(await bob.offer())
            joined = await page.state("WITH_AGENT")
            assert joined["agent"] == ""


async def test_nobody_answers(both: Both) -> None:
    async with both.gateway.page("zh") as page:
        both.gateway.bot.failure = "refused"  # so the gateway sends it where nobody serves
        await page.send(type="person")
        await page.state("WAITING_FOR_AGENT")
        both.gateway.bot.failure = ""
        told = await page.hears("nobody_answered")
        assert "抱歉" in told["text"]
        await page.state("WITH_BOT")


async def test_a_call_back_keeps_the_place_and_carries_what_is_known(both: Both) -> None:
    async with waiting(both) as page:
        await page.until(lambda f: f["type"] == "wait")
        await page.send(type="callback", number="110")
        await page.error("BAD_NUMBER")
        await page.send(type="callback", number="138 0013 8000")
        await page.hears("callback_booked")
        await page.state("WITH_BOT")
        async with both.centre.desktop("ann") as ann:
            offer = await ann.offer()
            assert offer.channel == contact_pb2.CALLBACK
            assert offer.context.bot_summary == HANDOFF.summary
            assert offer.context.conversation == page.name
            found = await both.centre.contact(offer.contact)
            assert found.callback.number == "+8613800138000"
            assert found.age_credit.ToMilliseconds() >= 0
            chat = await both.centre.contact(found.related_contact)
            assert contact_pb2.ContactState.Name(chat.state) == "CANCELLED"
