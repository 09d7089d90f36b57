"""Matches lines of waiting contacts with free agents, ready to be reserved; changes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import orjson
import structlog
from switchyard_common.ids import IdFactory
from switchyard_scoring.decision import Decision

from switchyard_router.domain.agents import Mask
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.lanes import Lane
from switchyard_router.domain.matching import match
from switchyard_router.domain.ranking import KEPT, Question, Ranking
from switchyard_router.domain.records import Reservation
from switchyard_router.service.board import Board
from switchyard_router.service.deciding import Decider
from switchyard_router.service.waiting_lines import Line

_DEFECTS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a broken expression, model or configuration may raise: it must not halt the others."""


@dataclass(frozen=True, slots=True)
class _Trace:
    """What all choices from one ranking say alike: rejections, and their part of the event."""

    rejected: Mapping[str, int]
    event: bytes


class Choice(NamedTuple):
    """A contact chosen for the agent at a position of its line's ranking.

    `offer_id` is the decision's id, too. `given`: contact by row, for all agents of the pass.
    """

    contact: Waiting
    ranking: Ranking
    trace: _Trace
    position: int
    row: int
    offer_id: str
    given: Mapping[int, str]
    overtakes: tuple[str, ...] = ()


@dataclass(slots=True)
class Pass:
    """What one look at some lines gave.

    `closed`: lines that nobody can serve now, and when (ms) time alone may change that; `broken`:
    lines that cannot be looked at.
    """

    choices: list[Choice] = field(default_factory=list)
    closed: dict[Line, int | None] = field(default_factory=dict)
    broken: list[Line] = field(default_factory=list)


class Matchmaker:
    """Chooses for each agent at most one contact. Cost: one ranking for each line that somebody
    can serve, and the matching; see domain/matching.py."""

    def __init__(self, board: Board, decider: Decider, ids: IdFactory) -> None:
        self._board = board
        self._decider = decider
        self._ids = ids
        self._log = structlog.stdlib.get_logger()

    def choose(self, lines: Iterable[Line], now_ms: int, barred: Sequence[int] = ()) -> Pass:
        """Match lines with agents, those of `barred` rows excepted."""
        found = Pass()
        allowed = np.ones(len(self._board.agents), dtype=bool)
        allowed[list(barred)] = False
        asked = self._open(lines, now_ms, allowed, found)
        # No line needs more agents than there are contacts to be served by all together.
        most = sum(count for _, _, count in asked.values()) + KEPT
        lanes: list[tuple[Line, Ranking, Lane]] = []
        alone = len(asked) == 1
        for line, (question, mask, count) in asked.items():
            try:
                ranking = self._decider.score(question, mask, now_ms, most)
                lanes.append((line, ranking, self._lane(line, ranking, count, alone)))
            except _DEFECTS:
                self._break(line, found)
        self._match(lanes, found, now_ms)
        return found

    def decision(self, choice: Choice) -> Decision:
        """The record of a choice."""
        return self._decider.decision(
            choice.ranking,
            choice.contact,
            choice.position,
            choice.offer_id,
            choice.trace.rejected,
            choice.given,
            choice.offer_id,
        )

    def reservation(self, choice: Choice) -> Reservation:
        """What the store is asked for, with the route.decided event but for the waiting time."""
        contact_id, agent_id = choice.contact.id, self._board.agents.ids[choice.row]
        event = {
            "decision": choice.offer_id,
            "contact": contact_id,
            "agent": agent_id,
            "predicted_ms": choice.ranking.predicted_ms(choice.position),
        }
        # One object out of two: what all choices of a line share is encoded once.
        decided = orjson.dumps(event)[:-1] + b"," + choice.trace.event[1:]
        return Reservation(
            contact=contact_id,
            agent=agent_id,
            offer_id=choice.offer_id,
            decision_id=choice.offer_id,
            decided=decided,
            overtaken=choice.overtakes,
            queue=choice.contact.queue,
        )

    def _open(
        self, lines: Iterable[Line], now_ms: int, allowed: Mask, found: Pass
    ) -> dict[Line, tuple[Question, Mask, int]]:
        """Lines that somebody can serve: the question, who, and how many contacts at most."""
        asked: dict[Line, tuple[Question, Mask, int]] = {}
        for line in lines:
            head = self._board.contacts[line.places[0][1]]
            try:
                question = self._decider.question(head, now_ms)
                mask = self._decider.eligible(question, now_ms) & allowed
                free = int(np.count_nonzero(mask))
                if free:
                    asked[line] = (question, mask, min(free, len(line.places)))
                else:
                    found.closed[line] = self._decider.next_look(question, now_ms)
            except _DEFECTS:
                self._break(line, found)
        return asked

    def _break(self, line: Line, found: Pass) -> None:
        self._log.exception("line_broken", queue=line.queue, contact=line.places[0][1])
        found.broken.append(line)

    def _lane(self, line: Line, ranking: Ranking, count: int, alone: bool) -> Lane:
        question = ranking.question
        trades = question.policy.trades and not alone
        urgency = np.zeros(0)
        if trades:
            first = [self._board.contacts[contact_id] for _, contact_id in line.places[:count]]
            urgency = ranking.urgencies(first)
        return Lane(
            rows=ranking.rows,
            fit=ranking.fit,
            contacts=line.places,
            urgency=urgency,
            needs=line.needs,
            trades=trades,
            max_overtakes=question.queue.max_overtakes,
            overtaken=line.overtaken,
        )

    def _match(self, lanes: list[tuple[Line, Ranking, Lane]], found: Pass, now_ms: int) -> None:
        matches = match([lane for _, _, lane in lanes], len(self._board.agents))
        given = {each.row: lanes[each.lane][2].contacts[each.at][1] for each in matches}
        traces: dict[int, _Trace] = {}
        for each in matches:
            line, ranking, _ = lanes[each.lane]
            trace = traces.get(each.lane)
            if trace is None:
                trace = traces[each.lane] = self._trace(ranking, now_ms)
            found.choices.append(
                Choice(
                    contact=self._board.contacts[line.places[each.at][1]],
                    ranking=ranking,
                    trace=trace,
                    position=each.rank,
                    row=each.row,
                    offer_id=self._ids.new(),
                    given=given,
                    overtakes=each.overtakes,
                )
            )

    def _trace(self, ranking: Ranking, now_ms: int) -> _Trace:
        rejected = self._decider.rejections(ranking.question, now_ms)
        question = ranking.question
        event = {
            "policy": question.policy.name,
            "eligible_count": ranking.eligible,
            "rejected_counts": rejected,
            "step": question.step,
            "plan_version": question.plan_version,
            "model_version": ranking.model_version,
            "arm": question.arm,
            "degraded": bool(ranking.degraded),
            "propensity": question.propensity,
        }
        return _Trace(rejected, orjson.dumps(event))
