"""Routing by plans over the public contract: who is asked when, and where contacts go on to."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct
from switchyard.router.v1 import config_service_pb2, contact_pb2, plan_pb2, queue_pb2
from switchyard_common.grpc_errors import violations_of

from tests.fakes.router.clients import TENANT, Centre, centre, refused, waited_ms
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

INVALID = grpc.StatusCode.INVALID_ARGUMENT
Step = plan_pb2.RoutingStep
Target = plan_pb2.Target


@pytest_asyncio.fixture
async def small(redis_url: str) -> AsyncGenerator[Centre]:
    async with router(redis_url) as target, centre(target) as clients:
        yield clients


def ms(milliseconds: int) -> Duration:
    duration = Duration()
    duration.FromMilliseconds(milliseconds)
    return duration


def struct(**values: Any) -> Struct:
    made = Struct()
    made.update(values)
    return made


def agents_for(text: str, expires_ms: int = 0, **fields: Any) -> plan_pb2.RoutingStep:
    step = Step(target=Target(expression=text), **fields)
    if expires_ms:
        step.expires_after.CopyFrom(ms(expires_ms))
    return step


async def put_plan(
    small: Centre, plan_id: str, *steps: plan_pb2.RoutingStep, check: bool = False, **fields: Any
) -> plan_pb2.RoutingPlan:
    plan = plan_pb2.RoutingPlan(name=f"{TENANT}/routingPlans/{plan_id}", steps=steps, **fields)
    request = config_service_pb2.UpsertRoutingPlanRequest(plan=plan, validate_only=check)
    return await small.config.UpsertRoutingPlan(request)


async def put_queue(small: Centre, queue_id: str, check: bool = False, **fields: Any) -> Any:
    queue = queue_pb2.Queue(name=f"{TENANT}/queues/{queue_id}", **fields)
    request = config_service_pb2.UpsertQueueRequest(queue=queue, validate_only=check)
    return await small.config.UpsertQueue(request)


def queue_named(queue_id: str) -> plan_pb2.Target:
    return Target(queue=f"{TENANT}/queues/{queue_id}")


async def test_attributes_of_the_contact_choose_the_agent(small: Centre) -> None:
    await small.queue()
    await small.agent("ann", skills={"gold": 9})
    await small.agent("bob", skills={"gold": 2})
    await put_plan(
        small,
        "p",
        agents_for(
            "contact.attributes.tier == 'gold' ? agent.skills.gold > 5 : agent.skills.gold <= 5"
        ),
    )
    await small.queue(routing_plan="p")
    async with small.desktop("ann") as ann, small.desktop("bob") as bob:
        plain = await small.create("call-1", attributes=struct(tier="silver"))
        assert (await bob.offer()).contact == plain.name
        golden = await small.create("call-2", attributes=struct(tier="gold"))
        assert (await ann.offer()).contact == golden.name


async def test_a_missing_attribute_keeps_nobody_else_waiting(small: Centre) -> None:
    await small.queue()
    await small.agent("ann")
    await put_plan(
        small, "p", agents_for("contact.attributes.vip && agent.id == 'ann'", 600_000), Step()
    )
    await small.queue(routing_plan="p")
    async with small.desktop("ann") as ann:
        missing = await small.create("call-1")
        marked = await small.create("call-2", attributes=struct(vip=True))
        assert (await ann.offer()).contact == marked.name
        assert await small.state(missing.name) == "QUEUED"


async def test_steps_are_counted_from_entering_them_and_may_be_skipped(small: Centre) -> None:
    await small.queue()
    await small.agent("ann", skills={"a": 5})
    await put_plan(
        small,
        "p",
        agents_for("agent.id == 'nobody'", 300),
        agents_for("agent.id == 'nobody'", 600_000, skip_if="contact.attributes.hurry"),
        Step(),
    )
    await small.queue(routing_plan="p")
    async with small.desktop("ann") as ann:
        calm = await small.create("call-1", attributes=struct(hurry=False))
        hurry = await small.create("call-2", attributes=struct(hurry=True))
        offer = await ann.offer()
        assert offer.contact == hurry.name
        assert (await small.decision(offer.decision)).step == 2
        waiting = await small.contact(calm.name)
        assert (waiting.step, waiting.reason) == (1, "STEP_EXPIRED")
        entered = waiting.step_time.ToMilliseconds() - waiting.create_time.ToMilliseconds()
        assert entered >= 300


async def test_a_chain_of_overflow_leads_through_queues_and_outside(small: Centre) -> None:
    for name in ("first", "second"):
        await small.queue(name)
    await put_plan(small, "p1", Step(expires_after=ms(200)), overflow=queue_named("second"))
    outside = Target(external="sip:partner@example.com")
    await put_plan(small, "p2", Step(expires_after=ms(200)), overflow=outside)
    await small.queue("first", routing_plan="p1")
    await small.queue("second", routing_plan="p2")
    async with small.node() as node:
        contact = await small.create("call-1", queue="first")
        command = await node.command("redirect", contact.name)
        assert command.redirect.target == "sip:partner@example.com"
        ended = await small.contact(contact.name)
        assert contact_pb2.ContactState.Name(ended.state) == "CANCELLED"
        assert (ended.reason, ended.queue) == ("OVERFLOW_EXTERNAL", f"{TENANT}/queues/second")
        assert ended.sent_to == "sip:partner@example.com"


async def test_whoever_overflows_keeps_the_place_of_waiting(small: Centre) -> None:
    for name in ("first", "billing"):
        await small.queue(name)
    await small.agent("ann")
    await put_plan(small, "p1", Step(expires_after=ms(300)), overflow=queue_named("billing"))
    await small.queue("first", routing_plan="p1")
    early = await small.create("call-1", queue="first")
    late = await small.create("call-2")
    async with asyncio.timeout(60):
        while (await small.contact(early.name)).queue != f"{TENANT}/queues/billing":
            await asyncio.sleep(0.02)
    async with small.desktop("ann") as ann:
        assert (await ann.offer()).contact == early.name
        assert await small.state(late.name) == "QUEUED"


async def test_a_step_may_lower_or_raise_the_priority(small: Centre) -> None:
    await small.queue()
    await small.agent("ann")
    await put_plan(
        small,
        "up",
        agents_for("agent.id == 'nobody'", 200, skip_if="!contact.attributes.vip"),
        Step(priority_delta=5, skip_if="!contact.attributes.vip"),
        Step(),
    )
    await small.queue(routing_plan="up")
    first = await small.create("call-1", attributes=struct(vip=False))
    vip = await small.create("call-2", attributes=struct(vip=True))
    async with asyncio.timeout(60):
        while (await small.contact(vip.name)).step != 1:
            await asyncio.sleep(0.02)
    async with small.desktop("ann") as ann:
        assert (await ann.offer()).contact == vip.name
        assert await small.state(first.name) == "QUEUED"


async def test_the_first_step_counts_from_the_beginning(small: Centre) -> None:
    for name in ("first", "billing"):
        await small.queue(name)
    await small.agent("ann", queues=("first", "billing"))
    await put_plan(small, "up", Step(priority_delta=3))
    await small.queue("first", routing_plan="up")
    plain = await small.create("call-1")
    raised = await small.create("call-2", queue="first")
    async with small.desktop("ann") as ann:
        assert (await ann.offer()).contact == raised.name
        assert await small.state(plain.name) == "QUEUED"


async def test_the_preferred_agent_is_waited_for_and_then_no_longer(small: Centre) -> None:
    await small.queue()
    for name in ("ann", "bob"):
        await small.agent(name)
    async with small.desktop("ann") as ann, small.desktop("bob") as bob:
        busy = await small.create("call-1", preferred_agent=f"{TENANT}/agents/bob",
                                  preferred_agent_wait=ms(600_000))  # fmt: skip
        assert (await bob.offer()).contact == busy.name
        waits = await small.create("call-2", preferred_agent=f"{TENANT}/agents/bob",
                                   preferred_agent_wait=ms(600))  # fmt: skip
        offer = await ann.offer()
        assert offer.contact == waits.name
        assert waited_ms(offer, waits) >= 600


async def test_who_waits_when_the_queue_closes_goes_where_it_says(small: Centre) -> None:
    await small.queue("night")
    await small.queue()
    contact = await small.create("call-1")
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoweekday()
    hours = [queue_pb2.OpeningHours(weekday=yesterday, closes_second=60)]
    await put_queue(
        small, "billing", opening_hours=hours, time_zone="UTC", closed=queue_named("night")
    )
    async with asyncio.timeout(60):
        while (moved := await small.contact(contact.name)).queue != f"{TENANT}/queues/night":
            await asyncio.sleep(0.02)
    assert (moved.state, moved.reason) == (contact_pb2.QUEUED, "QUEUE_CLOSED")


async def test_a_changed_plan_holds_for_those_who_wait_already(small: Centre) -> None:
    await small.queue()
    await small.agent("ann")
    await put_plan(small, "p", Step(expires_after=ms(100)), agents_for("agent.id == 'nobody'"))
    await small.queue(routing_plan="p")
    async with small.desktop("ann") as ann:
        contact = await small.create("call-1")
        await asyncio.sleep(0.3)
        await put_plan(small, "p", Step())
        assert (await ann.offer()).contact == contact.name


async def test_circles_are_refused_with_the_way_they_go(small: Centre) -> None:
    for name in ("a", "b"):
        await small.queue(name)
    await put_plan(small, "pa", Step(expires_after=ms(100)), overflow=queue_named("b"))
    await put_plan(small, "pb", Step(expires_after=ms(100)), overflow=queue_named("a"))
    await small.queue("a", routing_plan="pa")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await small.queue("b", routing_plan="pb")
    says = violations_of(caught.value)["queue.routing_plan"]
    assert says.endswith("queues/b > routingPlans/pb > queues/a > routingPlans/pa > queues/b")
    own = put_queue(small, "b", full=queue_named("b"))
    assert await refused(own) == (INVALID, "CIRCULAR_OVERFLOW")


async def test_a_plan_is_checked_against_what_there_is(small: Centre) -> None:
    await small.queue()
    await small.agent("ann", skills={"billing": 5})
    bad = (
        Step(
            skills=[small.need("biling"), small.need("lang.{language}")],
            target=Target(agent=f"{TENANT}/agents/who"),
            expires_after=ms(1000),
        ),
        Step(target=queue_named("where")),
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await put_plan(small, "p", *bad, check=True)
    assert violations_of(caught.value) == {
        "plan.steps[0].target.agent": "does not exist; create it first",
        "plan.steps[1].target.queue": "does not exist; create it first",
        "plan.steps[0].skills[0].skill": "no agent has the skill biling",
    }


async def test_what_changes_nothing_raises_no_version_and_checking_tells_the_next(
    small: Centre,
) -> None:
    first = await put_queue(small, "q", display_name="Q")
    assert (await put_queue(small, "q", display_name="Q")).etag == first.etag == "v1"
    assert (await put_queue(small, "q", check=True, display_name="Q")).etag == "v1"
    assert (await put_queue(small, "q", check=True, display_name="R")).etag == "v2"
    assert (await put_queue(small, "q", display_name="R")).etag == "v2"
    plan = await put_plan(small, "p", Step(), check=True)
    assert (plan.etag, plan.version) == ("v1", 1)
    listed = await small.config.ListRoutingPlans(
        config_service_pb2.ListRoutingPlansRequest(parent=TENANT)
    )
    assert not listed.plans


async def test_a_contact_that_needs_what_nobody_can_do_is_refused_by_field(small: Centre) -> None:
    await small.queue()
    await small.agent("ann", skills={"billing": 5})
    known = [small.need("billing"), small.need("lang.{language}")]
    contact = await small.create("call-1", skills=known)
    wish = plan_pb2.SkillRequirement(skill="harp", preferred=True)
    await small.create("call-2", skills=[wish])
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await small.create("call-3", skills=[*known, small.need("welsh")])
    assert caught.value.code() == INVALID
    assert violations_of(caught.value) == {
        "contact.skills[2].skill": "no agent has the skill welsh"
    }
    again = await small.create("call-1", skills=[small.need("welsh")])
    assert again.name == contact.name, "a retry returns the live contact"
    await small.agent("bet", skills={"welsh": 9})
    async with asyncio.timeout(60):
        while await refused_or_none(small, "call-3") is not None:
            await asyncio.sleep(0.05)


async def refused_or_none(small: Centre, external_id: str) -> str | None:
    try:
        await small.create(external_id, skills=[small.need("welsh")])
    except grpc.aio.AioRpcError as error:
        return error.details() or ""
    return None
