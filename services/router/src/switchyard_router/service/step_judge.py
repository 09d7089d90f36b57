"""Decides where contacts stand in their plans: whether a step is passed over, leads away, ends."""

from dataclasses import replace

from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.moves import MoveReason, NotKnownYet, following, leads_away, towards
from switchyard_router.domain.plans import Plan
from switchyard_router.domain.queues import Target, TargetKind
from switchyard_router.domain.records import Move
from switchyard_router.service.board import Board
from switchyard_router.service.contact_facts import ContactFacts
from switchyard_router.service.expression_failures import ExpressionFailures

type Entry = tuple[str, str, int, int]
"""Queue, plan, step and when it was entered: conditions are judged once for each."""


class StepJudge:
    """Answers from the board and the facts; changes nothing. O(steps) for each question."""

    def __init__(self, board: Board, facts: ContactFacts, failures: ExpressionFailures) -> None:
        self._board = board
        self._facts = facts
        self._failures = failures

    def entry(self, contact: Waiting) -> Entry:
        """Where a contact stands."""
        plan = self._board.plan_for(contact)
        return contact.queue, plan.id, plan.clamped(contact.step), contact.step_ms

    def on_entering(self, contact: Waiting) -> Move | None:
        """Where the step it has entered sends it; None: it stays. Raises NotKnownYet."""
        plan, step = self._place(contact)
        skipped = self._skips(contact, plan, step)
        if skipped is None:
            raise NotKnownYet
        if skipped:
            return self._following(contact, plan, step, MoveReason.STEP_SKIPPED)
        return self.away(contact)

    def away(self, contact: Waiting) -> Move | None:
        """Where its step leads, when that is not to agents of its queue."""
        plan, step = self._place(contact)
        entered = plan.steps[step]
        if entered.target is None or not leads_away(entered):
            return None
        if is_there(contact, entered.target):
            return None
        return towards(entered.target, contact.step, MoveReason.STEP_TARGET)

    def on_expiry(self, contact: Waiting) -> Move | None:
        """Where it goes when its step is over; None: it stays. Raises NotKnownYet."""
        plan, step = self._place(contact)
        return self._following(contact, plan, step, MoveReason.STEP_EXPIRED)

    def ends_at(self, contact: Waiting) -> int | None:
        """When (ms) its step is over; None: never, or nothing comes after it."""
        plan, step = self._place(contact)
        lasts = plan.steps[step].expires_after_ms
        if lasts is None:
            return None
        last = step == len(plan.steps) - 1
        if last and (plan.overflow is None or is_there(contact, plan.overflow)):
            return None
        return (contact.step_ms or contact.enqueue_ms) + lasts

    def facts_due_ms(self, contact_id: str) -> int | None:
        """Until when (ms) its attributes are waited for; None: they are not."""
        return self._facts.due_ms(contact_id)

    def _place(self, contact: Waiting) -> tuple[Plan, int]:
        plan = self._board.plan_for(contact)
        return plan, plan.clamped(contact.step)

    def _following(
        self, contact: Waiting, plan: Plan, step: int, reason: MoveReason
    ) -> Move | None:
        move = following(plan, step, lambda index: self._skips(contact, plan, index), reason)
        # A move that changes nothing would be made for ever.
        stays = move is not None and plan.overflow is not None and is_there(contact, plan.overflow)
        return None if stays and move is not None and move.reason == "PLAN_OVERFLOW" else move

    def _skips(self, contact: Waiting, plan: Plan, step: int) -> bool | None:
        condition = plan.steps[step].skip_if
        if condition is None:
            return False
        values = self._facts.values(replace(contact, step=step), condition.paths)
        return None if values is None else self._failures.holds(plan, condition, values)


def is_there(contact: Waiting, target: Target) -> bool:
    """Whether a contact is where the target sends it already."""
    if target.kind is TargetKind.QUEUE:
        return contact.queue == target.value
    return target.kind is TargetKind.AGENT and contact.preferred_agent == target.value
