"""Changing live contacts through the public contract: update, requeue, transfer, call back."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import grpc
import pytest
import pytest_asyncio
import redis
from google.protobuf.field_mask_pb2 import FieldMask
from switchyard.router.v1 import (
    agent_pb2,
    agent_service_pb2,
    contact_pb2,
    contact_service_pb2,
    plan_pb2,
)

from tests.fakes.router.clients import TENANT, Centre, Desktop, Node, centre, refused, waited_ms
from tests.fakes.router.server import router
from tests.fakes.router.truth import read

pytestmark = pytest.mark.integration
BLIND, CONSULT, CONFERENCE = 1, 2, 3
ABORTED, INVALID = grpc.StatusCode.ABORTED, grpc.StatusCode.INVALID_ARGUMENT
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


@pytest_asyncio.fixture
async def small(redis_url: str) -> AsyncGenerator[Centre]:
    """Two queues, three agents; the state must be sound in the end."""
    async with router(redis_url) as target, centre(target) as clients:
        await clients.queue("support", wrap_up_ms=300)
        await clients.queue(wrap_up_ms=600_000)
        await clients.agent("ann")
        await clients.agent("bob", queues=("billing", "support"))
        await clients.agent("cho", queues=("support",))
        yield clients
    raw: Any = redis.Redis.from_url(redis_url)
    assert read(raw, "sy:{demo}:").violations() == []
    raw.close()


def update(small: Centre, name: str, *paths: str, request_id: str = "", **fields: Any) -> Any:
    contact = contact_pb2.Contact(name=name, **fields)
    return small.contacts.UpdateContact(
        contact_service_pb2.UpdateContactRequest(
            contact=contact, update_mask=FieldMask(paths=paths), request_id=request_id
        )
    )


def requeue(small: Centre, name: str, **fields: Any) -> Any:
    return small.contacts.RequeueContact(
        contact_service_pb2.RequeueContactRequest(name=name, **fields)
    )


def transfer(small: Centre, name: str, mode: Any, request_id: str = "", **target: Any) -> Any:
    return small.contacts.TransferContact(
        contact_service_pb2.TransferContactRequest(
            name=name,
            mode=mode,
            target=plan_pb2.Target(**target),
            request_id=request_id,
        )
    )


def call_back(small: Centre, name: str, **fields: Any) -> Any:
    return small.contacts.RequestCallback(
        contact_service_pb2.RequestCallbackRequest(name=name, number="+85221234567", **fields)
    )


async def talk(small: Centre, node: Node, desktop: Desktop, external: str = "call-1") -> Any:
    """A contact in conversation with the desktop's agent."""
    contact = await small.create(external)
    offer = await desktop.offer(contact.name)
    await desktop.accept(offer)
    await node.tell("BRIDGED", contact.name, fence=offer.fence)
    return await small.contact(contact.name)


async def next_offer(desktop: Desktop, fence: int) -> Any:
    """The next offer after the one with a fence."""
    message = await desktop.stream.until(
        lambda m: m.HasField("offer") and m.offer.state == agent_pb2.PENDING
        and m.offer.fence > fence
    )  # fmt: skip
    return message.offer


async def test_a_new_priority_changes_the_place_at_once(small: Centre) -> None:
    first, second = await small.create("call-1"), await small.create("call-2")
    changed = await update(small, second.name, "priority", priority=5, request_id="u1")
    assert changed.priority == 5
    again = await update(small, second.name, "priority", priority=5, request_id="u1")
    assert again == changed, "a retry answers the same"
    async with small.desktop("ann") as ann:
        assert (await ann.offer()).contact == second.name
    assert await small.state(first.name) == "QUEUED"


async def test_an_update_changes_what_the_mask_names_and_nothing_else(small: Centre) -> None:
    await small.agent("eve", skills={"welsh": 5})
    contact = await small.create("call-1", language="en", skills=[small.need("welsh")])
    changed = await update(small, contact.name, "skills", "excluded_agents", language="zh",
                           excluded_agents=[f"{TENANT}/agents/ann"])  # fmt: skip
    assert (changed.language, list(changed.skills)) == ("en", [])
    assert list(changed.excluded_agents) == [f"{TENANT}/agents/ann"]
    async with small.desktop("ann"), small.desktop("bob") as bob:
        assert (await bob.offer()).contact == contact.name


