"""Configuration messages, as they came in and are stored, decoded to values."""

from datetime import date
from zoneinfo import ZoneInfo

import orjson
import structlog
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from switchyard.router.v1 import agent_pb2, plan_pb2, queue_pb2

from switchyard_router.domain.agents import AgentProfile
from switchyard_router.domain.arms import turns_of
from switchyard_router.domain.expressions import (
    AgentExpression,
    BadExpression,
    Expression,
    ExpressionCompiler,
    NeverHolds,
)
from switchyard_router.domain.hours import DAY_SECONDS, Hours, Span
from switchyard_router.domain.plans import Plan, Step
from switchyard_router.domain.policies import DEFAULT_POLICY
from switchyard_router.domain.queues import Arm, QueueProfile, Target, TargetKind
from switchyard_router.domain.records import ConfigRecord, KeptConfig, QueueTimes
from switchyard_router.domain.skills import HIGHEST_LEVEL, LOWEST_LEVEL, SkillNeed
from switchyard_router.entrypoints.references import references

_RING_MS = 20_000
_CONNECT_MS = 30_000
_HANDLE_MS = 4 * 3600 * 1000
_MAX_WAIT_MS = 2 * 3600 * 1000
_TARGET_MS = 20_000
_CREDIT_MS = 60_000
_CALLBACK_ATTEMPTS = 3
_CALLBACK_RETRY_MS = 600_000
_LEVEL_GOAL = 0.8
_MESSAGES: dict[str, type[Message]] = {
    "queue": queue_pb2.Queue,
    "agent": agent_pb2.Agent,
    "plan": plan_pb2.RoutingPlan,
}


class ConfigMessages:
    """Decodes stored queues, agents and plans."""

    def __init__(self, compiler: ExpressionCompiler) -> None:
        self._compiler = compiler
        self._log = structlog.stdlib.get_logger()

    def kept(self, kind: str, record: ConfigRecord) -> KeptConfig:
        """All that is stored of a queue, agent or plan."""
        message: Message = _MESSAGES[kind].FromString(record.data)
        return KeptConfig(kind, record, script_fields(message), references(message))

    def queue(self, record: ConfigRecord) -> QueueProfile:
        """A queue."""
        message = queue_pb2.Queue.FromString(record.data)
        return QueueProfile(
            id=record.id,
            plan=message.routing_plan.rpartition("/")[2],
            policy=message.policy or DEFAULT_POLICY,
            times=queue_times(message),
            version=record.version,
            service_level_goal=message.service_level_goal or _LEVEL_GOAL,
            occupancy_cap=message.occupancy_cap,
            max_overtakes=message.max_overtakes,
            weights=dict(message.weights),
            few_agents=message.few_agents,
            break_guard_ms=milliseconds(message.break_guard),
            arms=arms_of(message),
            arm_period_ms=milliseconds(message.arm_period),
            no_agents=target(message, "no_agents"),
            closed=target(message, "closed"),
            full=target(message, "full"),
            hours=hours(message),
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
            team=message.team,
            shift_end_ms=message.shift_end.ToMilliseconds(),
            next_break_ms=message.next_break.ToMilliseconds(),
        )

    def plan(self, record: ConfigRecord) -> Plan:
        """A routing plan."""
        message = plan_pb2.RoutingPlan.FromString(record.data)
        steps = tuple(self._step(step, record.id) for step in message.steps)
        return Plan(record.id, record.version, steps, target(message, "overflow"))

    def _step(self, step: plan_pb2.RoutingStep, plan_id: str) -> Step:
        aim = target(step, "target")
        agents = aim is not None and aim.kind is TargetKind.EXPRESSION
        return Step(
            needs=tuple(need(requirement) for requirement in step.skills),
            target=None if agents else aim,
            filter=self._agents(aim.value, plan_id) if aim is not None and agents else None,
            expires_after_ms=_expiry_ms(step),
            skip_if=self._condition(step.skip_if, plan_id) if step.skip_if else None,
            order_by=step.order_by,
            priority_delta=step.priority_delta,
            max_parallel_offers=max(1, step.max_parallel_offers),
        )

    def _agents(self, text: str, plan_id: str) -> AgentExpression:
        try:
            return self._compiler.agents(text)
        except BadExpression as error:
            return AgentExpression(text, (self._never(text, plan_id, error),))

    def _condition(self, text: str, plan_id: str) -> Expression:
        try:
            return self._compiler.condition(text)
        except BadExpression as error:
            return self._never(text, plan_id, error)

    def _never(self, text: str, plan_id: str, error: BadExpression) -> Expression:
        """Stored by a version that read more: the step admits nobody, the others go on."""
        self._log.error("stored_expression_refused", plan=plan_id, problem=str(error))
        return NeverHolds(text)


