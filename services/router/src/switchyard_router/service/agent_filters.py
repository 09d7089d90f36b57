"""Which agents the present step of a contact admits: expression, target, preferred, excluded.

An expression comes apart into conjuncts. What reads the contact alone is one answer for all agents;
what reads agents becomes a mask over their rows that is kept, shared by all contacts that look
alike to it, and worked out anew only for agents who changed. Equal facts are evaluated once.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
from numpy.typing import NDArray

from switchyard_router.domain.agents import Mask
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.expressions import AGENT, Expression, reads
from switchyard_router.domain.facts import FACTS
from switchyard_router.domain.plans import Plan, Step
from switchyard_router.domain.queues import TargetKind
from switchyard_router.service.agent_rows import AgentRows, nature
from switchyard_router.service.board import Board
from switchyard_router.service.contact_facts import ContactFacts
from switchyard_router.service.departures import Departures
from switchyard_router.service.expression_failures import ExpressionFailures
from switchyard_router.service.store_clock import StoreClock

_MOST_MASKS = 512
_MOST_ANSWERS = 20_000

type _Part = tuple[Plan, Expression, list[object]]
"""A conjunct about agents, with the values of what it reads of contact and queue."""


@dataclass(frozen=True, slots=True)
class _Admission:
    """Whom a step admits. `only`: this agent; `key`: equal for equal answers."""

    nobody: bool = False
    parts: tuple[_Part, ...] = ()
    only: str = ""
    excluded: frozenset[str] = frozenset()
    key: Hashable = ()


_NO_ROWS: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
_ANYBODY = _Admission()
_NOBODY = _Admission(nobody=True, key="nobody")


class AgentFilters:
    """Masks over the rows of the board's agents, shared by contacts with equal signatures.

    Memory: 512 masks of a byte per agent, and 20,000 answers.
    """

    def __init__(
        self,
        board: Board,
        facts: ContactFacts,
        failures: ExpressionFailures,
        departures: Departures,
        clock: StoreClock,
    ) -> None:
        self._board = board
        self._facts = facts
        self._failures = failures
        self._departures = departures
        self._clock = clock
        self._rows = AgentRows(board.agents, clock)
        self._masks: OrderedDict[Hashable, _RowMask] = OrderedDict()
        self._answers: dict[Hashable, bool] = {}

    def signature(self, contact: Waiting) -> Hashable:
        """Contacts with equal signatures have the same mask."""
        return self._admission(contact).key

    def mask(self, contact: Waiting) -> Mask | None:
        """True for the rows of agents whom the contact's step admits; None: no restriction."""
        admission = self._admission(contact)
        if admission is _ANYBODY:
            return None
        size = len(self._board.agents)
        if admission.nobody:
            return np.zeros(size, dtype=bool)
        mask = np.ones(size, dtype=bool)
        for plan, expression, values in admission.parts:
            mask &= self._row_mask(plan, expression, values)
        if admission.only:
            mask &= self._only(admission.only, size)
        for agent_id in admission.excluded:
            mask &= ~self._only(agent_id, size)
        return mask

    def changes_at(self, contact: Waiting) -> int | None:
        """When (ms) time alone may change the contact's mask; None: it does not."""
        now = self._clock.now_ms()
        soon = now - now % 1000 + 1000
        step = self._board.plan_for(contact).at(contact.step)
        times: list[int] = []
        if contact.preferred_agent and contact.preferred_until_ms > now:
            times.append(contact.preferred_until_ms)
        due = self._facts.due_ms(contact.id)
        if due is not None and due > now:
            times.append(due)
        if step.filter is not None and any(_timed(part) for part in step.filter.conjuncts):
            times.append(soon)
        return min(times, default=None)

    def _admission(self, contact: Waiting) -> _Admission:
        plan = self._board.plan_for(contact)
        step = plan.at(contact.step)
        if contact.id in self._departures:
            return _NOBODY
        only = self._named(contact, step)
        if step.filter is None and not only and not contact.excluded_agents:
            return _ANYBODY
        parts: list[_Part] = []
        for expression in step.filter.conjuncts if step.filter is not None else ():
            values = self._facts.values(contact, expression.paths)
            if values is None:
                return _NOBODY
            if reads(expression, AGENT):
                parts.append((plan, expression, values))
            elif not self._answer(plan, expression, values):
                return _NOBODY
        timed = any(nature(expression.paths)["timed"] for _, expression, _ in parts)
        key = (
            tuple((expression, _hashable(values)) for _, expression, values in parts),
            only,
            contact.excluded_agents,
            self._clock.now_ms() // 1000 if timed else 0,
        )
        return _Admission(False, tuple(parts), only, contact.excluded_agents, key)

    def _named(self, contact: Waiting, step: Step) -> str:
        """Who alone may have it: the preferred agent while awaited, else the step's; or "".

        Nobody waits for a preferred agent who is not signed in.
        """
        preferred = contact.preferred_agent
        awaited = bool(preferred) and contact.preferred_until_ms > self._clock.now_ms()
        if awaited and self._rows.signed_in(preferred):
            return preferred
        if step.target is not None and step.target.kind is TargetKind.AGENT:
            return step.target.value
        return ""

    def _only(self, agent_id: str, size: int) -> Mask:
        mask = np.zeros(size, dtype=bool)
        row = self._board.agents.row(agent_id)
        if row is not None:
            mask[row] = True
        return mask

    def _row_mask(self, plan: Plan, expression: Expression, values: list[object]) -> Mask:
        key = (expression, _hashable(values))
        known = self._masks.get(key)
        if known is None:
            known = self._masks[key] = _RowMask(expression, values)
            if len(self._masks) > _MOST_MASKS:
                self._masks.popitem(last=False)
        self._masks.move_to_end(key)
        rows = known.stale(self._rows)
        for row in rows:
            known.mask[row] = self._answer(plan, expression, known.values(self._rows, int(row)))
        return known.mask

    def _answer(self, plan: Plan, expression: Expression, values: list[object]) -> bool:
        key = (expression, _hashable(values))
        known = self._answers.get(key)
        if known is None:
            if len(self._answers) >= _MOST_ANSWERS:
                self._answers.clear()
            known = self._answers[key] = self._failures.holds(plan, expression, values)
        return known


