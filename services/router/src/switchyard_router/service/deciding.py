"""Decides: who could take a contact, what each is worth for it, and why; changes nothing."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from switchyard_scoring.decision import Candidate, Decision
from switchyard_scoring.scoring import CONTACT_TERMS, TERMS, best_first, fit, lots, needed

from switchyard_router.domain.agents import Mask
from switchyard_router.domain.arms import arm_of
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.eligibility import (
    Asked,
    Gate,
    fixed,
    gates,
    opens_at,
    rejections,
    timed,
)
from switchyard_router.domain.lanes import Rows
from switchyard_router.domain.measures import Measures
from switchyard_router.domain.policies import (
    DEFAULT_POLICY,
    POLICIES,
    HandleTimeSource,
    weights_of,
)
from switchyard_router.domain.ranking import (
    NOBODY,
    Question,
    Ranking,
    candidates_of,
    decision_of,
)
from switchyard_router.domain.skills import SkillNeed
from switchyard_router.service.board import Board
from switchyard_router.service.predictions import Predictions

_MOST_KEPT_MASKS = 1000


class AgentFilters(Protocol):
    """Which agents the present step of a contact admits; see service/agent_filters.py."""

    def signature(self, contact: Waiting) -> Hashable:
        """Contacts with equal signatures have the same mask."""
        ...

    def mask(self, contact: Waiting) -> Mask | None:
        """True for the rows of agents whom the contact's step admits; None: no restriction."""
        ...

    def changes_at(self, contact: Waiting) -> int | None:
        """When (ms) time alone may change the contact's mask; None: it does not."""
        ...


class NoFilters:
    """For where no plan restricts agents by anything but skills."""

    def signature(self, contact: Waiting) -> Hashable:
        """All are alike."""
        return ()

    def mask(self, contact: Waiting) -> Mask | None:
        """No restriction."""
        return None

    def changes_at(self, contact: Waiting) -> int | None:
        """It never does."""
        return None


class HandleTimes(Protocol):
    """How long agents would take; see service/handle_times.py."""

    def predict(self, contacts: Sequence[Waiting], rows: Rows) -> Predictions:
        """Expected seconds of each contact with the agents of these rows."""
        ...

    def means(self, contacts: Sequence[Waiting], rows: Rows) -> Predictions:
        """Shrunk means by agent and type of contact."""
        ...


