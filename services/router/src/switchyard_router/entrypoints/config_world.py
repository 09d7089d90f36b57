"""What a resource says about others: that they exist, and that nobody is sent in circles."""

from collections.abc import Iterator, Mapping, Sequence

from google.protobuf.message import Message
from switchyard.router.v1 import agent_pb2, plan_pb2, queue_pb2

from switchyard_router.domain.agents import AgentTable
from switchyard_router.domain.routes import Node, circle
from switchyard_router.domain.skills import LANGUAGE_PLACEHOLDER
from switchyard_router.entrypoints.problems import Problems
from switchyard_router.service.config import ConfigWriter

_BATCH = 500
_SHOWN = {"queue": "queues", "plan": "routingPlans"}

type Reference = tuple[str, str, str]
"""Path of the field, kind and id of what it names."""


class ConfigWorld:
    """Checks a message against what is stored. Reads all queues and plans where it names queues."""

    def __init__(self, config: ConfigWriter, agents: AgentTable) -> None:
        self._config = config
        self._agents = agents

    async def check(self, problems: Problems, node: Node, message: Message) -> None:
        """Note references to nothing, skills of nobody, and circles that the message closes."""
        named = [ref for ref in references(message) if not problems.noted(ref[0])]
        for kind in ("queue", "agent", "plan"):
            await self._check_there(problems, kind, [ref for ref in named if ref[1] == kind], node)
        if isinstance(message, plan_pb2.RoutingPlan):
            await self._check_skills(problems, message)
        if isinstance(message, (plan_pb2.RoutingPlan, queue_pb2.Queue)) and named:
            await self._check_circle(problems, node, named)

    async def _check_there(
        self, problems: Problems, kind: str, named: Sequence[Reference], node: Node
    ) -> None:
        ids = sorted({name for _, _, name in named})
        there = {record.id for record in await self._config.read(kind, ids)} if ids else set()
        for path, _, name in named:
            if name not in there and (kind, name) != node:
                problems.add(path, "does not exist; create it first", "UNKNOWN_REFERENCE")

    async def _check_skills(self, problems: Problems, plan: plan_pb2.RoutingPlan) -> None:
        asked = [
            (f"plan.steps[{index}].skills[{number}].skill", need.skill)
            for index, step in enumerate(plan.steps)
            for number, need in enumerate(step.skills)
            if need.skill and LANGUAGE_PLACEHOLDER not in need.skill
        ]
        missing = {skill for _, skill in asked if not self._agents.levels(skill).any()}
        if missing:
            missing -= await self.stored_skills()
        for path, skill in asked:
            if skill in missing:
                problems.add(path, f"no agent has the skill {skill}", "UNKNOWN_SKILL")

    async def stored_skills(self) -> set[str]:
        """Skills of all stored agents: the board may be a moment behind."""
        skills: set[str] = set()
        ids = await self._config.ids("agent")
        for start in range(0, len(ids), _BATCH):
            for record in await self._config.read("agent", ids[start : start + _BATCH]):
                skills.update(agent_pb2.Agent.FromString(record.data).skills)
        return skills

    async def _check_circle(
        self, problems: Problems, node: Node, named: Sequence[Reference]
    ) -> None:
        routes = dict(await self._routes())
        routes[node] = [(kind, name) for _, kind, name in named if kind != "agent"]
        way = circle(routes, node)
        if not way:
            return
        path = next(path for path, kind, name in named if (kind, name) == way[1])
        problems.add(path, way_text(way), "CIRCULAR_OVERFLOW")

    async def _routes(self) -> Mapping[Node, Sequence[Node]]:
        types: dict[str, type[Message]] = {"queue": queue_pb2.Queue, "plan": plan_pb2.RoutingPlan}
        routes: dict[Node, Sequence[Node]] = {}
        for kind, message_type in types.items():
            for record in await self._config.read(kind, await self._config.ids(kind)):
                named = references(message_type.FromString(record.data))
                routes[kind, record.id] = [(k, name) for _, k, name in named if k != "agent"]
        return routes


def way_text(way: Sequence[Node]) -> str:
    """What is wrong with a way that leads back to where it begins."""
    shown = " > ".join(f"{_SHOWN[kind]}/{name}" for kind, name in way)
    return f"sends contacts in a circle: {shown}"


def references(message: Message) -> Iterator[Reference]:
    """Everything that a queue, an agent or a plan names, with its path."""
    if isinstance(message, queue_pb2.Queue):
        if message.routing_plan:
            yield "queue.routing_plan", "plan", _id(message.routing_plan)
        for field in ("no_agents", "closed", "full"):
            yield from _aim(getattr(message, field), f"queue.{field}")
    elif isinstance(message, agent_pb2.Agent):
        for index, name in enumerate(message.queues):
            yield f"agent.queues[{index}]", "queue", _id(name)
    elif isinstance(message, plan_pb2.RoutingPlan):
        for index, step in enumerate(message.steps):
            yield from _aim(step.target, f"plan.steps[{index}].target")
        yield from _aim(message.overflow, "plan.overflow")


def _aim(target: plan_pb2.Target, path: str) -> Iterator[Reference]:
    kind = target.WhichOneof("kind")
    if kind in ("queue", "agent"):
        yield f"{path}.{kind}", kind, _id(getattr(target, kind))


def _id(name: str) -> str:
    return name.rpartition("/")[2]
