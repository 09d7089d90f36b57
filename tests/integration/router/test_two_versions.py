"""A router of the version before and one of this one on one store, as in every upgrade."""

import asyncio
import signal
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

import pytest
import redis
from switchyard.router.v1 import agent_service_pb2, config_service_pb2, queue_pb2

from tests.fakes.router.clients import TENANT, Centre, Desktop, Node, centre
from tests.fakes.router.previous import previous_version
from tests.fakes.router.process import router_process
from tests.fakes.router.truth import read

pytestmark = pytest.mark.integration

PRESENT = ""
"""PYTHONPATH of the version under test: it is installed."""
SKILLS = {"orders": 7, "zh": 3}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> str:
    """PYTHONPATH of the version before."""
    return previous_version(tmp_path_factory.mktemp("previous"))


@pytest.fixture(params=["upgrade", "way back"])
def versions(request: pytest.FixtureRequest, before: str) -> tuple[str, str]:
    """Which version is there first, and which comes."""
    return (before, PRESENT) if request.param == "upgrade" else (PRESENT, before)


async def _router(stack: AsyncExitStack, redis_url: str, version: str) -> tuple[Centre, Any]:
    target, process = await stack.enter_async_context(router_process(redis_url, PYTHONPATH=version))
    return await stack.enter_async_context(centre(target)), process


async def _small_centre(clients: Centre) -> None:
    await clients.queue()
    for agent in ("ann", "bob"):
        await clients.agent(agent, skills=SKILLS)
    orders = clients.step(clients.need("orders", 5), expires_ms=600_000)
    await clients.plan("orders", orders)
    await clients.queue(routing_plan="orders", policy="predictive", wrap_up_ms=200)


def _all_ended(redis_url: str, contacts: int) -> None:
    """Each contact was served to its end, once, and nothing in the store contradicts itself."""
    with redis.Redis.from_url(redis_url) as raw:
        truth = read(raw, "sy:{demo}:")
    assert truth.violations() == []
    ends = Counter(each["subject"] for each in truth.events if each["type"] == "contact.completed")
    assert sorted(ends.values()) == [1] * contacts
    connected = [each for each in truth.events if each["type"] == "contact.connected"]
    assert len(connected) == contacts


async def _served(desk: Desktop, node: Node, contact: str) -> None:
    offer = await desk.offer(contact)
    assert (await desk.accept(offer)).code == 0
    await node.tell("BRIDGED", contact, fence=offer.fence)


async def test_contacts_go_on_where_the_other_version_left_off(
    redis_url: str, versions: tuple[str, str]
) -> None:
    first, then = versions
    async with AsyncExitStack() as stack:
        here, process = await _router(stack, redis_url, first)
        await _small_centre(here)
        async with here.desktop("ann") as ann, here.node() as node:
            talking = (await here.create("call-1")).name
            await _served(ann, node, talking)
            async with here.desktop("bob") as bob:
                ringing = (await here.create("call-2")).name
                asked = await bob.offer(ringing)
                waiting = (await here.create("call-3")).name
                there, _ = await _router(stack, redis_url, then)
                process.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(process.wait(), 60) == 0
        live = (talking, ringing, waiting)
        async with (
            there.desktop("ann") as ann,
            there.desktop("bob") as bob,
            there.node(live=live, told=1) as node,
        ):
            assert (await bob.accept(asked)).code == 0
            await node.tell("BRIDGED", ringing, fence=asked.fence)
            await node.tell("CALLER_HANGUP", talking)
            await _served(ann, node, waiting)
            for contact in (ringing, waiting):
                await node.tell("CALLER_HANGUP", contact)
            for contact in live:
                await there.reaches(contact, "COMPLETED")
            assert (await there.contact(talking)).assigned_agent == f"{TENANT}/agents/ann"
    _all_ended(redis_url, 3)


async def test_a_desktop_and_a_platform_on_different_versions(
    redis_url: str, versions: tuple[str, str]
) -> None:
    one, other = versions
    async with AsyncExitStack() as stack:
        here, _ = await _router(stack, redis_url, one)
        there, _ = await _router(stack, redis_url, other)
        await _small_centre(here)
        async with there.desktop("ann") as ann, there.desktop("bob") as bob, here.node() as node:
            calls = [
                (await each.create(f"call-{number}-{side}")).name
                for number in range(4)
                for side, each in enumerate((here, there))
            ]
            await asyncio.gather(*(_serves_all(desk, node) for desk in (ann, bob)))
            for contact in calls:
                await there.reaches(contact, "COMPLETED")
    _all_ended(redis_url, 8)


async def _serves_all(desk: Desktop, node: Node) -> None:
    """Four contacts, one after the other, each brought to its end by the platform."""
    seen: set[str] = set()
    for _ in range(4):
        asked = await desk.stream.until(
            lambda m: m.HasField("offer") and m.offer.contact not in seen
        )
        contact = asked.offer.contact
        seen.add(contact)
        await _served(desk, node, contact)
        await node.tell("CALLER_HANGUP", contact)


async def _billing(clients: Centre) -> queue_pb2.Queue:
    listed = await clients.config.ListQueues(config_service_pb2.ListQueuesRequest(parent=TENANT))
    return next(queue for queue in listed.queues if queue.name == f"{TENANT}/queues/billing")


async def test_what_one_version_configured_the_other_changes_and_keeps(
    redis_url: str, versions: tuple[str, str]
) -> None:
    one, other = versions
    async with AsyncExitStack() as stack:
        here, _ = await _router(stack, redis_url, one)
        there, _ = await _router(stack, redis_url, other)
        await _small_centre(here)
        queue = await _billing(there)
        queue.display_name = "Bills"
        changed = await there.config.UpsertQueue(config_service_pb2.UpsertQueueRequest(queue=queue))
        assert changed.etag != queue.etag
        assert await _billing(here) == changed
        assert (changed.policy, changed.wrap_up.ToMilliseconds()) == ("predictive", 200)
        agent = await there.agents.GetAgent(
            agent_service_pb2.GetAgentRequest(name=f"{TENANT}/agents/ann")
        )
        assert dict(agent.skills) == SKILLS