class Decider:
    """Ranks agents for contacts from what the board shows. Pure: reserves and remembers nothing.

    One ranking costs a few numpy operations over all agents, and a sort of the eligible ones.
    """

    def __init__(
        self, board: Board, filters: AgentFilters, handle_times: HandleTimes | None = None
    ) -> None:
        self._board = board
        self._filters = filters
        self._handle_times = handle_times
        self._measures = Measures(board.agents)
        self._fixed: dict[Asked, Mask] = {}
        self._fixed_as_of = -1

    def signature(self, contact: Waiting) -> Hashable:
        """Contacts with equal signatures have the same eligible agents and the same fit."""
        return (
            self.needs_key(contact),
            self._filters.signature(contact),
            tuple(contact.spared_until_ms.items()),
            contact.preferred_agent,
            self._arm(contact),
        )

    def needs_key(self, contact: Waiting) -> Hashable:
        """Contacts with equal keys need the same: the bound on overtaking holds among them."""
        return (
            contact.queue,
            contact.channel,
            contact.language,
            contact.plan,
            contact.step,
            contact.needs,
        )

    def changes_at(self, contact: Waiting) -> int | None:
        """When (ms) time alone may change the contact's signature; None: it does not."""
        return self._filters.changes_at(contact)

    def question(self, contact: Waiting, now_ms: int) -> Question:
        """What a contact asks now. Raises KeyError for an unknown queue."""
        queue = self._board.queues[contact.queue]
        plan = self._board.plan_for(contact)
        step = plan.clamped(contact.step)
        arm = arm_of(queue, contact.id, contact.arm, now_ms)
        name = plan.at(step).order_by or (arm.policy if arm else queue.policy)
        return Question(
            contact=contact,
            asked=Asked(
                contact.queue,
                contact.channel,
                _needs(contact, plan.at(step).needs),
                queue.occupancy_cap,
                queue.break_guard_ms,
            ),
            queue=queue,
            policy=POLICIES.get(name, POLICIES[DEFAULT_POLICY]),
            plan_version=plan.version,
            step=step,
            arm=arm.name if arm else contact.arm,
            propensity=arm.share if arm else 1.0,
        )

    def eligible(self, question: Question, now_ms: int) -> Mask:
        """Agents who could take the contact now: bool per row of the board."""
        agents, asked = self._board.agents, question.asked
        mask = self._fixed_mask(asked) & agents.room(asked.channel)
        for _, gate in (*timed(agents, asked, now_ms), *self._own_gates(question.contact, now_ms)):
            mask &= gate
        return mask

    def suited(self, question: Question, now_ms: int) -> Mask:
        """Agents who could take the contact if they were ready and had room: bool per row."""
        mask = self._fixed_mask(question.asked).copy()
        for _, gate in self._own_gates(question.contact, now_ms):
            mask &= gate
        return mask

    def next_look(self, question: Question, now_ms: int) -> int | None:
        """When (ms) time alone lets somebody else pass; None: never. Signatures aside."""
        asked, contact = question.asked, question.contact
        agents = self._board.agents
        times = [until for until in contact.spared_until_ms.values() if until > now_ms]
        if asked.occupancy_cap or asked.break_guard_ms:
            idle = self._fixed_mask(asked) & agents.room(asked.channel)
            opening = opens_at(agents, asked, idle, now_ms)
            times += [] if opening is None else [opening]
        return min(times, default=None)

    def rank(
        self, contact: Waiting, now_ms: int, among: Mask | None = None, most: int = 0
    ) -> Ranking:
        """Rank the eligible agents for a contact; `among`: only these, `most`: only the best."""
        question = self.question(contact, now_ms)
        mask = self.eligible(question, now_ms)
        if among is not None:
            mask = mask & among
        return self.score(question, mask, now_ms, most)

    def score(self, question: Question, mask: Mask, now_ms: int, most: int = 0) -> Ranking:
        """Score and sort the agents of a mask; only the best `most` (0: all) are kept."""
        rows: Rows = np.flatnonzero(mask)
        weights = weights_of(question.policy, question.queue.weights)
        predictions = self._predictions(question, weights, rows)
        learned = predictions is not None and predictions.known
        if not learned:
            weights = _without_learning(question, nobody_knows=predictions is not None)
        columns = self._measures.of(
            rows,
            needed(weights),
            now_ms,
            question.asked.needs,
            question.contact.preferred_agent,
        )
        if predictions is not None and learned:
            columns["handle_ms"] = np.rint(predictions.seconds[0] * 1000).astype(np.int64)
        fits = np.broadcast_to(fit(columns, weights), len(rows))
        seed = now_ms & 0xFFFF_FFFF
        order = best_first(fits, lots(self._board.agents.column("key")[rows], seed), most)
        names = tuple(columns)
        table = np.stack([columns[name][order] for name in names], axis=1)
        return Ranking(
            question=question,
            now_ms=now_ms,
            seed=seed,
            rows=rows[order],
            fit=fits[order],
            columns=names,
            table=table,
            weights=weights,
            eligible=len(rows),
            model_version=predictions.model_version if predictions and learned else "",
            degraded=predictions.reason if predictions and predictions.degraded else "",
        )

    def gates(self, question: Question, now_ms: int) -> list[Gate]:
        """Every reason to reject agents, with those who pass: bool per row of the board."""
        own = self._own_gates(question.contact, now_ms)
        return [*gates(self._board.agents, question.asked, now_ms), *own]

    def rejections(self, question: Question, now_ms: int) -> dict[str, int]:
        """Number of agents rejected now, each by the first reason that applies."""
        return rejections(self.gates(question, now_ms), len(self._board.agents))

    def candidates(self, ranking: Ranking, most: int) -> tuple[Candidate, ...]:
        """The best of a ranking in full, with their terms."""
        return candidates_of(ranking, self._board.agents.ids, most)

    def decision(
        self,
        ranking: Ranking,
        contact: Waiting,
        position: int,
        decision_id: str,
        rejected: Mapping[str, int],
        given: Mapping[int, str] = NOBODY,
        offer_id: str = "",
    ) -> Decision:
        """The record of choosing the agent at a position of a ranking; see domain/ranking.py."""
        ids = self._board.agents.ids
        return decision_of(ranking, ids, contact, position, decision_id, rejected, given, offer_id)

    def _arm(self, contact: Waiting) -> str:
        """The arm that a contact keeps; arms that take turns belong to the time."""
        queue = self._board.queues.get(contact.queue)
        if queue is None or queue.arm_period_ms:
            return ""
        arm = arm_of(queue, contact.id, contact.arm, 0)
        return arm.name if arm else ""

    def _fixed_mask(self, asked: Asked) -> Mask:
        agents = self._board.agents
        if self._fixed_as_of != agents.profiled or len(self._fixed) > _MOST_KEPT_MASKS:
            self._fixed.clear()
            self._fixed_as_of = agents.profiled
        mask = self._fixed.get(asked)
        if mask is None:
            mask = self._fixed[asked] = fixed(agents, asked)
        return mask

    def _own_gates(self, contact: Waiting, now_ms: int) -> list[Gate]:
        """Gates of one contact: agents never to be asked, those its step admits, those spared."""
        spared = [agent for agent, until in contact.spared_until_ms.items() if until > now_ms]
        gates: list[Gate] = []
        if contact.excluded_agents:
            gates.append(("EXCLUDED", ~self._mask_of(contact.excluded_agents)))
        step = self._filters.mask(contact)
        if step is not None:
            gates.append((self._why_not(contact, step, now_ms), step))
        if spared:
            gates.append(("SPARED", ~self._mask_of(spared)))
        return gates

    def _why_not(self, contact: Waiting, admitted: Mask, now_ms: int) -> str:
        """What to call it when a step does not admit an agent."""
        awaited = contact.preferred_agent if contact.preferred_until_ms > now_ms else ""
        row = self._board.agents.row(awaited) if awaited else None
        alone = row is not None and admitted[row] and np.count_nonzero(admitted) == 1
        return "NOT_PREFERRED" if alone else "EXPRESSION"

    def _mask_of(self, agent_ids: Iterable[str]) -> Mask:
        mask = np.zeros(len(self._board.agents), dtype=bool)
        rows = (self._board.agents.row(agent_id) for agent_id in agent_ids)
        mask[[row for row in rows if row is not None]] = True
        return mask

    def _predictions(
        self, question: Question, weights: Mapping[str, float], rows: Rows
    ) -> Predictions | None:
        """Handle times where a term in force asks for them; few agents go without."""
        if self._handle_times is None or not any(TERMS[name].learned for name in weights):
            return None
        if len(rows) <= question.queue.few_agents:
            return None
        contacts = (question.contact,)
        if question.policy.handle_times is HandleTimeSource.MEANS:
            return self._handle_times.means(contacts, rows)
        return self._handle_times.predict(contacts, rows)


def _without_learning(question: Question, nobody_knows: bool) -> dict[str, float]:
    """Weights without learned terms; where they were asked for in vain, the longest idle goes."""
    kept = weights_of(question.policy, question.queue.weights, learned=False)
    if not nobody_knows:
        return kept
    return {"idle": 1.0} | {name: kept[name] for name in CONTACT_TERMS if name in kept}


def _needs(contact: Waiting, step_needs: tuple[SkillNeed, ...]) -> tuple[SkillNeed, ...]:
    asked = (need.for_language(contact.language) for need in (*step_needs, *contact.needs))
    return tuple(need for need in asked if need is not None)
