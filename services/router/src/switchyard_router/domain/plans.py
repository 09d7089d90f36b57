"""Routing plans: the ordered steps a contact goes through until somebody answers."""

from dataclasses import dataclass

from switchyard_router.domain.expressions import AgentExpression, Expression
from switchyard_router.domain.queues import Target
from switchyard_router.domain.skills import SkillNeed


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan: who may answer, and for how long from entering it (None: for ever).

    `target`: a queue, an agent or an address outside; `filter`: the agents who may answer.
    `order_by`: the policy of the step; empty: the queue's.
    """

    needs: tuple[SkillNeed, ...] = ()
    target: Target | None = None
    filter: AgentExpression | None = None
    expires_after_ms: int | None = None
    skip_if: Expression | None = None
    order_by: str = ""
    priority_delta: int = 0
    max_parallel_offers: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """Ordered steps, and where the contact goes after the last one (None: it stays in it)."""

    id: str
    version: int
    steps: tuple[Step, ...]
    overflow: Target | None = None

    def clamped(self, step: int) -> int:
        """The index of a step that exists: plans may lose steps while contacts wait in them."""
        return min(max(step, 0), len(self.steps) - 1)

    def at(self, step: int) -> Step:
        """The step of an index, clamped."""
        return self.steps[self.clamped(step)]

    def step_at(self, waited_seconds: float) -> int:
        """Index of the step in force after waiting so long, when none was passed over."""
        entered = 0.0
        for index, step in enumerate(self.steps):
            if (
                step.expires_after_ms is None
                or waited_seconds < entered + step.expires_after_ms / 1000
            ):
                return index
            entered += step.expires_after_ms / 1000
        return len(self.steps) - 1


ANYONE = Plan(id="", version=0, steps=(Step(),))
"""The plan of a queue that names none."""