async def test_an_update_from_old_news_is_refused(small: Centre) -> None:
    contact = await small.create("call-1")
    await update(small, contact.name, "priority", priority=1)
    old = update(small, contact.name, "priority", priority=2, etag=contact.etag)
    assert await refused(old) == (ABORTED, "ETAG_MISMATCH")
    for path in ("queue", "state", "", "attributes.x"):
        assert (await refused(update(small, contact.name, path)))[0] == INVALID
    assert (await refused(update(small, contact.name)))[0] == INVALID
    bad = update(small, contact.name, "priority", priority=11)
    assert (await refused(bad))[0] == INVALID


async def test_a_contact_in_conversation_is_not_updated(small: Centre) -> None:
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await talk(small, node, ann)
        late = update(small, contact.name, "priority", priority=1)
        assert await refused(late) == (PRECONDITION, "WRONG_STATE")


async def test_only_the_preferred_agent_is_asked_until_the_wait_is_over(small: Centre) -> None:
    async with small.desktop("ann") as ann, small.desktop("bob", agent_pb2.NOT_READY):
        contact = await small.create(
            "call-1",
            preferred_agent=f"{TENANT}/agents/bob",
            preferred_agent_wait={"seconds": 0, "nanos": 700_000_000},
        )
        offer = await ann.offer()
        assert offer.contact == contact.name
        assert waited_ms(offer, contact) >= 700


async def test_a_requeued_contact_leaves_its_agent_and_waits_elsewhere(small: Centre) -> None:
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await talk(small, node, ann)
        back = await requeue(
            small, contact.name, queue=f"{TENANT}/queues/support", request_id="r1", keep_age=True,
            exclude_agents=[f"{TENANT}/agents/bob"], etag=contact.etag,
        )  # fmt: skip
        assert (back.state, back.queue) == (contact_pb2.QUEUED, f"{TENANT}/queues/support")
        assert back.enqueue_time == contact.enqueue_time
        assert (await node.command("stop_ring", contact.name)).stop_ring.reason == "REQUEUED"
        await small.becomes("ann", "AVAILABLE")
        old = requeue(small, contact.name, etag=contact.etag)
        assert await refused(old) == (ABORTED, "ETAG_MISMATCH")
        async with small.desktop("bob"), small.desktop("cho") as cho:
            assert (await cho.offer()).contact == contact.name


async def test_a_requeue_during_an_offer_rescinds_it(small: Centre) -> None:
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await small.create("call-1")
        offer = await ann.offer()
        await requeue(small, contact.name, queue=f"{TENANT}/queues/support")
        assert (await node.command("stop_ring", contact.name)).stop_ring.fence == offer.fence
        assert (await ann.accept(offer)).reason == "OFFER_RESCINDED"
        await small.becomes("ann", "AVAILABLE")


async def test_asterisk_1006_a_transfer_leaves_paperwork_and_a_new_contact(small: Centre) -> None:
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await talk(small, node, ann)
        target = {"queue": f"{TENANT}/queues/support"}
        following = await transfer(small, contact.name, BLIND, "t1", **target)
        assert following == await transfer(small, contact.name, BLIND, "t1", **target)
        assert (following.external_id, following.node) == (contact.external_id, contact.node)
        assert following.previous_contact == following.parent_contact == contact.name
        assert following.initial_contact == contact.name
        assert await small.state(contact.name) == "WRAP_UP"
        assert await small.presence("ann") == "AFTER_CONTACT_WORK"
        assert (await node.command("stop_ring", contact.name)).stop_ring.reason == "TRANSFERRED"
        retry = await small.create("call-1")
        assert retry.name == following.name, "the platform's id belongs to what continues"
        async with small.desktop("cho") as cho:
            offer = await cho.offer()
            assert offer.contact == following.name
            await cho.accept(offer)
            await node.tell("BRIDGED", following.name, fence=offer.fence)
            assert await small.state(following.name) == "CONNECTED"