def script_fields(message: Message) -> dict[str, str | int]:
    """What scripts need to know of a queue, agent or plan."""
    match message:
        case queue_pb2.Queue():
            times = queue_times(message)
            named = {name: getattr(times, name) for name in times.__dataclass_fields__}
            return named | dealing(message) | {"plan": message.routing_plan.rpartition("/")[2]}
        case agent_pb2.Agent():
            capacity = dict(sorted(message.channel_capacity.items()))
            return {"capacity": orjson.dumps(capacity).decode(), "units": message.capacity_units}
        case plan_pb2.RoutingPlan():
            return {"first_delta": message.steps[0].priority_delta}
    raise TypeError(f"{message.DESCRIPTOR.name} is no configuration")


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
        callback_attempts=queue.callback_attempts or _CALLBACK_ATTEMPTS,
        callback_retry_ms=ms("callback_retry", _CALLBACK_RETRY_MS),
    )


def arms_of(queue: queue_pb2.Queue) -> tuple[Arm, ...]:
    """The arms of a queue's comparison; none: nothing is compared."""
    return tuple(Arm(arm.name, arm.policy, arm.share) for arm in queue.arms)


def dealing(queue: queue_pb2.Queue) -> dict[str, str | int]:
    """What the scripts need to deal arms to contacts that enter the queue."""
    arms = arms_of(queue)
    told = [
        {"name": arm.name, "share": arm.share, "turns": turns}
        for arm, turns in zip(arms, turns_of(arms) if arms else (), strict=True)
    ]
    return {
        "arms": orjson.dumps(told).decode() if told else "",
        "arm_period_ms": milliseconds(queue.arm_period),
    }


def need(requirement: plan_pb2.SkillRequirement) -> SkillNeed:
    """A skill requirement with its defaults."""
    return SkillNeed(
        requirement.skill,
        requirement.min_level or LOWEST_LEVEL,
        requirement.max_level or HIGHEST_LEVEL,
        requirement.preferred,
        requirement.weight,
    )


def milliseconds(duration: Duration) -> int:
    """A duration in whole milliseconds."""
    return duration.seconds * 1000 + duration.nanos // 1_000_000


def target(message: Message, field: str) -> Target | None:
    """The target in a field of a message; None where it is absent or names nothing."""
    given = getattr(message, field)
    kind = given.WhichOneof("kind")
    if kind is None:
        return None
    value: str = getattr(given, kind)
    named = kind in (TargetKind.QUEUE, TargetKind.AGENT)
    return Target(TargetKind(kind), value.rpartition("/")[2] if named else value)


def hours(queue: queue_pb2.Queue) -> Hours | None:
    """Opening hours of a checked queue; None: always open."""
    if not queue.opening_hours and not queue.holidays:
        return None
    week: dict[int, tuple[Span, ...]] = {}
    for span in queue.opening_hours:
        week[span.weekday] = (*week.get(span.weekday, ()), _span(span))
    if not week:
        week = dict.fromkeys(range(1, 8), (Span(0, DAY_SECONDS),))
    special = {
        date.fromisoformat(day.date): tuple(_span(span) for span in day.hours)
        for day in queue.holidays
    }
    return Hours(ZoneInfo(queue.time_zone), week, special)


def _span(span: queue_pb2.OpeningHours) -> Span:
    return Span(span.opens_second, span.closes_second)


def _expiry_ms(step: plan_pb2.RoutingStep) -> int | None:
    return milliseconds(step.expires_after) if step.HasField("expires_after") else None
