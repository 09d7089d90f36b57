"""Tells the router about the demo company. Doing it again changes nothing."""

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from switchyard.router.v1 import agent_pb2, plan_pb2, queue_pb2
from switchyard.router.v1 import config_service_pb2 as pb
from switchyard.router.v1.config_service_pb2_grpc import ConfigServiceStub
from switchyard_platform.names import Names

from switchyard_demo.company.model import Agent, Company, PlanStep, Queue, RoutingPlan

_CALL_SECONDS = 5.0
LANGUAGE_SKILL = "lang.{language}"


class Configurator:
    """Upserts what the router must know. Each call raises AioRpcError if it is refused."""

    def __init__(self, channel: grpc.aio.Channel, names: Names) -> None:
        self._stub = ConfigServiceStub(channel)
        self._names = names

    async def company(self, company: Company) -> None:
        """Everything, in the order in which it refers to itself.

        Agents name queues, plans name skills of agents, and queues name plans: so queues come
        first without them, which changes nothing about queues that are there already.
        """
        queues = [queue_message(queue, self._names) for queue in company.queues]
        for queue in queues:
            await self.queue(queue, "display_name")
        for agent in company.agents:
            await self.agent(agent_message(agent, self._names))
        for described in company.queues:
            await self.plan(plan_message(described.plan, self._names))
        for queue in queues:
            await self.queue(queue)

    async def plan(self, plan: plan_pb2.RoutingPlan) -> None:
        """Creates or changes one plan."""
        request = pb.UpsertRoutingPlanRequest(plan=plan)
        await self._stub.UpsertRoutingPlan(request, timeout=_CALL_SECONDS)

    async def queue(self, queue: queue_pb2.Queue, *fields: str) -> None:
        """Creates or changes one queue; only these of its fields if any are named."""
        request = pb.UpsertQueueRequest(queue=queue, update_mask=FieldMask(paths=fields))
        await self._stub.UpsertQueue(request, timeout=_CALL_SECONDS)

    async def agent(self, agent: agent_pb2.Agent) -> None:
        """Creates or changes one agent; who is signed in stays so."""
        request = pb.UpsertAgentRequest(agent=agent)
        await self._stub.UpsertAgent(request, timeout=_CALL_SECONDS)


def plan_message(plan: RoutingPlan, names: Names) -> plan_pb2.RoutingPlan:
    """A routing plan of the contract."""
    return plan_pb2.RoutingPlan(
        name=names.of("routingPlans", plan.id), steps=[_step(step) for step in plan.steps]
    )


def queue_message(queue: Queue, names: Names) -> queue_pb2.Queue:
    """A queue of the contract."""
    return queue_pb2.Queue(
        name=names.of("queues", queue.id),
        display_name=queue.display_name.en,
        display_names={"zh": queue.display_name.zh, "en": queue.display_name.en},
        routing_plan=names.of("routingPlans", queue.plan.id),
        service_level_target=duration(queue.service_level_target_seconds),
        service_level_goal=queue.service_level_goal,
        max_size=queue.max_size,
        max_wait=duration(queue.max_wait_seconds),
        ring_timeout=duration(queue.ring_timeout_seconds),
        wrap_up=duration(queue.wrap_up_seconds),
        rona_limit=queue.rona_limit,
    )


def agent_message(agent: Agent, names: Names) -> agent_pb2.Agent:
    """An agent of the contract. Its one display name is in both scripts, where there are two."""
    names_of_agent = dict.fromkeys((agent.display_name.zh, agent.display_name.en))
    return agent_pb2.Agent(
        name=names.of("agents", agent.id),
        display_name=" ".join(names_of_agent),
        endpoint=agent.endpoint,
        team=agent.team,
        skills=agent.skills,
        channel_capacity=agent.channel_capacity,
        queues=[names.of("queues", queue) for queue in agent.queues],
    )


def duration(seconds: float) -> Duration:
    """Seconds as the contract's duration, to the millisecond."""
    message = Duration()
    message.FromMilliseconds(round(seconds * 1000))
    return message


def _step(step: PlanStep) -> plan_pb2.RoutingStep:
    message = plan_pb2.RoutingStep(
        skills=[
            plan_pb2.SkillRequirement(skill=need.skill, min_level=need.min_level)
            for need in step.skills
        ]
    )
    if step.language_level:
        message.skills.add(skill=LANGUAGE_SKILL, min_level=step.language_level)
    if step.expires_after_seconds is not None:
        message.expires_after.CopyFrom(duration(step.expires_after_seconds))
    return message