async def test_a_transfer_to_a_colleague_waits_for_that_one_alone(small: Centre) -> None:
    async with (
        small.node() as node,
        small.desktop("ann") as ann,
        small.desktop("bob") as bob,
        small.desktop("cho", agent_pb2.NOT_READY) as cho,
    ):
        contact = await talk(small, node, ann)
        following = await transfer(small, contact.name, BLIND, agent=f"{TENANT}/agents/cho")
        assert following.queue == f"{TENANT}/queues/support"
        await asyncio.sleep(0.3)
        assert await small.state(following.name) == "QUEUED", "bob serves the queue, and is not it"
        ready = agent_service_pb2.SetPresenceRequest(presence=agent_pb2.AVAILABLE)
        await cho.say(presence=ready)
        assert (await cho.offer()).contact == following.name
        assert not [m for m in bob.stream.received if m.HasField("offer")]


async def test_a_transfer_outside_sends_the_caller_on(small: Centre) -> None:
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await talk(small, node, ann)
        gone = await transfer(small, contact.name, BLIND, external="sip:elsewhere@example.com")
        assert (gone.name, gone.state) == (contact.name, contact_pb2.WRAP_UP)
        redirect = (await node.command("redirect", contact.name)).redirect
        assert redirect.target == gone.sent_to == "sip:elsewhere@example.com"


async def test_a_consultation_ends_with_the_colleague_or_without(small: Centre) -> None:
    async with small.node() as node, small.desktop("ann") as ann, small.desktop("bob") as bob:
        contact = await talk(small, node, ann)
        asked = await transfer(small, contact.name, CONSULT, agent=f"{TENANT}/agents/bob")
        assert await small.state(contact.name) == "ON_HOLD"
        assert asked.related_contact == contact.name
        second = transfer(small, contact.name, CONSULT, queue=f"{TENANT}/queues/support")
        assert await refused(second) == (PRECONDITION, "WRONG_STATE")
        offer = await bob.offer(asked.name)
        await bob.accept(offer)
        await node.tell("BRIDGED", asked.name, fence=offer.fence)
        taken = await transfer(small, contact.name, BLIND, agent=f"{TENANT}/agents/bob")
        assert (taken.name, taken.state) == (asked.name, contact_pb2.CONNECTED)
        assert (taken.external_id, taken.previous_contact) == ("call-1", contact.name)
        assert await small.presence("ann") == "AFTER_CONTACT_WORK"
        assert (await small.create("call-1")).name == asked.name


async def test_who_has_not_joined_is_not_asked_after_the_caller_left(small: Centre) -> None:
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await talk(small, node, ann)
        asked = await transfer(small, contact.name, CONFERENCE, queue=f"{TENANT}/queues/support")
        assert await small.state(contact.name) == "CONNECTED"
        assert await small.state(asked.name) == "QUEUED"
        await node.tell("CALLER_HANGUP", contact.name)
        assert (await small.contact(asked.name)).reason == "CONSULT_OVER"


async def test_only_a_conversation_is_transferred(small: Centre) -> None:
    contact = await small.create("call-1")
    early = transfer(small, contact.name, BLIND, queue=f"{TENANT}/queues/support")
    assert await refused(early) == (PRECONDITION, "WRONG_STATE")
    for mode, target in (
        (0, {"queue": f"{TENANT}/queues/support"}),
        (BLIND, {}),
        (CONSULT, {"external": "sip:x"}),
        (BLIND, {"expression": "true"}),
    ):
        assert (await refused(transfer(small, contact.name, mode, **target)))[0] == INVALID
    nobody = transfer(small, contact.name, BLIND, agent=f"{TENANT}/agents/nobody")
    assert (await refused(nobody))[1] == "AGENT"


async def test_a_callback_keeps_its_place_and_outlives_the_line(small: Centre) -> None:
    async with small.node() as node:
        first, second = await small.create("call-1"), await small.create("call-2")
        waiting = await call_back(small, first.name, keep_place=True, request_id="b1")
        assert waiting == await call_back(small, first.name, keep_place=True, request_id="b1")
        assert waiting.callback.number == "+85221234567"
        assert (await node.tell("CALLER_HANGUP", first.name)).stale
        async with small.desktop("ann") as ann:
            offer = await ann.offer()
            assert offer.contact == first.name, "it is before the other, as it was"
            await ann.accept(offer)
            dial = (await node.command("dial", first.name)).dial
            assert (dial.number, dial.fence) == ("+85221234567", offer.fence)
            await node.tell("BRIDGED", first.name, fence=offer.fence)
            assert not (await small.contact(first.name)).HasField("callback")
            await node.tell("CALLER_HANGUP", first.name)
            assert await small.state(first.name) == "WRAP_UP"
        assert await small.state(second.name) == "QUEUED"


