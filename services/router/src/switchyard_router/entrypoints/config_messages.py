"""Configuration messages, as they came in and are stored, decoded to values."""

from google.protobuf.duration_pb2 import Duration
from switchyard.router.v1 import agent_pb2, plan_pb2, queue_pb2

from switchyard_router.domain.agents import AgentProfile
from switchyard_router.domain.policies import DEFAULT_POLICY
from switchyard_router.domain.records import ConfigRecord, QueueTimes
from switchyard_router.domain.skills import HIGHEST_LEVEL, LOWEST_LEVEL, Plan, SkillNeed, Step
from switchyard_router.service.board import QueueProfile

_RING_MS = 20_000
_CONNECT_MS = 30_000
_HANDLE_MS = 4 * 3600 * 1000
_MAX_WAIT_MS = 2 * 3600 * 1000
_TARGET_MS = 20_000
_CREDIT_MS = 60_000


class ConfigMessages:
    """Decodes stored queues, agents and plans."""

    def queue(self, record: ConfigRecord) -> QueueProfile:
        """A queue."""
        message = queue_pb2.Queue.FromString(record.data)
        return QueueProfile(
            id=record.id,
            plan=message.routing_plan.rpartition("/")[2],
            policy=message.policy or DEFAULT_POLICY,
            times=queue_times(message),
            version=record.version,
        )

    def agent(self, record: ConfigRecord) -> AgentProfile:
        """An agent's profile."""
        message = agent_pb2.Agent.FromString(record.data)
        return AgentProfile(
            id=record.id,
            display_name=message.display_name,
            endpoint=message.endpoint,
            skills=dict(message.skills),
            capacity=dict(message.channel_capacity),
            units=message.capacity_units,
            queues=tuple(name.rpartition("/")[2] for name in message.queues),
            version=record.version,
            encoded=record.data,
        )

    def plan(self, record: ConfigRecord) -> Plan:
        """A routing plan."""
        message = plan_pb2.RoutingPlan.FromString(record.data)
        return Plan(record.id, record.version, tuple(_step(step) for step in message.steps))


def queue_times(queue: queue_pb2.Queue) -> QueueTimes:
    """What the scripts need of a queue, with its defaults."""

    present = {descriptor.name for descriptor, _ in queue.ListFields()}

    def ms(name: str, default: int) -> int:
        return milliseconds(getattr(queue, name)) if name in present else default

    return QueueTimes(
        max_size=queue.max_size,
        max_wait_ms=ms("max_wait", _MAX_WAIT_MS),
        credit_ms=ms("priority_credit", _CREDIT_MS),
        ring_ms=ms("ring_timeout", _RING_MS),
        wrap_up_ms=ms("wrap_up", 0),
        connect_ms=ms("connect_timeout", _CONNECT_MS),
        handle_ms=ms("max_handle_time", _HANDLE_MS),
        target_ms=ms("service_level_target", _TARGET_MS),
        rona_limit=queue.rona_limit or 1,
    )


def need(requirement: plan_pb2.SkillRequirement) -> SkillNeed:
    """A skill requirement with its defaults."""
    return SkillNeed(
        requirement.skill,
        requirement.min_level or LOWEST_LEVEL,
        requirement.max_level or HIGHEST_LEVEL,
        requirement.preferred,
    )


def milliseconds(duration: Duration) -> int:
    """A duration in whole milliseconds."""
    return duration.seconds * 1000 + duration.nanos // 1_000_000


def _step(step: plan_pb2.RoutingStep) -> Step:
    expires = milliseconds(step.expires_after) / 1000 if step.HasField("expires_after") else None
    return Step(tuple(need(requirement) for requirement in step.skills), expires)
