"""Configuration over the public contract: what is refused, and what a change does at once."""

from collections.abc import AsyncGenerator

import grpc
import pytest
import pytest_asyncio
from google.protobuf.field_mask_pb2 import FieldMask
from switchyard.router.v1 import (
    agent_pb2,
    agent_service_pb2,
    config_service_pb2,
    plan_pb2,
    queue_pb2,
)
from switchyard_common.grpc_errors import violations_of

from tests.fakes.router.clients import TENANT, Centre, centre, refused
from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

INVALID = grpc.StatusCode.INVALID_ARGUMENT
ABORTED = grpc.StatusCode.ABORTED


@pytest_asyncio.fixture
async def small(redis_url: str) -> AsyncGenerator[Centre]:
    async with router(redis_url) as target, centre(target) as clients:
        yield clients


def agent_of(name: str = "ann", **fields: object) -> agent_pb2.Agent:
    return agent_pb2.Agent(name=f"{TENANT}/agents/{name}", **fields)  # type: ignore[arg-type]


async def upsert(
    small: Centre, agent: agent_pb2.Agent, *mask: str, check: bool = False
) -> agent_pb2.Agent:
    return await small.config.UpsertAgent(
        config_service_pb2.UpsertAgentRequest(
            agent=agent, update_mask=FieldMask(paths=mask), validate_only=check
        )
    )


async def test_refusals_name_the_path(small: Centre) -> None:
    for agent, path in (
        (agent_of(skills={"en": 11}), "agent.skills[en]"),
        (agent_of(queues=[f"{TENANT}/queues/none"]), "agent.queues[0]"),
        (agent_pb2.Agent(name="ann"), "agent.name"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await upsert(small, agent)
        assert caught.value.code() == INVALID
        assert list(violations_of(caught.value)) == [path]


async def test_a_queue_needs_its_plan_and_a_plan_its_steps(small: Centre) -> None:
    queue = queue_pb2.Queue(
        name=f"{TENANT}/queues/q", routing_plan=f"{TENANT}/routingPlans/missing"
    )
    request = config_service_pb2.UpsertQueueRequest(queue=queue)
    assert await refused(small.config.UpsertQueue(request)) == (INVALID, "UNKNOWN_REFERENCE")
    plan = plan_pb2.RoutingPlan(name=f"{TENANT}/routingPlans/p")
    empty = config_service_pb2.UpsertRoutingPlanRequest(plan=plan)
    assert await refused(small.config.UpsertRoutingPlan(empty)) == (INVALID, "BAD_FIELD")


async def test_an_agent_is_complete_from_the_start(small: Centre) -> None:
    made = await upsert(small, agent_of(display_name="Ann"))
    assert (made.presence, made.session_epoch) == (agent_pb2.OFFLINE, 0)
    request = agent_service_pb2.SetPresenceRequest(agent=made.name, presence=agent_pb2.AVAILABLE)
    assert (await small.agents.SetPresence(request)).presence == agent_pb2.AVAILABLE


async def test_checking_stores_nothing(small: Centre) -> None:
    checked = await upsert(small, agent_of(display_name="Ann"), check=True)
    assert checked.display_name == "Ann"
    request = agent_service_pb2.GetAgentRequest(name=f"{TENANT}/agents/ann")
    assert await refused(small.agents.GetAgent(request)) == (grpc.StatusCode.NOT_FOUND, "AGENT")


async def test_one_etag_serves_configuration_and_presence(small: Centre) -> None:
    """Read, change, write: with the etag that was read, whichever side it is written to."""
    await upsert(small, agent_of(display_name="Ann"))
    get = agent_service_pb2.GetAgentRequest(name=f"{TENANT}/agents/ann")
    read = await small.agents.GetAgent(get)
    ready = agent_service_pb2.SetPresenceRequest(
        agent=read.name, presence=agent_pb2.AVAILABLE, etag=read.etag
    )
    await small.agents.SetPresence(ready)
    assert await refused(small.agents.SetPresence(ready)) == (ABORTED, "ETAG_MISMATCH")
    renamed = agent_of(display_name="Anne", etag=read.etag)  # presence changed, configuration not
    written = await upsert(small, renamed)
    assert (written.display_name, written.presence) == ("Anne", agent_pb2.AVAILABLE)
    assert await refused(upsert(small, renamed)) == (ABORTED, "ETAG_MISMATCH")


async def test_a_mask_changes_only_what_it_names(small: Centre) -> None:
    await upsert(small, agent_of(display_name="Ann", team="north", skills={"en": 3}))
    changed = await upsert(small, agent_of(skills={"zh": 5}, team="lost"), "skills")
    assert (changed.display_name, changed.team, dict(changed.skills)) == ("Ann", "north", {"zh": 5})
    assert (await refused(upsert(small, agent_of(), "nonsense")))[0] == INVALID


async def test_an_agent_who_changes_queues_is_offered_the_new_ones_contacts(small: Centre) -> None:
    for number in range(12):  # more queues and skills than the first columns hold
        await small.queue(f"q{number}")
    await small.agent("ann", queues=("q0",), skills={f"s{n}": 5 for n in range(12)})
    async with small.desktop("ann") as ann:
        contact = await small.create("call-1", queue="q11")
        await upsert(small, agent_of(queues=[f"{TENANT}/queues/q11"]), "queues")
        assert (await ann.offer()).contact == contact.name


async def test_lists_come_in_pages_and_by_filter(small: Centre) -> None:
    await small.queue()
    for name in ("ann", "bob", "cho", "dan", "eve"):
        await small.agent(name, queues=("billing",) if name < "d" else ())
    names: list[str] = []
    token = ""
    while True:
        page = await small.agents.ListAgents(
            agent_service_pb2.ListAgentsRequest(parent=TENANT, page_size=2, page_token=token)
        )
        assert len(page.agents) <= 2
        names += [agent.name.rpartition("/")[2] for agent in page.agents]
        if not (token := page.next_page_token):
            break
    assert names == ["ann", "bob", "cho", "dan", "eve"]
    async with small.desktop("bob"):
        for text, expected in (
            ("presence=AVAILABLE", ["bob"]),
            (f"queue={TENANT}/queues/billing", ["ann", "bob", "cho"]),
        ):
            request = agent_service_pb2.ListAgentsRequest(parent=TENANT, filter=text)
            found = (await small.agents.ListAgents(request)).agents
            assert [agent.name.rpartition("/")[2] for agent in found] == expected
    for text in ("presence=TIRED", "colour=red"):
        request = agent_service_pb2.ListAgentsRequest(parent=TENANT, filter=text)
        assert (await refused(small.agents.ListAgents(request)))[0] == INVALID


async def test_queues_and_plans_are_listed_with_their_versions(small: Centre) -> None:
    await upsert(small, agent_of(skills={"en": 5}))
    await small.plan("p", small.step())
    await small.plan("p", small.step(small.need("en")))
    await small.queue("q", routing_plan="p")
    plans = await small.config.ListRoutingPlans(
        config_service_pb2.ListRoutingPlansRequest(parent=TENANT)
    )
    queues = await small.config.ListQueues(config_service_pb2.ListQueuesRequest(parent=TENANT))
    assert [(plan.version, len(plan.steps[0].skills)) for plan in plans.plans] == [(2, 1)]
    assert [queue.routing_plan for queue in queues.queues] == [f"{TENANT}/routingPlans/p"]
