"""Newcomers at queues that are closed, deserted or full; and what is deleted."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import grpc
import pytest
import pytest_asyncio
from switchyard.router.v1 import config_service_pb2, contact_pb2, plan_pb2, queue_pb2
from switchyard_common.grpc_errors import reason_of

from tests.fakes.router.clients import TENANT, Centre, centre, refused
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


@pytest_asyncio.fixture
async def small(redis_url: str) -> AsyncGenerator[Centre]:
    async with router(redis_url) as target, centre(target) as clients:
        await clients.queue("support")
        await clients.agent("bob", queues=("support",))
        yield clients


def to(kind: str, name: str) -> plan_pb2.Target:
    """A target; external ones as they are."""
    collection = {"queue": "queues", "agent": "agents"}.get(kind)
    value = f"{TENANT}/{collection}/{name}" if collection else name
    return plan_pb2.Target(**{kind: value})


def closed(**more: Any) -> dict[str, Any]:
    """A queue whose opening hours have always just ended."""
    hour = queue_pb2.OpeningHours(weekday=1, opens_second=0, closes_second=1)
    return {"opening_hours": [hour], "time_zone": "UTC", **more}


async def sent_on(small: Centre, queue: str) -> Any:
    """A newcomer, once the router has read from the event log what was just stored."""
    async with asyncio.timeout(60):
        for number in range(1_000):
            contact = await small.create(f"early-{number}")
            if contact.queue.endswith(f"/{queue}") or contact.sent_to:
                return contact
            await asyncio.sleep(0.02)
    raise AssertionError


async def test_a_closed_queue_refuses_and_still_knows_whom_it_took_in(small: Centre) -> None:
    await small.queue()
    first = await small.create("call-1", "r1")
    await small.queue(**closed())
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await sent_on(small, "nowhere")
    assert (caught.value.code(), reason_of(caught.value)) == (PRECONDITION, "QUEUE_CLOSED")
    assert (await small.create("call-1", "r1")).name == first.name
    assert (await small.create("call-1")).name == first.name


async def test_a_closed_queue_sends_newcomers_where_it_says(small: Centre) -> None:
    await small.queue(**closed(closed=to("queue", "support")))
    assert (await sent_on(small, "support")).queue == f"{TENANT}/queues/support"


async def test_a_closed_queue_sends_outside_by_the_platform(small: Centre) -> None:
    await small.queue(**closed(closed=to("external", "sip:night@example.com")))
    async with small.node() as node:
        contact = await sent_on(small, "nowhere")
        assert (contact.state, contact.sent_to) == (contact_pb2.CANCELLED, "sip:night@example.com")
        redirect = (await node.command("redirect", contact.name)).redirect
        assert (redirect.target, redirect.reason) == (contact.sent_to, "OVERFLOW_EXTERNAL")


async def test_a_queue_without_staff_sends_newcomers_on(small: Centre) -> None:
    await small.queue(no_agents=to("queue", "support"))
    await small.agent("ann")
    assert (await sent_on(small, "support")).state == contact_pb2.QUEUED
    async with small.desktop("ann"):
        assert (await sent_on(small, "billing")).queue.endswith("billing")


async def test_a_full_queue_sends_newcomers_on_until_there_is_no_way(small: Centre) -> None:
    await small.queue("support", max_size=1)
    await small.queue(max_size=1, full=to("queue", "support"))
    first = await sent_on(small, "billing")
    assert (await sent_on(small, "support")).name != first.name
    assert (await refused(small.create("call-3")))[1] == "QUEUE_FULL"


async def test_deleting_names_who_still_uses_it(small: Centre) -> None:
    def delete(name: str, etag: str = "") -> Any:
        return small.config.Delete(
            config_service_pb2.DeleteRequest(name=f"{TENANT}/{name}", etag=etag)
        )

    with pytest.raises(grpc.aio.AioRpcError, match="agent:bob"):
        await delete("queues/support")
    async with small.desktop("bob"):
        with pytest.raises(grpc.aio.AioRpcError, match="a session"):
            await delete("agents/bob")
    await small.agent("eve", queues=("support",))
    assert (await refused(delete("agents/eve", "v9.9")))[1] == "ETAG_MISMATCH"
    await delete("agents/eve")
    assert (await refused(delete("agents/eve")))[1] == "AGENT"
    assert (await refused(delete("decisions/1")))[1] == "BAD_NAME"
    async with small.desktop("bob") as bob:
        contact = await small.create("call-1", queue="support")
        assert (await bob.offer()).contact == contact.name, "the board still serves the others"
