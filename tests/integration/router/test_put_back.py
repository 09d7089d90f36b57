"""A store that comes back without its data is given the configuration that routers know."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import grpc
import pytest
import pytest_asyncio
import redis
from switchyard.router.v1 import agent_service_pb2, config_service_pb2, plan_pb2, queue_pb2

from tests.fakes.router.clients import TENANT, Centre, centre, refused
from tests.fakes.router.server import router
from tests.fakes.router.truth import read

pytestmark = pytest.mark.integration

PREFIX = "sy:{demo}:"
PATIENCE_SECONDS = 60.0
OF_AGENTS = ("config_version", "data", "uses", "capacity", "units")
"""The rest is what they do."""


@pytest_asyncio.fixture
async def two(redis_url: str) -> AsyncGenerator[tuple[Centre, Centre]]:
    """Two routers of one store."""
    async with (
        router(redis_url) as one,
        router(redis_url) as other,
        centre(one) as here,
        centre(other) as there,
    ):
        yield here, there


@pytest_asyncio.fixture
async def raw(redis_url: str) -> AsyncIterator[Any]:
    client = redis.Redis.from_url(
        redis_url, decode_responses=True, encoding_errors="surrogateescape"
    )
    yield client
    client.close()


async def configured(here: Centre, there: Centre) -> None:
    """Queues, a plan and agents, some of them changed once; both routers have heard of it."""
    await here.queue("billing")
    await here.plan("vip", plan_pb2.RoutingStep(priority_delta=7))
    queue = queue_pb2.Queue(name=f"{TENANT}/queues/gold", max_size=5)
    queue.routing_plan = f"{TENANT}/routingPlans/vip"
    queue.full.queue = f"{TENANT}/queues/billing"
    await here.config.UpsertQueue(config_service_pb2.UpsertQueueRequest(queue=queue))
    for level in (1, 2):
        await here.agent("ann", queues=("billing", "gold"), skills={"gold": level})
    await here.agent("bob")
    for clients in (here, there):
        await clients.agents.ListAgents(agent_service_pb2.ListAgentsRequest(parent=TENANT))


def configuration(raw: Any) -> dict[str, Any]:
    """All of it, as the store has it."""
    found: dict[str, Any] = {}
    for kind in ("queue", "agent", "plan"):
        for name in raw.smembers(f"{PREFIX}{kind}s"):
            item = f"{kind}:{name}"
            fields = raw.hgetall(f"{PREFIX}{item}")
            found[item] = {n: v for n, v in fields.items() if kind != "agent" or n in OF_AGENTS}
            found[f"who uses {item}"] = raw.smembers(f"{PREFIX}users:{item}")
    return found


async def until_there(raw: Any, wanted: dict[str, Any]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while configuration(raw) != wanted:
            await asyncio.sleep(0.02)


async def test_it_is_put_back_whole_and_once(two: tuple[Centre, Centre], raw: Any) -> None:
    here, there = two
    await configured(here, there)
    before = configuration(raw)
    assert {"queue:gold", "plan:vip", "agent:ann", "who uses plan:vip"} <= set(before)
    raw.flushall()
    await until_there(raw, before)
    for clients in two:
        request = agent_service_pb2.ListAgentsRequest(parent=TENANT)
        assert len((await clients.agents.ListAgents(request)).agents) == 2
    told = [fields["type"] for _, fields in raw.xrange(f"{PREFIX}events")]
    assert sorted(told) == ["config.agent"] * 2 + ["config.plan"] + ["config.queue"] * 2
    assert await refused(
        here.config.Delete(config_service_pb2.DeleteRequest(name=f"{TENANT}/routingPlans/vip"))
    ) == (grpc.StatusCode.FAILED_PRECONDITION, "IN_USE")


async def test_callers_are_asked_to_try_again_until_then(
    two: tuple[Centre, Centre], raw: Any, redis_url: str
) -> None:
    """Not told that there is no such queue, which is an answer for good."""
    here, there = two
    await configured(here, there)
    raw.flushall()
    contact, codes = None, set[str]()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while contact is None:
            try:
                contact = await there.create("call-1", queue="gold")
            except grpc.aio.AioRpcError as error:
                codes.add(error.code().name)
                await asyncio.sleep(0.01)
    assert codes <= {"UNAVAILABLE"}
    kept = raw.hgetall(f"{PREFIX}contact:{contact.name.rpartition('/')[2]}")
    assert kept["delta"] == "7", "what the queue's plan says of the first step"
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(await agents(here)) != 2:  # a desktop that comes before has to come again
            await asyncio.sleep(0.02)
    async with here.desktop("ann") as ann:
        assert (await ann.offer(contact.name)).contact == contact.name
    bytes_client: Any = redis.Redis.from_url(redis_url)
    assert read(bytes_client, PREFIX).violations() == []
    bytes_client.close()


async def test_what_is_there_is_left_as_it_is(two: tuple[Centre, Centre], raw: Any) -> None:
    """A store that lost only the log, or was restored from another day, knows better."""
    here, there = two
    await configured(here, there)
    raw.delete(f"{PREFIX}agent:bob", f"{PREFIX}events")
    raw.srem(f"{PREFIX}agents", "bob")
    left = configuration(raw)
    async with asyncio.timeout(PATIENCE_SECONDS):
        for clients in two:
            while len(await agents(clients)) != 1:
                await asyncio.sleep(0.02)
    assert configuration(raw) == left


async def agents(clients: Centre) -> list[Any]:
    """Those a router lists."""
    try:
        request = agent_service_pb2.ListAgentsRequest(parent=TENANT)
        return list((await clients.agents.ListAgents(request)).agents)
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return []


async def test_what_was_deleted_stays_so(two: tuple[Centre, Centre], raw: Any) -> None:
    here, there = two
    await configured(here, there)
    await here.config.Delete(config_service_pb2.DeleteRequest(name=f"{TENANT}/agents/bob"))
    for clients in two:
        assert len(await agents(clients)) == 1
    before = configuration(raw)
    raw.flushall()
    await until_there(raw, before)
    assert "agent:bob" not in before