async def test_a_callback_may_go_to_the_end_and_wait_for_its_time(small: Centre) -> None:
    first, second = await small.create("call-1"), await small.create("call-2")
    await call_back(small, first.name)
    third = await small.create("call-3")
    later = contact_service_pb2.RequestCallbackRequest(name=third.name, number="1", keep_place=True)
    later.not_before.GetCurrentTime()
    later.not_before.seconds += 3600
    held = await small.contacts.RequestCallback(later)
    assert held.callback.not_before.seconds == later.not_before.seconds
    assert held.expire_time.seconds > later.not_before.seconds
    async with small.desktop("ann") as ann:
        assert (await ann.offer()).contact == second.name
    async with small.desktop("bob") as bob:
        assert (await bob.offer()).contact == first.name
    assert await small.state(third.name) == "QUEUED"


async def test_who_cannot_be_reached_is_called_again_and_then_no_more(small: Centre) -> None:
    await small.queue(callback_attempts=2, callback_retry_ms=400)
    contact = await small.create("call-1")
    await call_back(small, contact.name)
    async with small.node(live=(contact.name,)) as node, small.desktop("ann") as ann:
        fence = 0
        for attempt in (1, 2):
            offer = await next_offer(ann, fence)
            fence = offer.fence
            await ann.accept(offer)
            await node.command("dial", contact.name)
            await node.tell("BRIDGE_FAILED", contact.name, fence=offer.fence, cause="486")
            assert (await small.contact(contact.name)).callback.attempts == attempt
        await small.becomes("ann", "AVAILABLE")
        over = await small.contact(contact.name)
        assert (over.state, over.reason) == (contact_pb2.EXPIRED, "CALLBACK_ATTEMPTS")


async def test_a_lost_node_takes_its_callers_and_leaves_its_callbacks(
    small: Centre, redis_url: str
) -> None:
    redis_client: Any = redis.Redis.from_url(redis_url)
    async with small.node():
        caller, owed = await small.create("call-1"), await small.create("call-2")
        await call_back(small, owed.name)
    async with asyncio.timeout(60):
        while (
            await small.state(caller.name) != "CANCELLED"
        ):  # the stream's end may not be known yet
            redis_client.hset("sy:{demo}:node:pbx-1", "lease_ms", 1)
            redis_client.zadd("sy:{demo}:timers", {"node:pbx-1": 1})
            await asyncio.sleep(0.05)
    redis_client.close()
    assert await small.state(owed.name) == "QUEUED"
    async with small.node() as node, small.desktop("ann") as ann:  # it comes back without any call
        await ann.accept(await ann.offer(owed.name))
        await node.command("dial", owed.name)


async def test_chats_are_not_called_back(small: Centre) -> None:
    chat = await small.create("chat-1", channel=contact_pb2.CHAT)
    assert await refused(call_back(small, chat.name)) == (PRECONDITION, "WRONG_STATE")


async def test_a_contact_that_begins_as_a_callback_is_dialled(small: Centre) -> None:
    await small.agent("ann", callback=1)
    async with small.node() as node, small.desktop("ann") as ann:
        contact = await small.create("due-1", channel=contact_pb2.CALLBACK, caller="+85290000000")
        offer = await ann.offer()
        await ann.accept(offer)
        assert (await node.command("dial", contact.name)).dial.number == "+85290000000"


async def test_a_contact_that_begins_as_a_callback_may_wait_for_its_time(small: Centre) -> None:
    await small.agent("ann", callback=1)
    later = contact_pb2.Callback()
    later.not_before.GetCurrentTime()
    later.not_before.seconds += 3600
    async with small.desktop("ann") as ann:
        held = await small.create(
            "due-1", channel=contact_pb2.CALLBACK, caller="+85290000000", callback=later
        )
        now = await small.create("due-2", channel=contact_pb2.CALLBACK, caller="+85290000001")
        assert (await ann.offer()).contact == now.name
    assert held.callback.not_before.seconds == later.not_before.seconds
    assert held.expire_time.seconds > later.not_before.seconds
    assert await small.state(held.name) == "QUEUED"
