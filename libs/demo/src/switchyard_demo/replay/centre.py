"""What the router must know before a log can be replayed: queues by call type, agents by skill."""

from collections.abc import Iterable

from switchyard.router.v1 import agent_pb2, plan_pb2, queue_pb2
from switchyard_platform.names import Names, id_of

from switchyard_demo.calllog.calls import SECONDS_PER_DAY, CallType
from switchyard_demo.calllog.kpis import SERVICE_LEVEL_TARGET_SECONDS
from switchyard_demo.calllog.plan import PlannedAgent
from switchyard_demo.floor.configure import Configurator, duration

PREFIX = "replay-"
"""Before every id, so that nothing of a running router's own is touched."""
GUARD_SECONDS = 10.0
"""Real time for an agent to accept and be joined. Both happen at once; this only catches faults."""


def queue_of(kind: CallType) -> str:
    """Bare id of the queue of a call type."""
    return f"{PREFIX}{kind.value.lower()}"


def agent_id(code: str) -> str:
    """Bare id of the agent that the log calls by this code."""
    return f"{PREFIX}{code}"


def code_of(agent: str) -> str:
    """The log's code of an agent's resource name."""
    return id_of(agent).removeprefix(PREFIX)


async def set_up(
    configurator: Configurator, names: Names, agents: Iterable[PlannedAgent], speed: float
) -> None:
    """A queue, a plan and a skill per call type; an agent per name, with the types as skills."""
    for kind in CallType:
        await configurator.queue(_queue(kind, names, speed), "display_name")
    served: set[CallType] = set()
    for agent in agents:
        served.update(agent.types)
        await configurator.agent(_agent(agent, names))
    for kind in CallType:
        queue = _queue(kind, names, speed)
        if kind in served:
            await configurator.plan(_plan(kind, names))
        else:  # nobody has the skill: a plan that asks for it would be refused
            queue.routing_plan = ""
        await configurator.queue(queue)


def _skill(kind: CallType) -> str:
    return f"calls.{kind.value.lower()}"


def _plan(kind: CallType, names: Names) -> plan_pb2.RoutingPlan:
    need = plan_pb2.SkillRequirement(skill=_skill(kind), min_level=1)
    return plan_pb2.RoutingPlan(
        name=names.of("routingPlans", queue_of(kind)), steps=[plan_pb2.RoutingStep(skills=[need])]
    )


def _queue(kind: CallType, names: Names, speed: float) -> queue_pb2.Queue:
    """Times that the log has are compressed; those it has not (ringing) only guard."""
    return queue_pb2.Queue(
        name=names.of("queues", queue_of(kind)),
        display_name=f"Replay: {kind.name.replace('_', ' ').lower()}",
        routing_plan=names.of("routingPlans", queue_of(kind)),
        service_level_target=duration(SERVICE_LEVEL_TARGET_SECONDS / speed),
        max_wait=duration(SECONDS_PER_DAY / speed + GUARD_SECONDS),
        ring_timeout=duration(GUARD_SECONDS),
        connect_timeout=duration(GUARD_SECONDS),
        rona_limit=1,
    )


def _agent(agent: PlannedAgent, names: Names) -> agent_pb2.Agent:
    return agent_pb2.Agent(
        name=names.of("agents", agent_id(agent.code)),
        display_name=agent.code,
        endpoint=f"sip:{agent.code}@replay.invalid",
        skills={_skill(kind): 1 for kind in agent.types},
        channel_capacity={"VOICE": 1},
        queues=[names.of("queues", queue_of(kind)) for kind in sorted(agent.types)],
    )