class _RowMask:
    """The answers of one conjunct for all agents, as of a tick."""

    def __init__(self, expression: Expression, values: Sequence[object]) -> None:
        self._paths = expression.paths
        self._values = list(values)
        self._of_agents = [number for number, path in enumerate(self._paths) if path[0] == AGENT]
        self._live, self._timed = nature(self._paths).values()
        self._tick = -1
        self._second = 0
        self.mask: Mask = np.zeros(0, dtype=bool)

    def stale(self, rows: AgentRows) -> NDArray[np.intp]:
        """Rows to answer anew; they count as answered from here on."""
        if len(rows) > len(self.mask):
            new = np.zeros(len(rows) - len(self.mask), dtype=bool)
            self.mask = np.concatenate((self.mask, new))
        since, self._tick = self._tick, rows.tick
        if self._timed and self._second != rows.second:
            self._second = rows.second
            return np.arange(len(rows))
        if since == rows.tick:
            return _NO_ROWS
        return rows.changed(since, live=self._live)

    def values(self, rows: AgentRows, row: int) -> list[object]:
        """Values of the conjunct's paths for the agent of a row."""
        values = self._values.copy()
        for number in self._of_agents:
            values[number] = rows.value(row, self._paths[number])
        return values


def _timed(expression: Expression) -> bool:
    return any(FACTS[path[0]][path[1]].timed for path in expression.paths)


def _hashable(values: Sequence[object]) -> Hashable:
    """Values as a key. 1 and True are equal to Python, and not to an expression: types count."""
    return tuple((type(value), _plain(value)) for value in values)


def _plain(value: object) -> Hashable:
    if isinstance(value, list | tuple | dict):
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return value  # what is left are strings, numbers, None, MISSING
