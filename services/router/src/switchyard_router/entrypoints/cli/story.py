"""Gathers what is known of a contact: its decisions, the agents in them, and who could now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import grpc
from switchyard.router.v1 import (
    agent_pb2,
    agent_service_pb2,
    agent_service_pb2_grpc,
    config_service_pb2,
    config_service_pb2_grpc,
    contact_pb2,
    contact_service_pb2,
    contact_service_pb2_grpc,
    decision_pb2,
    plan_pb2,
    routing_service_pb2,
    routing_service_pb2_grpc,
)

from switchyard_router.entrypoints.cli.reach import Calls

_MOST_DECISIONS = 200
_LEAVE = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED)
"""What a story can do without: an agent who was deleted, plans that the caller may not see."""


@dataclass(frozen=True, slots=True)
class Story:
    """A contact and why it went where it went. `decisions`: oldest first.

    `agents` by name, as they are now; `skills`: what each step of the plan in force asks for, by
    step; `advice`: who could have it now, None unless it waits.
    """

    contact: contact_pb2.Contact
    decisions: tuple[decision_pb2.Decision, ...]
    agents: Mapping[str, agent_pb2.Agent] = field(default_factory=dict)
    skills: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    advice: routing_service_pb2.RankAgentsResponse | None = None


async def gather(call: Calls, contact: str) -> Story:
    """The story of a contact given by id, name or external id; AioRpcError if there is none."""
    found = await find_contact(call, contact)
    decisions = await _decisions(call, found.name)
    advice = None
    if found.state == contact_pb2.QUEUED:
        advice = await _advice(call, found.name)
    shown = {c.agent for decision in decisions for c in decision.candidates}
    shown |= {decision.chosen_agent for decision in decisions}
    shown |= {candidate.agent for candidate in advice.ranked} if advice else set()
    agents = await _agents(call, shown - {""})
    return Story(found, decisions, agents, await _skills(call, found), advice)


async def find_contact(call: Calls, text: str) -> contact_pb2.Contact:
    """A contact by name, id or external id; AioRpcError if there is none."""
    stub = contact_service_pb2_grpc.ContactServiceStub(call.channel)
    by_external = contact_service_pb2.GetContactRequest(parent=call.tenant.name, external_id=text)
    name = text if "/" in text else call.tenant.of("contacts", text)
    by_name = contact_service_pb2.GetContactRequest(name=name)
    try:
        contact: contact_pb2.Contact = await call(stub.GetContact, by_name)
    except grpc.aio.AioRpcError as error:
        if error.code() not in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT):
            raise
        contact = await call(stub.GetContact, by_external)
    return contact


async def _decisions(call: Calls, contact: str) -> tuple[decision_pb2.Decision, ...]:
    stub = routing_service_pb2_grpc.RoutingServiceStub(call.channel)
    found: list[decision_pb2.Decision] = []
    token = ""
    while len(found) < _MOST_DECISIONS:
        request = routing_service_pb2.ListDecisionsRequest(
            parent=call.tenant.name,
            filter=f"contact = {contact}",
            page_size=_MOST_DECISIONS,
            page_token=token,
        )
        page = await call(stub.ListDecisions, request)
        found += page.decisions
        token = page.next_page_token
        if not token:
            break
    # Advice is what people asked for, this command among them: nothing happened by it.
    return tuple(decision for decision in reversed(found) if not decision.advice)


async def _advice(call: Calls, contact: str) -> routing_service_pb2.RankAgentsResponse | None:
    """Who could have it now; None when it left the queue meanwhile."""
    stub = routing_service_pb2_grpc.RoutingServiceStub(call.channel)
    request = routing_service_pb2.RankAgentsRequest(
        parent=call.tenant.name, contact=contact_pb2.Contact(name=contact), explain=True, limit=5
    )
    try:
        answer: routing_service_pb2.RankAgentsResponse = await call(stub.RankAgents, request)
    except grpc.aio.AioRpcError as error:
        if error.code() not in _LEAVE:
            raise
        return None
    return answer


async def _agents(call: Calls, names: Iterable[str]) -> dict[str, agent_pb2.Agent]:
    stub = agent_service_pb2_grpc.AgentServiceStub(call.channel)
    agents: dict[str, agent_pb2.Agent] = {}
    for name in sorted(names):
        try:
            agents[name] = await call(stub.GetAgent, agent_service_pb2.GetAgentRequest(name=name))
        except grpc.aio.AioRpcError as error:
            if error.code() not in _LEAVE:
                raise
    return agents


async def _skills(call: Calls, contact: contact_pb2.Contact) -> dict[int, tuple[str, ...]]:
    """Skill ids that each step asks for, those of the contact included."""
    own = [_skill(requirement, contact.language) for requirement in contact.skills]
    plan = await _plan(call, contact)
    if plan is None or not plan.steps:
        return {0: tuple(filter(None, own))}
    return {
        index: tuple(
            dict.fromkeys(
                filter(None, [*(_skill(need, contact.language) for need in step.skills), *own])
            )
        )
        for index, step in enumerate(plan.steps)
    }


async def _plan(call: Calls, contact: contact_pb2.Contact) -> plan_pb2.RoutingPlan | None:
    stub = config_service_pb2_grpc.ConfigServiceStub(call.channel)
    try:
        name = contact.routing_plan or await _plan_of_queue(call, stub, contact.queue)
        listed = config_service_pb2.ListRoutingPlansRequest(parent=call.tenant.name, page_size=1000)
        plans = (await call(stub.ListRoutingPlans, listed)).plans
    except grpc.aio.AioRpcError as error:
        if error.code() not in _LEAVE:
            raise
        return None
    return next((plan for plan in plans if plan.name == name), None)


async def _plan_of_queue(
    call: Calls, stub: config_service_pb2_grpc.ConfigServiceStub, queue: str
) -> str:
    listed = config_service_pb2.ListQueuesRequest(parent=call.tenant.name, page_size=1000)
    queues = (await call(stub.ListQueues, listed)).queues
    return next((found.routing_plan for found in queues if found.name == queue), "")


def _skill(requirement: plan_pb2.SkillRequirement, language: str) -> str:
    if "{language}" not in requirement.skill:
        return requirement.skill
    return (
        requirement.skill.replace("{language}", language.split("-")[0].lower()) if language else ""
    )
