"""What a queue, an agent or a plan names: it must exist, and cannot be deleted meanwhile."""

from collections.abc import Iterator

from google.protobuf.message import Message
from switchyard.router.v1 import agent_pb2, plan_pb2, queue_pb2


def references(message: Message) -> tuple[str, ...]:
    """Everything named, as "kind:id" with the kinds queue, agent and plan; sorted, each once."""
    return tuple(sorted(set(_named(message))))


def _named(message: Message) -> Iterator[str]:
    if isinstance(message, queue_pb2.Queue):
        if message.routing_plan:
            yield _of("plan", message.routing_plan)
        for field in ("no_agents", "closed", "full"):
            yield from _aim(getattr(message, field))
    elif isinstance(message, agent_pb2.Agent):
        for name in message.queues:
            yield _of("queue", name)
    elif isinstance(message, plan_pb2.RoutingPlan):
        yield from _aim(message.overflow)
        for step in message.steps:
            yield from _aim(step.target)


def _aim(target: plan_pb2.Target) -> Iterator[str]:
    kind = target.WhichOneof("kind")
    if kind in ("queue", "agent"):
        yield _of(kind, getattr(target, kind))


def _of(kind: str, name: str) -> str:
    return f"{kind}:{name.rpartition('/')[2]}"
