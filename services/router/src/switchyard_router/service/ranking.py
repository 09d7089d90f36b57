"""Advice: who would be the best agent for a contact at this moment. Reserves nobody."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from switchyard_common.ids import IdFactory
from switchyard_scoring.decision import Candidate, Decision

from switchyard_router.domain.agents import Mask
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.eligibility import Gate, rejections
from switchyard_router.domain.ranking import Ranking
from switchyard_router.domain.refusals import refusal
from switchyard_router.service.board import Board
from switchyard_router.service.deciding import Decider
from switchyard_router.service.store_clock import StoreClock

STALE = "STALE_STATE"
NOT_ASKED_FOR = "NOT_ASKED_FOR"
UNKNOWN_AGENT = "UNKNOWN_AGENT"
MOST_REJECTED = 200
"""Rejected agents who are named; all are counted."""


class DecisionSink(Protocol):
    """Keeps decisions, without making anybody wait."""

    def note(self, decision: Decision) -> None:
        """Take a decision for storing; never blocks, never raises."""
        ...


class HypotheticalContacts(Protocol):
    """Facts of contacts that are nowhere stored."""

    def lend(self, contact_id: str, detail: bytes) -> None:
        """Know a contact's detail until it is taken back."""
        ...

    def take_back(self, contact_id: str) -> None:
        """Forget it."""
        ...


@dataclass(frozen=True, slots=True)
class RankQuery:
    """Who is asked for. `agents`: only these, empty: all; `limit`: best ones to return.

    `detail`: the contact as the platform gave it, for expressions; None for one that waits here.
    `explain`: rejected agents too. `keep`: keep a decision.
    """

    contact: Waiting
    agents: tuple[str, ...] = ()
    limit: int = 10
    detail: bytes | None = None
    explain: bool = False
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Advice:
    """The answer: eligible agents, best first, then rejected ones where they were asked for.

    `degraded`: reasons; empty: nothing stood in for anything. `decision`: id of the kept one.
    """

    ranking: Ranking
    candidates: tuple[Candidate, ...]
    rejected: tuple[Candidate, ...]
    rejected_counts: dict[str, int]
    degraded: tuple[str, ...]
    decision: str


class RankAgents:
    """Ranks agents for a contact with the same code that dispatches; a few operations over all."""

    def __init__(
        self,
        board: Board,
        decider: Decider,
        contacts: HypotheticalContacts,
        sink: DecisionSink,
        ids: IdFactory,
        clock: StoreClock,
        up_to_date: Callable[[], bool],
    ) -> None:
        self._board = board
        self._decider = decider
        self._contacts = contacts
        self._sink = sink
        self._ids = ids
        self._clock = clock
        self._up_to_date = up_to_date

    def execute(self, query: RankQuery) -> Advice:
        """Advice for now; QUEUE if there is no such queue."""
        if query.contact.queue not in self._board.queues:
            raise refusal("QUEUE_UNKNOWN")
        if query.detail is None:
            return self._advise(query)
        self._contacts.lend(query.contact.id, query.detail)
        try:
            return self._advise(query)
        finally:
            self._contacts.take_back(query.contact.id)

    def _advise(self, query: RankQuery) -> Advice:
        now = self._clock.now_ms()
        among = self._among(query.agents)
        ranking = self._decider.rank(query.contact, now, among)
        gates = self._decider.gates(ranking.question, now)
        if among is not None:
            gates = [(NOT_ASKED_FOR, among), *gates]
        rejected = rejections(gates, len(self._board.agents))
        stale = "" if self._up_to_date() else STALE
        reasons = tuple(filter(None, (stale, ranking.degraded)))
        return Advice(
            ranking=ranking,
            candidates=self._decider.candidates(ranking, query.limit),
            rejected=self._rejected(query, gates) if query.explain else (),
            rejected_counts=rejected,
            degraded=reasons,
            decision=self._keep(query, ranking, rejected, bool(reasons)) if query.keep else "",
        )

    def _among(self, agent_ids: Sequence[str]) -> Mask | None:
        if not agent_ids:
            return None
        mask = np.zeros(len(self._board.agents), dtype=bool)
        rows = (self._board.agents.row(agent_id) for agent_id in agent_ids)
        mask[[row for row in rows if row is not None]] = True
        return mask

    def _rejected(self, query: RankQuery, gates: Sequence[Gate]) -> tuple[Candidate, ...]:
        """Rejected agents, those first who fail at the last gates only: they lack the least."""
        agents = self._board.agents
        unknown = [agent_id for agent_id in query.agents if agents.row(agent_id) is None]
        named = [_rejected(agent_id, UNKNOWN_AGENT) for agent_id in unknown[:MOST_REJECTED]]
        first = np.full(len(agents), len(gates), dtype=np.int64)
        for place, (_, passes) in reversed(list(enumerate(gates))):
            first[~passes] = place
        asked = self._among(query.agents)
        barred = (first < len(gates)) & np.array([bool(each) for each in agents.ids], dtype=bool)
        rows = np.flatnonzero(barred if asked is None else barred & asked)
        best = rows[np.argsort(-first[rows], kind="stable")][: MOST_REJECTED - len(named)]
        return (*(_rejected(agents.ids[row], gates[first[row]][0]) for row in best), *named)

    def _keep(
        self, query: RankQuery, ranking: Ranking, rejected: dict[str, int], degraded: bool
    ) -> str:
        decision_id, contact = self._ids.new(), query.contact
        if len(ranking.rows):
            made = self._decider.decision(ranking, contact, 0, decision_id, rejected)
        else:
            made = _nobody(ranking, contact, decision_id, rejected)
        waits_here = query.detail is None
        self._sink.note(
            replace(made, contact=contact.id if waits_here else "", advice=True, degraded=degraded)
        )
        return decision_id


def _rejected(agent_id: str, reason: str) -> Candidate:
    return Candidate(agent_id, 0.0, {}, 0.0, rejected=reason)


def _nobody(
    ranking: Ranking, contact: Waiting, decision_id: str, rejected: dict[str, int]
) -> Decision:
    question = ranking.question
    return Decision(
        id=decision_id,
        contact=contact.id,
        agent="",
        queue=contact.queue,
        policy=question.policy.name,
        plan_version=question.plan_version,
        step=question.step,
        time_ms=ranking.now_ms,
        waited_ms=max(0, ranking.now_ms - contact.enqueue_ms),
        eligible_count=0,
        rejected_counts=rejected,
        arm=question.arm,
        seed=ranking.seed,
        propensity=question.propensity,
    )
