"""What has gone wrong elsewhere, by the tracker's number, and must not here.

More of them: test_dispatcher.py (freeswitch PR#1221), test_leases_and_timers.py (freeswitch#1641),
test_steps.py (asterisk#1736, the closed browser), test_replicas.py (freeswitch#1674),
test_chat.py (chatwoot#13050, #10376, the chat backlog).
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio
import redis
from switchyard.router.v1 import agent_pb2, agent_service_pb2

from tests.fakes.router.clients import Centre, Desktop, centre, make_due
from tests.fakes.router.server import router
from tests.fakes.router.truth import read

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture
async def small(redis_url: str) -> AsyncGenerator[Centre]:
    """Two agents; the state must be sound in the end."""
    async with router(redis_url) as target, centre(target) as clients:
        await clients.queue(wrap_up_ms=300)
        for agent_id in ("ann", "bob"):
            await clients.agent(agent_id)
        yield clients
    raw: Any = redis.Redis.from_url(redis_url)
    assert read(raw, "sy:{demo}:").violations() == []
    raw.close()


def offers_of(desktop: Desktop, contact: str) -> list[Any]:
    """Every offer of a contact that a desktop got."""
    return [
        m.offer
        for m in desktop.stream.received
        if m.HasField("offer") and m.offer.contact == contact and m.offer.state == agent_pb2.PENDING
    ]


async def test_asterisk_176_one_call_is_never_answered_by_two_agents(small: Centre) -> None:
    async with small.node() as node, small.desktop("ann") as ann, small.desktop("bob") as bob:
        contact = await small.create("call-1")
        first = await ann.offer()
        await ann.decline(first)
        second = await bob.offer(contact.name)
        late, taken = await asyncio.gather(ann.accept(first), bob.accept(second))
        assert (late.reason, taken.code) == ("OFFER_TAKEN", 0)
        # Both telephones report an answer; only the present one counts.
        stale = await node.tell("BRIDGED", contact.name, fence=first.fence)
        good = await node.tell("BRIDGED", contact.name, fence=second.fence)
        assert (stale.stale, good.stale) == (True, False)
        assert (await small.contact(contact.name)).assigned_agent == second.agent


async def test_asterisk_1557_answer_then_hang_up_before_bridge(small: Centre) -> None:
    """The call keeps its place and goes to the next agent; the round does not start over."""
    async with small.node() as node, small.desktop("ann") as ann, small.desktop("bob") as bob:
        contact = await small.create("call-1")
        first = await ann.offer()
        await node.tell("ANSWERED", contact.name, fence=first.fence)
        await node.tell("AGENT_HANGUP", contact.name, fence=first.fence)
        second = await bob.offer(contact.name)
        assert second.fence > first.fence
        assert (await small.contact(contact.name)).enqueue_time == contact.enqueue_time
        await bob.accept(second)
        await node.tell("BRIDGED", contact.name, fence=second.fence)
        assert len(offers_of(ann, contact.name)) == 1
        await small.becomes("ann", "AVAILABLE")


async def test_freeswitch_2540_no_agent_stays_reserved(small: Centre) -> None:
    """The desktop is silent and the telephone too: time frees the agent and the call."""
    await small.queue(ring_timeout_ms=300)
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await small.create("call-1")
        await ann.offer()
        assert (await node.command("stop_ring", contact.name)).stop_ring.reason == "RING_TIMEOUT"
        await small.becomes("ann", "NOT_READY")
        await ann.say(presence=agent_service_pb2.SetPresenceRequest(presence=agent_pb2.AVAILABLE))
        await small.becomes("ann", "AVAILABLE")
        assert await small.state(contact.name) == "QUEUED"


async def test_freeswitch_1641_and_opensips_3123_a_lost_bye_ends_by_itself(small: Centre) -> None:
    await small.queue(max_handle_time_ms=300, wrap_up_ms=200)
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await small.create("call-1")
        offer = await ann.offer()
        await ann.accept(offer)
        await node.tell("BRIDGED", contact.name, fence=offer.fence)
        assert (await node.command("hangup", contact.name)).hangup.cause == "MAX_HANDLE_TIME"
        await small.reaches(contact.name, "COMPLETED")
        await small.becomes("ann", "AVAILABLE")


async def test_freeswitch_1973_a_call_that_never_connects_does_not_stay_answered(
    small: Centre,
) -> None:
    await small.queue(connect_timeout_ms=300)
    async with small.node(), small.desktop("ann") as ann, small.desktop("bob") as bob:
        contact = await small.create("call-1")
        await ann.accept(await ann.offer())
        assert (await bob.offer(contact.name)).contact == contact.name
        await small.becomes("ann", "AVAILABLE")


async def test_freeswitch_2529_no_zombie_call_goes_on_ringing(small: Centre) -> None:
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await small.create("call-1")
        offer = await ann.offer()
        await node.tell("CALLER_HANGUP", contact.name)
        assert (await node.command("stop_ring", contact.name)).stop_ring.fence == offer.fence
        late = await node.tell("ANSWERED", contact.name, fence=offer.fence)
        assert late.stale
        await small.becomes("ann", "AVAILABLE")
        assert await small.state(contact.name) == "ABANDONED"


async def test_freeswitch_pr800_not_ready_during_an_offer_makes_no_storm(small: Centre) -> None:
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await small.create("call-1")
        await ann.offer()
        await ann.say(presence=agent_service_pb2.SetPresenceRequest(presence=agent_pb2.NOT_READY))
        await node.command("stop_ring", contact.name)
        await asyncio.sleep(0.4)
        kinds = [
            m.contact.command.WhichOneof("op")
            for m in node.stream.received
            if m.HasField("contact") and m.contact.HasField("command")
        ]
        assert kinds == ["ring", "stop_ring"]
        assert len(offers_of(ann, contact.name)) == 1


async def test_asterisk_108_1637_1691_agents_of_many_queues_starve_none(small: Centre) -> None:
    """A head of line that nobody can serve halts neither its queue nor the others."""
    await small.queue("support", wrap_up_ms=0)
    await small.queue(wrap_up_ms=0)
    await small.agent("ann", queues=("billing", "support"))
    await small.agent("eve", skills={"welsh": 5})  # who is not there
    stuck = await small.create("stuck", skills=[small.need("welsh")])
    order = [
        await small.create("s-1", queue="support"),
        await small.create("b-1"),
        await small.create("s-2", queue="support"),
        await small.create("b-2"),
    ]
    async with small.node(live=(stuck.name, *(c.name for c in order))) as node:
        async with small.desktop("ann") as ann:
            for contact in order:
                offer = await ann.offer(contact.name)
                await ann.accept(offer)
                await node.tell("BRIDGED", contact.name, fence=offer.fence)
                await node.tell("CALLER_HANGUP", contact.name)
        served = [m.offer.contact for m in ann.stream.received if m.offer.state == 1]
        assert served == [contact.name for contact in order]
        assert await small.state(stuck.name) == "QUEUED"


async def test_asterisk_1006_wrap_up_holds_across_queues(small: Centre, redis_url: str) -> None:
    await small.queue("support")
    await small.queue(wrap_up_ms=600_000)
    await small.agent("ann", queues=("billing", "support"))
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await small.create("call-1")
        offer = await ann.offer()
        await ann.accept(offer)
        await node.tell("BRIDGED", contact.name, fence=offer.fence)
        await node.tell("CALLER_HANGUP", contact.name)
        other = await small.create("call-2", queue="support")
        await asyncio.sleep(0.2)
        assert await small.state(other.name) == "QUEUED"
        assert await small.presence("ann") == "AFTER_CONTACT_WORK"
        make_due(redis_url, "wrap_up", contact.name)
        assert (await ann.offer(other.name)).contact == other.name
        assert await small.state(contact.name) == "COMPLETED"


async def test_wrap_up_survives_a_closed_browser(small: Centre) -> None:
    await small.queue(wrap_up_ms=600_000)
    async with small.node() as node:
        async with small.desktop("ann") as ann:
            contact = await small.create("call-1")
            offer = await ann.offer()
            await ann.accept(offer)
            await node.tell("BRIDGED", contact.name, fence=offer.fence)
            await node.tell("CALLER_HANGUP", contact.name)
        async with small.desktop("ann") as back:
            held = back.stream.received[0].welcome.contacts
            assert [c.name for c in held] == [contact.name]
            assert await small.presence("ann") == "AFTER_CONTACT_WORK"


async def test_asterisk_1214_1961_a_reload_disturbs_nobody(small: Centre, redis_url: str) -> None:
    """All agents are written again, as GitOps does: no state changes, no call is lost."""
    crowd = [f"agent-{number}" for number in range(100)]
    for agent_id in crowd:
        await small.agent(agent_id)
    async with small.node(), small.desktop("ann") as ann:
        contact = await small.create("call-1")
        offer = await ann.offer()
        for agent_id in (*crowd, "ann", "bob"):
            await small.agent(agent_id)
        assert (await ann.accept(offer)).code == 0
        assert await small.presence("ann") == "ON_CONTACT"
        assert await small.state(contact.name) == "ASSIGNED"
    raw: Any = redis.Redis.from_url(redis_url)
    told = [e for e in read(raw, "sy:{demo}:").events if e["type"] == "agent.state_changed"]
    raw.close()
    assert {event["subject"] for event in told} == {"ann"}
