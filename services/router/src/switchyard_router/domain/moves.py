"""Where a waiting contact goes when its step is over: the next step, another queue, or outside."""

from collections.abc import Callable
from enum import StrEnum

from switchyard_router.domain.plans import Plan, Step
from switchyard_router.domain.queues import Target, TargetKind
from switchyard_router.domain.records import Move


class MoveReason(StrEnum):
    """Why a contact moves; a label of a metric and part of the event."""

    STEP_EXPIRED = "STEP_EXPIRED"
    STEP_SKIPPED = "STEP_SKIPPED"
    STEP_TARGET = "STEP_TARGET"
    PLAN_OVERFLOW = "PLAN_OVERFLOW"
    QUEUE_CLOSED = "QUEUE_CLOSED"
    NO_AGENTS = "NO_AGENTS"


_AWAY = (TargetKind.QUEUE, TargetKind.EXTERNAL)

type Skips = Callable[[int], bool | None]
"""Whether a step is passed over; None: not known yet."""


class NotKnownYet(Exception):
    """What a step's condition reads is on its way."""


def leads_away(step: Step) -> bool:
    """Whether the step sends contacts elsewhere instead of naming who answers."""
    return step.target is not None and step.target.kind in _AWAY


def following(plan: Plan, step: int, skips: Skips, reason: MoveReason) -> Move | None:
    """The move from a step on; None: there is nothing after it, the contact stays.

    Raises NotKnownYet when a condition on the way cannot be answered yet.
    """
    for index in range(step + 1, len(plan.steps)):
        skipped = skips(index)
        if skipped is None:
            raise NotKnownYet
        if not skipped:
            return entering(plan, index, reason)
    if plan.overflow is None:
        return None
    return towards(plan.overflow, step, MoveReason.PLAN_OVERFLOW)


def entering(plan: Plan, step: int, reason: MoveReason) -> Move:
    """The move into a step, or at once to where that step sends contacts."""
    entered = plan.steps[step]
    if entered.target is not None and leads_away(entered):
        return towards(entered.target, step, MoveReason.STEP_TARGET)
    return Move(step=step, priority_delta=entered.priority_delta, reason=reason)


def towards(target: Target, step: int, reason: MoveReason) -> Move:
    """The move to a target; a contact that stays in its queue stays in its step."""
    if target.kind is TargetKind.QUEUE:
        return Move(step=0, queue=target.value, reason=reason)
    if target.kind is TargetKind.AGENT:
        return Move(step=step, agent=target.value, reason=reason)
    return Move(step=step, external=target.value, reason=reason)
