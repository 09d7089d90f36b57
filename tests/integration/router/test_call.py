"""One call through the public contract, and every way it can end."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from switchyard.router.v1 import agent_pb2, agent_service_pb2, contact_service_pb2

from tests.fakes.router.clients import Centre, centre, make_due
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture
async def small(redis_url: str) -> AsyncGenerator[Centre]:
    """One queue, two agents."""
    async with router(redis_url) as target, centre(target) as clients:
        await clients.queue(wrap_up_ms=600_000)
        for agent_id in ("ann", "bob"):
            await clients.agent(agent_id)
        yield clients


async def test_a_call_goes_from_caller_to_agent_and_ends(small: Centre, redis_url: str) -> None:
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await small.create("call-1")
        offer = await ann.offer()
        assert offer.contact == contact.name
        ring = (await node.command("ring", contact.name)).ring
        assert (ring.endpoint, ring.fence) == ("sip:ann@127.0.0.1", offer.fence)
        assert (await ann.accept(offer)).code == 0
        bridge = (await node.command("bridge", contact.name)).bridge
        agent_leg = {"offer": offer.name, "agent": offer.agent, "fence": bridge.fence}
        assert await small.state(contact.name) == "ASSIGNED"
        await node.tell("ANSWERED", contact.name, **agent_leg)
        await node.tell("BRIDGED", contact.name, **agent_leg)
        assert await small.state(contact.name) == "CONNECTED"
        assert await small.presence("ann") == "ON_CONTACT"
        await node.tell("CALLER_HANGUP", contact.name)
        assert await small.state(contact.name) == "WRAP_UP"
        assert await small.presence("ann") == "AFTER_CONTACT_WORK"
        make_due(redis_url, "wrap_up", contact.name)
        assert await small.reaches(contact.name, "COMPLETED")
        await small.becomes("ann", "AVAILABLE")


async def test_wrap_up_ends_when_the_agent_says_so(small: Centre) -> None:
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await small.create("call-1")
        offer = await ann.offer()
        await ann.accept(offer)
        await node.tell("BRIDGED", contact.name, fence=offer.fence)
        await node.tell("AGENT_HANGUP", contact.name, fence=offer.fence)
        result = await ann.say(
            end_wrap_up=agent_service_pb2.EndWrapUpRequest(
                contact=contact.name, disposition="solved"
            )
        )
        assert result.code == 0
        assert await small.state(contact.name) == "COMPLETED"
        assert await small.presence("ann") == "AVAILABLE"


async def test_a_caller_who_hangs_up_while_waiting_is_abandoned(small: Centre) -> None:
    async with small.node() as node:
        contact = await small.create("call-1")
        await node.tell("CALLER_HANGUP", contact.name)
        assert await small.state(contact.name) == "ABANDONED"


async def test_a_caller_who_hangs_up_while_ringing_frees_the_agent(small: Centre) -> None:
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await small.create("call-1")
        offer = await ann.offer()
        await node.tell("CALLER_HANGUP", contact.name)
        assert await small.state(contact.name) == "ABANDONED"
        stop = await node.command("stop_ring", contact.name)
        assert stop.stop_ring.fence == offer.fence
        withdrawn = await ann.stream.until(
            lambda m: m.HasField("offer") and m.offer.state == agent_pb2.RESCINDED
        )
        assert withdrawn.offer.name == offer.name
        result = await ann.accept(offer)
        assert result.reason == "CONTACT_GONE"
        await small.becomes("ann", "AVAILABLE")


async def test_a_declined_contact_goes_to_the_next_agent(small: Centre) -> None:
    async with small.node(), small.desktop("ann") as ann, small.desktop("bob") as bob:
        contact = await small.create("call-1")
        offer = await ann.offer()  # ann signed in first: she is idle longest
        await ann.say(
            decline=agent_service_pb2.DeclineOfferRequest(name=offer.name, fence=offer.fence)
        )
        second = await bob.offer(contact.name)
        assert second.fence > offer.fence
        assert (await bob.accept(second)).code == 0
        await small.becomes("ann", "AVAILABLE")


async def test_an_agent_who_does_not_answer_becomes_not_ready(small: Centre) -> None:
    await small.queue(ring_timeout_ms=300)
    async with small.node() as node, small.desktop("ann") as ann, small.desktop("bob") as bob:
        contact = await small.create("call-1")
        offer = await ann.offer()
        assert (await bob.offer(contact.name)).fence > offer.fence
        await small.becomes("ann", "NOT_READY")
        stop = await node.command("stop_ring", contact.name)
        assert stop.stop_ring.reason == "RING_TIMEOUT"
        assert (await ann.accept(offer)).reason == "OFFER_EXPIRED"


async def test_no_answer_reported_by_the_platform_counts_the_same(small: Centre) -> None:
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await small.create("call-1")
        offer = await ann.offer()
        await node.tell("NO_ANSWER", contact.name, fence=offer.fence)
        assert await small.state(contact.name) == "QUEUED"
        await small.becomes("ann", "NOT_READY")


async def test_repeated_and_late_events_answer_ok(small: Centre) -> None:
    async with small.node(), small.desktop("ann") as ann:
        contact = await small.create("call-1")
        offer = await ann.offer()
        await ann.accept(offer)
        first = await small.report("BRIDGED", contact.name, fence=offer.fence, source_seq=7)
        again = await small.report("BRIDGED", contact.name, fence=offer.fence, source_seq=7)
        old = await small.report("BRIDGED", contact.name, fence=offer.fence - 1, source_seq=8)
        assert (first.duplicate, first.stale) == (False, False)
        assert (again.duplicate, old.stale) == (True, True)
        assert await small.state(contact.name) == "CONNECTED"


async def test_a_lost_desktop_gives_its_offer_back(small: Centre) -> None:
    async with small.node():
        async with small.desktop("ann") as ann:
            contact = await small.create("call-1")
            await ann.offer()
            await ann.say(presence=agent_service_pb2.SetPresenceRequest(presence=agent_pb2.OFFLINE))
        assert await small.state(contact.name) == "QUEUED"
        async with small.desktop("bob") as bob:
            assert (await bob.offer()).contact == contact.name


async def test_a_second_desktop_supersedes_the_first(small: Centre) -> None:
    async with small.desktop("ann") as first, small.desktop("ann") as second:
        gone = await first.stream.until(lambda m: m.HasField("superseded"))
        assert gone.superseded.by_device == "test"
        assert second.epoch > first.epoch
        await asyncio.wait_for(first.stream.ended.wait(), 60)


async def test_a_retry_returns_the_live_contact(small: Centre) -> None:
    first = await small.create("call-1", request_id="r1")
    assert (await small.create("call-1", request_id="r1")).name == first.name
    assert (await small.create("call-1")).name == first.name


async def test_a_new_attach_names_what_the_router_forgot_and_gets_due_commands(
    small: Centre,
) -> None:
    async with small.desktop("ann") as ann:
        async with small.node():
            contact = await small.create("call-1")
            await ann.offer()
        async with small.node(live=(contact.name, "tenants/demo/contacts/unknown")) as node:
            reconcile = next(m for m in node.stream.received if m.HasField("reconcile"))
            assert reconcile.reconcile.unknown_to_router == ["tenants/demo/contacts/unknown"]


async def test_completing_for_the_platform_hangs_up_the_caller(small: Centre) -> None:
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await small.create("call-1")
        offer = await ann.offer()
        await ann.accept(offer)
        await node.tell("BRIDGED", contact.name, fence=offer.fence)
        await small.contacts.CompleteContact(
            contact_service_pb2.CompleteContactRequest(name=contact.name, disposition="solved")
        )
        hangup = await node.command("hangup", contact.name)
        assert hangup.hangup.cause == "COMPLETED_BY_PLATFORM"
