"""Wallboards, event readers, explanations, and what is not built yet."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import grpc
import pytest
import pytest_asyncio
from switchyard.router.v1 import (
    config_service_pb2,
    contact_service_pb2,
    routing_service_pb2,
    supervision_service_pb2,
)
from switchyard_common.grpc_errors import reason_of

from tests.fakes.router.clients import TENANT, Centre, centre, refused
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

UNIMPLEMENTED = grpc.StatusCode.UNIMPLEMENTED


@pytest_asyncio.fixture
async def small(redis_url: str) -> AsyncGenerator[Centre]:
    async with router(redis_url, max_events=1000) as target, centre(target) as clients:
        await clients.queue()
        await clients.agent("ann")
        yield clients


async def events(small: Centre, until: Callable[[Any], bool], **request: Any) -> list[Any]:
    """What a reader gets, up to the first that fits."""
    call = small.supervision.StreamEvents(
        supervision_service_pb2.StreamEventsRequest(parent=TENANT, **request)
    )
    got = []
    async with asyncio.timeout(60):
        async for item in call:
            got.append(item)
            if until(item):
                break
    call.cancel()
    return got


async def test_events_go_on_after_the_last_one_seen(small: Centre) -> None:
    first = await small.create("call-1")
    seen = await events(small, lambda e: e.event.type == "contact.queued", resume_token="0")
    assert [e.event.type for e in seen] == ["config.queue", "config.agent", "contact.queued"]
    assert seen[-1].event.subject in first.name
    await small.create("call-2")
    more = await events(small, lambda _: True, resume_token=seen[-1].resume_token)
    assert more[0].event.contact.state == "QUEUED"
    assert more[0].event.subject != seen[-1].event.subject
    assert more[0].event.source == f"/{TENANT}/router"


async def test_readers_choose_types(small: Centre) -> None:
    async with small.desktop("ann") as ann:
        await ann.offer((await small.create("call-1")).name)
    got = await events(
        small,
        lambda e: e.event.type == "offer.created",
        resume_token="0",
        types=["offer.", "route."],
    )
    assert [e.event.type for e in got] == ["route.decided", "offer.created"]
    assert got[0].event.decided.eligible_count == 1


async def test_a_token_whose_events_are_gone_is_out_of_range(small: Centre) -> None:
    call = small.supervision.StreamEvents(
        supervision_service_pb2.StreamEventsRequest(parent=TENANT, resume_token="5-1")
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await anext(aiter(call))
    assert caught.value.code() == grpc.StatusCode.OUT_OF_RANGE
    assert reason_of(caught.value) == "RESUME_TOKEN_EXPIRED"


async def test_a_token_that_is_none_is_refused(small: Centre) -> None:
    call = small.supervision.StreamEvents(
        supervision_service_pb2.StreamEventsRequest(parent=TENANT, resume_token="yesterday")
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await anext(aiter(call))
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_the_figures_of_a_queue(small: Centre) -> None:
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await small.create("call-1")
        offer = await ann.offer(contact.name)
        await ann.accept(offer)
        await node.tell("BRIDGED", contact.name, fence=offer.fence)
        lost, _ = await small.create("call-2"), await small.create("call-3")
        await node.tell("CALLER_HANGUP", lost.name)
        request = supervision_service_pb2.WatchQueueStatsRequest(parent=TENANT)
        request.interval.FromMilliseconds(500)
        call = small.supervision.WatchQueueStats(request)
        async with asyncio.timeout(60):
            async for stats in call:
                if (stats.connected, stats.waiting) == (1, 1):
                    break
        call.cancel()
    assert (stats.offered, stats.answered, stats.abandoned) == (3, 1, 1)
    assert (stats.staffed, stats.available) == (1, 0)
    assert stats.service_level == pytest.approx(0.5)
    assert "abandoned" in stats.service_level_formula
    assert stats.HasField("since")


async def test_unknown_queues_have_no_figures(small: Centre) -> None:
    request = supervision_service_pb2.WatchQueueStatsRequest(
        parent=TENANT, queues=[f"{TENANT}/queues/none"]
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await anext(aiter(small.supervision.WatchQueueStats(request)))
    assert reason_of(caught.value) == "QUEUE"


async def test_who_arrives_while_somebody_is_free_does_not_wait(small: Centre) -> None:
    request = contact_service_pb2.EstimateWaitRequest(queue=f"{TENANT}/queues/billing")
    assert not (await small.contacts.EstimateWait(request)).confident
    async with small.desktop("ann"):
        await small.becomes("ann", "AVAILABLE")
        async with asyncio.timeout(60):
            while not (estimate := await small.contacts.EstimateWait(request)).confident:
                await asyncio.sleep(0.02)
        assert (estimate.position, estimate.p90.ToMilliseconds()) == (1, 0)


async def test_a_decision_explains_an_offer(small: Centre) -> None:
    await small.agent("bob", queues=())
    async with small.desktop("ann") as ann:
        contact = await small.create("call-1")
        offer = await ann.offer(contact.name)
        decision = await small.decision(offer.decision)
    assert (decision.contact, decision.chosen_agent) == (contact.name, offer.agent)
    assert decision.policy == "longest_idle"
    assert dict(decision.rejected_counts) == {"QUEUE": 1}
    assert dict(decision.candidates[0].terms) == {"idle": decision.candidates[0].score}
    unknown = routing_service_pb2.GetDecisionRequest(name=f"{TENANT}/decisions/none")
    found = await refused(small.routing.GetDecision(unknown))
    assert found == (grpc.StatusCode.NOT_FOUND, "DECISION")


async def test_watching_a_contact_from_its_present_state_to_its_end(small: Centre) -> None:
    contact = await small.create("call-1")
    watch: Any = small.contacts.WatchContact(
        contact_service_pb2.WatchContactRequest(name=contact.name)
    )
    first = await watch.read()
    assert (first.contact.name, first.contact.state) == (contact.name, contact.state)
    await small.contacts.CancelContact(
        contact_service_pb2.CancelContactRequest(name=contact.name, caller_hung_up=True)
    )
    states = []
    async with asyncio.timeout(60):
        while (event := await watch.read()) is not grpc.aio.EOF:
            states.append((event.contact.state, event.HasField("wait")))
    assert states[-1] == (8, False), "the last one says ABANDONED"
    after: Any = small.contacts.WatchContact(
        contact_service_pb2.WatchContactRequest(name=contact.name)
    )
    assert (await after.read()).contact.state == 8
    assert await after.read() is grpc.aio.EOF


async def test_watching_nobody_is_not_found(small: Centre) -> None:
    watch: Any = small.contacts.WatchContact(
        contact_service_pb2.WatchContactRequest(name=f"{TENANT}/contacts/none")
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await watch.read()
    assert reason_of(caught.value) == "CONTACT"


async def test_what_says_nothing_is_refused_by_field(small: Centre) -> None:
    contacts, routing = small.contacts, small.routing
    for call in (
        contacts.UpdateContact(contact_service_pb2.UpdateContactRequest()),
        contacts.RequeueContact(contact_service_pb2.RequeueContactRequest()),
        contacts.TransferContact(contact_service_pb2.TransferContactRequest()),
        contacts.RequestCallback(contact_service_pb2.RequestCallbackRequest()),
        routing.RankAgents(routing_service_pb2.RankAgentsRequest()),
        routing.ListDecisions(routing_service_pb2.ListDecisionsRequest()),
        small.config.Delete(config_service_pb2.DeleteRequest()),
        anext(aiter(routing.SimulateRouting(routing_service_pb2.SimulateRoutingRequest()))),
    ):
        assert (await refused(call))[0] is grpc.StatusCode.INVALID_ARGUMENT
