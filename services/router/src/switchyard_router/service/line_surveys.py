"""Which agents serve which lines, and when they get round to each place, as of a moment."""

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from switchyard_common.clock import Clock

from switchyard_router.domain.agents import Mask
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.lanes import Place
from switchyard_router.domain.line_flow import Demand, Flow, flow
from switchyard_router.domain.ranking import Question
from switchyard_router.service.board import Board
from switchyard_router.service.places import PlaceFinder
from switchyard_router.service.store_clock import StoreClock
from switchyard_router.service.upkeep import Upkeep

_MOST_LINES = 64
"""Lines, the longest ones, among which agents are taken to divide their time."""
_SURVEY = "survey"


class Suitability(Protocol):
    """Who could serve a contact; see service/deciding.py."""

    def signature(self, contact: Waiting) -> Hashable:
        """Contacts with equal signatures have the same agents."""
        ...

    def question(self, contact: Waiting, now_ms: int) -> Question:
        """What the contact asks now."""
        ...

    def suited(self, question: Question, now_ms: int) -> Mask:
        """Agents who could take the contact if they were ready and had room: bool per row."""
        ...


class Line(Protocol):
    """Contacts with equal signatures; see service/waiting_lines.py."""

    @property
    def places(self) -> Sequence[Place]:
        """Their places, in order."""
        ...


class Lines(Protocol):
    """All lines of waiting contacts; see service/waiting_lines.py."""

    def all(self) -> Collection[Line]:
        """The lines that somebody waits in."""
        ...


@dataclass(frozen=True, slots=True)
class Survey:
    """The flow of the longest lines, the last place of each queue then, and when that was (s)."""

    flow: Flow
    last: Mapping[str, Place]
    at: float
    classes: dict[Hashable, NDArray[np.intp]]
    """Classes of the agents that serve contacts with a signature, as far as that was asked."""

    def seconds(self, key: Hashable, agents: Mask, order_ms: int, now: float) -> float:
        """When the first of some agents gets round to a place, from `now` (monotonic seconds)."""
        classes = self.classes.get(key)
        if classes is None:
            classes = self.classes[key] = self.flow.classes(agents)
        return max(0.0, self.flow.seconds(order_ms, classes) - (now - self.at))

    def newer(self, queue_id: str, line: Sequence[Place], place: Place) -> int:
        """Contacts of a queue's present line before a place who came after the survey."""
        known = bisect_right(line, self.last[queue_id]) if queue_id in self.last else 0
        return max(0, bisect_left(line, place) - known)


class LineSurveys:
    """Makes a survey when the last one is out of date.

    Cost: O(contacts of the longest lines) here, and up to 100 ms in another thread.
    """

    def __init__(
        self,
        board: Board,
        suitability: Suitability,
        lines: Lines,
        finder: PlaceFinder,
        clock: StoreClock,
        timer: Clock,
        upkeep: Upkeep,
    ) -> None:
        self._board = board
        self._suitability = suitability
        self._lines = lines
        self._finder = finder
        self._clock = clock
        self._timer = timer
        self._upkeep = upkeep
        self._one_at_a_time = asyncio.Lock()
        self._known: tuple[Survey, float] | None = None

    async def now(self) -> Survey:
        """The survey at hand, or a new one."""
        before = self._known
        if before is not None and self._timer.monotonic() < before[1]:
            return before[0]
        async with self._one_at_a_time:
            if self._known is None or self._known is before:
                survey = await self._look_around()
                cost = self._timer.monotonic() - survey.at
                self._known = (survey, self._upkeep.until(_SURVEY, cost))
            return self._known[0]

    def ready(self, contact: Waiting) -> Mask:
        """Agents who work and could serve a contact, busy or not: bool per row."""
        now = self._clock.now_ms()
        suited = self._suitability.suited(self._suitability.question(contact, now), now)
        ready: Mask = self._board.agents.column("ready")
        return suited & ready

    async def _look_around(self) -> Survey:
        started, board = self._timer.monotonic(), self._board
        lines = nlargest(_MOST_LINES, self._lines.all(), key=lambda line: len(line.places))
        demands = [each for line in lines if (each := self._demand(line)) is not None]
        last = {
            queue_id: board.line(queue_id)[-1] for queue_id in board.queues if board.line(queue_id)
        }
        found = await asyncio.to_thread(flow, demands, len(board.agents))
        return Survey(found, last, started, {})

    def _demand(self, line: Line) -> Demand | None:
        """None for a line whose contacts are all gone: lines follow the board a moment later."""
        present = (self._board.contacts.get(contact_id) for _, contact_id in line.places)
        head = next((contact for contact in present if contact is not None), None)
        if head is None:
            return None
        orders = np.fromiter((place[0] for place in line.places), np.int64, len(line.places))
        agents = self.ready(head)
        seconds, places = self._finder.typical(head, np.flatnonzero(agents))
        return Demand(orders, agents, seconds, places)
