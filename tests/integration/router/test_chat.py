"""Text contacts: several at once, in order, and never in the way of a call."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio
from switchyard.router.v1 import contact_pb2

from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

CHAT: dict[str, Any] = {"channel": contact_pb2.CHAT, "node": "", "queue": "chat"}


@pytest_asyncio.fixture
async def small(redis_url: str) -> AsyncGenerator[Centre]:
    async with router(redis_url) as target, centre(target) as clients:
        await clients.queue()
        await clients.queue("chat")
        await clients.agent("ann", queues=("billing", "chat"), voice=1, chat=3)
        yield clients


async def served(small: Centre, name: str) -> None:
    """The gateway says that customer and agent talk."""
    contact = await small.contact(name)
    await small.report("BRIDGED", name, source="gateway", fence=contact.fence)


async def test_an_agent_has_three_chats_and_the_fourth_waits(small: Centre) -> None:
    async with small.desktop("ann") as ann:
        chats = [(await small.create(f"chat-{n}", **CHAT)).name for n in range(4)]
        for name in chats[:3]:
            assert (await ann.accept(await ann.offer(name))).code == 0
            await served(small, name)
        assert await small.state(chats[3]) == "QUEUED"
        await small.report("CALLER_HANGUP", chats[1], source="gateway")
        assert (await ann.offer(chats[3])).contact == chats[3]


async def test_blending_a_backlog_of_chats_does_not_lock_voice_out(small: Centre) -> None:
    chats = [(await small.create(f"chat-{n}", **CHAT)).name for n in range(8)]
    async with small.desktop("ann") as ann:
        for name in chats[:3]:
            await ann.offer(name)
        call = await small.create("call-1")
        assert (await ann.offer(call.name)).contact == call.name


async def test_a_call_takes_the_whole_agent(small: Centre) -> None:
    async with small.desktop("ann") as ann:
        call = await small.create("call-1")
        offer = await ann.offer(call.name)
        await ann.accept(offer)
        chat = await small.create("chat-1", **CHAT)
        await asyncio.sleep(0.3)
        assert await small.state(chat.name) == "QUEUED"
        await small.report("BRIDGED", call.name, fence=offer.fence)
        await small.report("CALLER_HANGUP", call.name)
        assert (await ann.offer(chat.name)).contact == chat.name


async def test_chatwoot_13050_new_chats_do_not_overtake_old_ones(small: Centre) -> None:
    chats = [(await small.create(f"chat-{n}", **CHAT)).name for n in range(6)]
    async with small.desktop("ann") as ann:
        for name in chats[:3]:
            await ann.offer(name)
        offered = [m.offer.contact for m in ann.stream.received if m.HasField("offer")]
        assert sorted(offered, key=chats.index) == chats[:3]
        assert [await small.state(name) for name in chats[3:]] == ["QUEUED"] * 3


async def test_chatwoot_10376_waiting_chats_are_drained_when_somebody_frees(small: Centre) -> None:
    chats = [(await small.create(f"chat-{n}", **CHAT)).name for n in range(7)]
    async with small.desktop("ann") as ann:
        for name in chats:
            await ann.accept(await ann.offer(name))
            await served(small, name)
            await small.report("CALLER_HANGUP", name, source="gateway")
    assert [await small.state(name) for name in chats] == ["COMPLETED"] * 7


async def test_what_the_bot_learned_comes_with_the_offer(small: Centre) -> None:
    handoff = contact_pb2.Handoff(
        summary="asks for order 17", conversation="tenants/demo/conversations/9"
    )
    handoff.slots.update({"order": "17"})
    async with small.desktop("ann") as ann:
        chat = await small.create("chat-1", handoff=handoff, **CHAT)
        context = (await ann.offer(chat.name)).context
    assert (context.bot_summary, context.conversation) == (handoff.summary, handoff.conversation)
    assert context.bot_slots["order"] == "17"
