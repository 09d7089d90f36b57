"""A question and its ranking: eligible agents for a contact, best first, with all the numbers.

From a ranking come decision records, which keep the few rows that a replay needs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from switchyard_scoring.decision import Candidate, Decision, Inputs
from switchyard_scoring.scoring import CONTACT_TERMS, FORMULA, Scores, Whole, replay, urgency

from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.eligibility import Asked
from switchyard_router.domain.lanes import Rows
from switchyard_router.domain.policies import Policy
from switchyard_router.domain.queues import QueueProfile

KEPT = 20
"""Candidates kept in a decision."""
_KEPT_BETTER = 4
NOBODY: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Question:
    """What a contact asks at this moment: needs, policy and arm in force."""

    contact: Waiting
    asked: Asked
    queue: QueueProfile
    policy: Policy
    plan_version: int
    step: int
    arm: str = ""
    propensity: float = 1.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """Eligible agents (rows of the board), the best first, and what that was computed from.

    `fit` [rows] and the whole numbers in `table` [rows, columns] are in the same order. `eligible`
    counts all eligible agents; `rows` may be only the best of them. `degraded`: why a fallback
    stood in for something; empty: nothing did.
    """

    question: Question
    now_ms: int
    seed: int
    rows: Rows
    fit: Scores
    columns: tuple[str, ...]
    table: Whole
    weights: Mapping[str, float]
    eligible: int
    model_version: str = ""
    degraded: str = ""

    def predicted_ms(self, position: int) -> int:
        """Expected handle time with the agent at a position; 0 where nothing was predicted."""
        if "handle_ms" not in self.columns:
            return 0
        return int(self.table[position, self.columns.index("handle_ms")])

    def urgencies(self, contacts: Sequence[Waiting]) -> Scores:
        """Urgency of contacts that share the ranking, in their order, in seconds-equivalents.

        Never rising: who is behind another in line can only be served after that one.
        """
        if not _weighs_contacts(self.weights):
            return np.zeros(len(contacts))
        waited = np.array([self.now_ms - each.order_ms for each in contacts], dtype=np.int64)
        target = self.question.queue.times.target_ms
        urgencies = urgency({"waited_ms": waited, "target_ms": target}, self.weights)
        falling: Scores = np.minimum.accumulate(urgencies)
        return falling


def inputs_of(
    ranking: Ranking,
    ids: Sequence[str],
    contact: Waiting,
    positions: Sequence[int],
    given: Mapping[int, str] = NOBODY,
) -> Inputs:
    """What a decision keeps of the agents at some positions, the chosen one's the first.

    `ids`: of all agents, by row. `given`: contact ids by row, for agents that contacts of the same
    pass got.
    """
    at, numbers = np.array(positions), _numbers(ranking, contact)
    rows: list[int] = ranking.rows[at].tolist()
    others = {row: given[row] for row in rows[1:] if row in given}
    return Inputs(
        formula=FORMULA,
        agents=tuple([ids[row] for row in rows]),
        columns=ranking.columns,
        values=tuple(ranking.table[at].ravel().tolist()),
        weights=ranking.weights,
        contact=numbers,
        given_to_others={ids[row]: to for row, to in others.items()},
        scores=tuple((ranking.fit[at] + urgency(numbers, ranking.weights)).tolist()),
    )


def candidates_of(ranking: Ranking, ids: Sequence[str], most: int) -> tuple[Candidate, ...]:
    """The best of a ranking in full, with their terms."""
    positions = range(min(most, len(ranking.rows)))
    if not positions:
        return ()
    inputs = inputs_of(ranking, ids, ranking.question.contact, positions)
    return replay(inputs, ranking.seed, ranking.question.propensity).candidates


def decision_of(
    ranking: Ranking,
    ids: Sequence[str],
    contact: Waiting,
    position: int,
    decision_id: str,
    rejected: Mapping[str, int],
    given: Mapping[int, str] = NOBODY,
    offer_id: str = "",
) -> Decision:
    """The record of choosing the agent at a position of the ranking for a contact.

    `given`: contact ids by row, for all better agents, who went to others. `offer_id`: empty for
    advice that reserves nobody.
    """
    better = range(min(position, _KEPT_BETTER))
    rest = range(position + 1, min(position + KEPT - len(better), len(ranking.rows)))
    question = ranking.question
    inputs = inputs_of(ranking, ids, contact, [position, *better, *rest], given)
    return Decision(
        id=decision_id,
        contact=contact.id,
        agent=inputs.agents[0],
        queue=contact.queue,
        policy=question.policy.name,
        plan_version=question.plan_version,
        step=question.step,
        time_ms=ranking.now_ms,
        waited_ms=max(0, ranking.now_ms - contact.enqueue_ms),
        eligible_count=ranking.eligible,
        rejected_counts=rejected,
        inputs=inputs,
        model_version=ranking.model_version,
        arm=question.arm,
        degraded=bool(ranking.degraded),
        seed=ranking.seed,
        overtaken=contact.overtaken,
        propensity=question.propensity,
        predicted_ms=ranking.predicted_ms(position),
        offer=offer_id,
    )


def _numbers(ranking: Ranking, contact: Waiting) -> dict[str, int]:
    if not _weighs_contacts(ranking.weights):
        return {}
    return {
        "waited_ms": ranking.now_ms - contact.order_ms,
        "target_ms": ranking.question.queue.times.target_ms,
    }


def _weighs_contacts(weights: Mapping[str, float]) -> bool:
    return any(name in weights for name in CONTACT_TERMS)
