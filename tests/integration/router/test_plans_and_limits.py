"""Plans that relax, and what happens at a queue's limits."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

import grpc
import pytest
import pytest_asyncio
from switchyard.router.v1 import contact_service_pb2
from switchyard_common.grpc_errors import reason_of, retry_after_of

from tests.fakes.router.clients import Centre, centre, refused, waited_ms
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture
async def small(redis_url: str) -> AsyncGenerator[Centre]:
    async with router(redis_url) as target, centre(target) as clients:
        yield clients


async def test_a_plan_asks_for_less_as_time_passes(small: Centre) -> None:
    await small.queue()
    await small.agent("new", skills={"billing": 3})
    await small.plan(
        "relax",
        small.step(small.need("billing", 8), expires_ms=600),
        small.step(small.need("billing", 2)),
    )
    await small.queue(routing_plan="relax")
    async with small.desktop("new") as new:
        contact = await small.create("call-1")
        offer = await new.offer(contact.name)
        assert waited_ms(offer, contact) >= 600
        decision = await small.decision(offer.decision)
        assert (decision.step, decision.chosen_agent) == (1, offer.agent)
        assert decision.plan_version == 1


async def test_the_better_agent_is_asked_while_the_step_demands_it(small: Centre) -> None:
    await small.queue()
    await small.agent("low", skills={"billing": 7})
    await small.agent("high", skills={"billing": 8})
    await small.plan("skilled", small.step(small.need("billing", 8)))
    await small.queue(routing_plan="skilled")
    async with small.desktop("low"), small.desktop("high") as high:
        contact = await small.create("call-1")
        assert (await high.offer()).contact == contact.name


async def test_a_contact_may_need_more_than_its_plan(small: Centre) -> None:
    await small.queue()
    await small.agent("ann")
    await small.agent("bob", skills={"lang.yue": 4})
    async with small.desktop("ann"), small.desktop("bob") as bob:
        contact = await small.create("call-1", skills=[small.need("lang.yue", 3)])
        assert (await bob.offer()).contact == contact.name


async def test_who_waits_too_long_expires_and_is_hung_up(small: Centre) -> None:
    await small.queue(max_wait_ms=300)
    async with small.node() as node:
        contact = await small.create("call-1")
        assert (await node.command("hangup", contact.name)).hangup.cause == "MAX_WAIT"
        assert await small.state(contact.name) == "EXPIRED"


async def test_a_full_queue_says_when_to_come_back(small: Centre) -> None:
    await small.queue(max_size=2)
    first = await small.create("call-1")
    await small.create("call-2")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await small.create("call-3")
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (reason_of(caught.value), retry_after_of(caught.value)) == ("QUEUE_FULL", 5.0)
    assert (await small.create("call-1")).name == first.name, "a retry is not a new contact"


async def test_a_request_id_is_for_one_request(small: Centre) -> None:
    await small.queue()
    await small.create("call-1", request_id="r1")
    reused = await refused(small.create("call-2", request_id="r1"))
    assert reused == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED")


async def test_an_accept_may_be_repeated_on_the_next_stream(small: Centre) -> None:
    """The first stream broke before its answer came: the same request_id, another epoch."""
    await small.queue()
    await small.agent("ann")
    async with small.desktop("ann") as ann:
        await small.create("call-1")
        offer = await ann.offer()
        assert (await ann.accept(offer, request_id="r1")).code == 0
    async with small.desktop("ann") as again:
        assert (await again.accept(offer, request_id="r1")).code == 0


async def test_an_unknown_queue_is_not_found(small: Centre) -> None:
    nowhere = "tenants/demo/queues/nowhere"
    for call in (
        small.create("call-1", queue="nowhere"),
        small.contacts.EstimateWait(contact_service_pb2.EstimateWaitRequest(queue=nowhere)),
    ):
        assert await refused(call) == (grpc.StatusCode.NOT_FOUND, "QUEUE")


async def test_a_caller_that_gives_up_waiting_for_the_answer_loses_nothing(small: Centre) -> None:
    """A deadline never cancels a queued contact, and mixes up nobody's answers."""
    await small.queue()

    async def impatient(number: int) -> None:
        with suppress(grpc.aio.AioRpcError):
            await small.create(f"call-{number}", request_id=f"r{number}", timeout=0.002)

    await asyncio.gather(*(impatient(number) for number in range(50)))
    for number in range(50):
        contact = await small.create(f"call-{number}", request_id=f"r{number}")
        assert contact.external_id == f"call-{number}"
        assert await small.state(contact.name) == "QUEUED"
