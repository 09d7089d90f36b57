"""Waits over gRPC: of contacts in a queue, of newcomers as described, and what nodes hear."""

import asyncio
from collections.abc import AsyncGenerator

import grpc
import pytest
import pytest_asyncio
from switchyard.router.v1 import (
    contact_pb2,
    contact_service_pb2,
    plan_pb2,
    routing_service_pb2,
)
from switchyard_common.grpc_errors import reason_of

from tests.fakes.router.clients import TENANT, Centre, centre
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

QUEUE = f"{TENANT}/queues/billing"


@pytest_asyncio.fixture
async def small(redis_url: str) -> AsyncGenerator[Centre]:
    async with router(redis_url) as target, centre(target) as clients:
        await clients.queue()
        await clients.agent("ann")
        yield clients


async def estimate(at: Centre, **subject: object) -> contact_pb2.WaitEstimate:
    request = contact_service_pb2.EstimateWaitRequest(**subject)  # type: ignore[arg-type]
    return await at.contacts.EstimateWait(request)


def described(**fields: object) -> contact_pb2.Contact:
    return contact_pb2.Contact(queue=QUEUE, channel=contact_pb2.VOICE, **fields)  # type: ignore[arg-type]


async def test_the_place_of_a_contact_and_of_newcomers_like_and_unlike_it(small: Centre) -> None:
    first, second = await small.create("call-1"), await small.create("call-2")
    async with asyncio.timeout(60):
        while (await estimate(small, queue=QUEUE)).position != 3:
            await asyncio.sleep(0.02)
    assert (await estimate(small, contact=first.name)).position == 1
    assert (await estimate(small, contact=second.name)).position == 2
    assert (await estimate(small, hypothetical=described())).position == 3
    assert (await estimate(small, hypothetical=described(priority=5))).position == 1


async def test_is_silent_where_nobody_serves_a_newcomer_as_described(small: Centre) -> None:
    tax = plan_pb2.SkillRequirement(skill="tax", min_level=3)
    async with small.desktop("ann"):
        await small.becomes("ann", "AVAILABLE")
        async with asyncio.timeout(60):
            while not (await estimate(small, hypothetical=described())).confident:
                await asyncio.sleep(0.02)
        unknown = await estimate(small, hypothetical=described(skills=[tax]))
    assert not unknown.confident
    assert not unknown.p90.ToMilliseconds()


async def test_who_is_served_does_not_wait(small: Centre) -> None:
    async with small.desktop("ann") as ann:
        contact = await small.create("call-1")
        await ann.accept(await ann.offer(contact.name))
        await small.reaches(contact.name, "ASSIGNED")
        found = await estimate(small, contact=contact.name)
    assert (found.position, found.confident) == (0, False)


async def test_what_was_just_created_is_known_at_once(small: Centre) -> None:
    """A platform asks in the moment of creation; the board hears of it a little later."""
    for turn in range(30):
        await small.queue(f"new-{turn}")
        found = await estimate(small, queue=f"{TENANT}/queues/new-{turn}")
        assert found.position == 1, turn
        contact = await small.create(f"call-{turn}", queue=f"new-{turn}")
        assert (await estimate(small, contact=contact.name)).position == 1, turn
        request = routing_service_pb2.RankAgentsRequest(
            parent=TENANT, contact=contact_pb2.Contact(name=contact.name)
        )
        await small.routing.RankAgents(request)


async def test_a_newcomer_without_a_channel_is_refused(small: Centre) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await estimate(small, hypothetical=contact_pb2.Contact(queue=QUEUE))
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_an_unknown_queue_has_no_waits(small: Centre) -> None:
    nowhere = described()
    nowhere.queue = f"{TENANT}/queues/none"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await estimate(small, hypothetical=nowhere)
    assert reason_of(caught.value) == "QUEUE"


async def test_a_node_hears_of_the_place_and_of_no_time_that_is_not_sure(small: Centre) -> None:
    async with small.node() as node:
        contact = await small.create("call-1")
        message = await node.stream.until(
            lambda m: m.HasField("contact") and m.contact.HasField("wait")
        )
    assert message.contact.contact.name == contact.name
    assert message.contact.wait.position == 1
    assert not message.contact.wait.confident
    assert not message.contact.wait.HasField("p50")
