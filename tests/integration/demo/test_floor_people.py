"""Simulated agents and callers against a real router: every way a call can go."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from switchyard.router.v1 import agent_pb2, contact_pb2
from switchyard_demo.floor.call import Fate
from switchyard_demo.floor.habits import PROMPT, Habits

from tests.fakes.demo.floor import HandTime, floor, script
from tests.fakes.router.clients import Centre, centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

DECLINES = Habits(answer_seconds=(0.0, 0.0), decline_share=1.0, miss_share=0.0)
MISSES = Habits(answer_seconds=(0.0, 0.0), miss_share=1.0, miss_pause_seconds=3.0)


@pytest_asyncio.fixture
async def small(redis_url: str) -> AsyncGenerator[Centre]:
    async with router(redis_url) as target, centre(target) as clients:
        await clients.queue(ring_timeout_ms=600_000, wrap_up_ms=200)
        for agent_id in ("ann", "bob"):
            await clients.agent(agent_id)
        yield clients


async def test_a_call_is_played_from_dialling_to_hanging_up(small: Centre) -> None:
    time = HandTime()
    async with floor(small.channel, ["ann"], time=time) as made:
        calling = asyncio.create_task(made.exchange.dial(script(talk=20)))
        await small.becomes("ann", "ON_CONTACT")
        time.advance(19)
        assert made.node.live_contacts
        time.advance(1)
        outcome = await calling
        assert outcome.fate is Fate.SERVED
        assert outcome.agent.endswith("/ann")
        assert outcome.connected is not None
        assert outcome.ended - outcome.connected == 20
        assert await small.reaches(outcome.contact, "COMPLETED")
        assert made.node.live_contacts == []


async def test_an_agent_can_be_the_one_who_hangs_up(small: Centre) -> None:
    async with floor(small.channel, ["ann"]) as made:
        outcome = await made.exchange.dial(script(agent_hangs_up=True))
        assert outcome.fate is Fate.SERVED
        assert await small.reaches(outcome.contact, "COMPLETED")


async def test_a_caller_whom_nobody_answers_gives_up(small: Centre) -> None:
    time = HandTime()
    async with floor(small.channel, time=time) as made:
        calling = asyncio.create_task(made.exchange.dial(script(patience=30)))
        await made.dialled()
        time.advance(30)
        outcome = await calling
        assert outcome.fate is Fate.ABANDONED
        assert outcome.waited_seconds == 30
        assert await small.state(outcome.contact) == "ABANDONED"


async def test_a_call_that_one_agent_declines_goes_to_another(small: Centre) -> None:
    async with floor(small.channel, {"ann": DECLINES}) as decliner:
        await small.becomes("ann", "AVAILABLE")
        async with floor(small.channel, {"bob": PROMPT}, node="pbx-2") as other:
            await small.becomes("bob", "AVAILABLE")
            outcome = await other.exchange.dial(script())
        assert outcome.fate is Fate.SERVED
        assert outcome.agent.endswith("/bob")
        assert [offer.agent.rpartition("/")[2] for offer in decliner.offers] == ["ann"]


async def test_an_agent_who_missed_an_offer_notices_and_comes_back(small: Centre) -> None:
    await small.queue(ring_timeout_ms=400)
    time = HandTime()
    async with floor(small.channel, {"ann": MISSES}, time=time) as made:
        calling = asyncio.create_task(made.exchange.dial(script(patience=30)))
        await small.becomes("ann", "NOT_READY")
        time.advance(30)
        assert (await calling).fate is Fate.ABANDONED
        await small.becomes("ann", "AVAILABLE")


async def test_a_queue_that_is_full_refuses_the_call(small: Centre) -> None:
    await small.queue(max_size=1)
    time = HandTime()
    async with floor(small.channel, time=time) as made:
        waiting = asyncio.create_task(made.exchange.dial(script(1, patience=30)))
        await made.dialled()
        refused = await made.exchange.dial(script(2))
        assert (refused.fate, refused.reason) == (Fate.REFUSED, "QUEUE_FULL")
        time.advance(30)
        assert (await waiting).fate is Fate.ABANDONED


async def test_whoever_signs_out_in_a_call_finishes_it_first(small: Centre) -> None:
    time = HandTime()
    async with floor(small.channel, ["ann"], time=time) as made:
        desktop = made.desktops["ann"]
        calling = asyncio.create_task(made.exchange.dial(script(talk=20)))
        await small.becomes("ann", "ON_CONTACT")
        desktop.want(agent_pb2.OFFLINE)
        await asyncio.sleep(0.2)
        assert await small.presence("ann") == "ON_CONTACT"
        time.advance(20)
        assert (await calling).fate is Fate.SERVED
        await asyncio.wait_for(desktop.away.wait(), 60)
        assert await small.presence("ann") == "OFFLINE"
        desktop.want(agent_pb2.AVAILABLE)
        await small.becomes("ann", "AVAILABLE")
        assert not desktop.away.is_set()


async def test_a_break_begins_after_the_call_and_has_its_reason(small: Centre) -> None:
    time = HandTime()
    async with floor(small.channel, ["ann"], time=time) as made:
        calling = asyncio.create_task(made.exchange.dial(script(talk=20)))
        await small.becomes("ann", "ON_CONTACT")
        made.desktops["ann"].want(agent_pb2.NOT_READY, "lunch")
        await asyncio.sleep(0.2)
        assert await small.presence("ann") == "ON_CONTACT"
        time.advance(20)
        await calling
        await small.becomes("ann", "NOT_READY")


async def test_another_desktop_of_the_agent_takes_over(small: Centre) -> None:
    async with floor(small.channel, ["ann"]) as first:
        await small.becomes("ann", "AVAILABLE")
        async with small.desktop("ann") as other:
            outcome = asyncio.create_task(first.exchange.dial(script()))
            offer = await other.offer()
            assert (await other.accept(offer)).code == 0
            assert (await outcome).fate is Fate.SERVED
        assert first.offers == []


async def test_hanging_up_all_ends_every_call(small: Centre) -> None:
    async with floor(small.channel, ["ann"]) as made:
        calls = [asyncio.create_task(made.exchange.dial(script(n, talk=600))) for n in (1, 2)]
        await small.becomes("ann", "ON_CONTACT")
        async with asyncio.timeout(60):
            while sorted([await small.state(c) for c in made.node.live_contacts]) != [
                "CONNECTED",
                "QUEUED",
            ]:
                await asyncio.sleep(0.01)
        await made.exchange.hang_up_all(60.0)
        outcomes = await asyncio.gather(*calls)
        states = {await small.reaches(o.contact, "COMPLETED", "ABANDONED") for o in outcomes}
        assert states == {"COMPLETED", "ABANDONED"}


class Notebook:
    """A chat desk that keeps what an agent knows when a chat begins."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[tuple[str, contact_pb2.ContactContext]] = asyncio.Queue()

    async def talk(self, agent: str, contact: str, context: contact_pb2.ContactContext) -> None:
        self.begun.put_nowait((contact, context))
        await asyncio.sleep(0.5)


async def test_an_agent_begins_a_chat_knowing_what_the_bot_collected(small: Centre) -> None:
    await small.agent("ann", chat=2)
    notebook = Notebook()
    handoff = contact_pb2.Handoff(
        summary="Wants order status", conversation="tenants/demo/conversations/k1"
    )
    async with floor(small.channel, ["ann"], chats=notebook):
        await small.becomes("ann", "AVAILABLE")
        created = await small.create("chat-1", channel=contact_pb2.CHAT, handoff=handoff)
        contact, context = await asyncio.wait_for(notebook.begun.get(), 60)
        assert contact == created.name
        assert context.bot_summary == "Wants order status"
        assert context.conversation == "tenants/demo/conversations/k1"
        await small.report("CALLER_HANGUP", contact)
    assert notebook.begun.empty()  # once, however often the contact changed
