"""Expressions that gave no answer: counted always, told once for each version of a plan."""

from typing import Protocol

import structlog

from switchyard_router.domain.expressions import EvaluationFailed, Expression
from switchyard_router.domain.plans import Plan

_MOST_TOLD = 10_000


class FailureMeter(Protocol):
    """Counts expressions that gave no answer."""

    def expression_failed(self, plan: str) -> None:
        """An expression of a plan gave no answer for some facts."""
        ...


class ExpressionFailures:
    """No answer counts as false, and the queue goes on."""

    def __init__(self, meter: FailureMeter) -> None:
        self._meter = meter
        self._told: set[tuple[str, int, str]] = set()
        self._log = structlog.stdlib.get_logger()

    def note(self, plan: Plan, expression: Expression, error: EvaluationFailed) -> None:
        """Count it, and say so if this version of the plan has not yet."""
        self._meter.expression_failed(plan.id)
        key = (plan.id, plan.version, expression.text)
        if key in self._told:
            return
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()
        self._told.add(key)
        self._log.warning(
            "expression_gave_no_answer",
            plan=plan.id,
            version=plan.version,
            expression=expression.text,
            problem=type(error.__cause__ or error).__name__,
        )

    def holds(self, plan: Plan, expression: Expression, values: list[object]) -> bool:
        """Whether an expression is true for these values of its paths; false without an answer."""
        try:
            return expression.holds(values)
        except EvaluationFailed as error:
            self.note(plan, expression, error)
            return False
