"""A centre on a board, for estimates of waits: agents, lines and handle times that are known."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from switchyard_common.clock import FakeClock
from switchyard_router.domain.agents import AgentProfile
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.records import QueueCounts, StoredEvent
from switchyard_router.service.board import Board
from switchyard_router.service.deciding import Decider
from switchyard_router.service.line_surveys import LineSurveys
from switchyard_router.service.paces import Paces
from switchyard_router.service.places import PlaceFinder
from switchyard_router.service.predictions import Predictions
from switchyard_router.service.promises import Promises
from switchyard_router.service.store_clock import StoreClock
from switchyard_router.service.upkeep import Upkeep
from switchyard_router.service.wait_estimates import WaitEstimates
from switchyard_router.service.waiting_lines import WaitingLines

from tests.fakes.router.core import TIMES, board, ready

NOW_MS = 1_000_000_000


class NoFilters:
    """Steps of plans admit everybody."""

    def signature(self, contact: Waiting) -> Hashable:
        """The same for all."""
        return ()

    def mask(self, contact: Waiting) -> None:
        """No restriction."""

    def changes_at(self, contact: Waiting) -> None:
        """Never."""


class Times:
    """Predicts the same for everybody; counts how often it is asked."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.known = True
        self.asked = 0

    def predict(self, contacts: Sequence[Waiting], rows: Any) -> Predictions:
        """As told."""
        self.asked += 1
        return Predictions(np.full((len(contacts), len(rows)), self.seconds), known=self.known)

    def means(self, contacts: Sequence[Waiting], rows: Any) -> Predictions:
        """As told."""
        return self.predict(contacts, rows)


class Counts:
    """Queues in which many services ended."""

    def __init__(self) -> None:
        self.finished = 1_000

    async def counts(self, queue_ids: Sequence[str]) -> list[QueueCounts]:
        """The same for all."""
        return [QueueCounts(finished=self.finished)] * len(queue_ids)


class WaitingCentre:
    """A board with agents, and estimates over it. Time is set by the test, in seconds."""

    def __init__(self, *agents: AgentProfile, handle_seconds: float = 100.0, seed: int = 3) -> None:
        self.board: Board = board(*agents, wrap_up_ms=0)
        self.own = FakeClock()
        self.clock = StoreClock(self.own)
        self.clock.observe(NOW_MS)
        self.decider = Decider(self.board, NoFilters())
        self.lines = WaitingLines(self.board, self.decider)
        self.paces, self.times, self.counts = Paces(), Times(handle_seconds), Counts()
        finder = PlaceFinder(self.board, self.times, self.paces)
        self.promises, upkeep = Promises(), Upkeep(self.own)
        surveys = LineSurveys(
            self.board, self.decider, self.lines, finder, self.clock, self.own, upkeep
        )
        self.waits = WaitEstimates(
            self.board,
            self.decider,
            surveys,
            finder,
            self.paces,
            self.promises,
            self.counts,
            self.clock,
            self.own,
            upkeep,
            np.random.default_rng(seed),
        )

    def add_queue(self, queue_id: str) -> None:
        """A queue like q."""
        q = self.board.queues["q"]
        self.board.queues[queue_id] = type(q)(queue_id, "", q.policy, TIMES, 1)

    def hold(self, agent_id: str, seq: int, **held: str) -> None:
        """The agent has these contacts from now on: "CHANNEL:stage" by contact."""
        now = self.clock.now_ms()
        self.board.agents.set_live(agent_id, ready(seq, held=held, since_ms=now))

    def happen(self, event: StoredEvent) -> None:
        """An event reaches everybody who follows."""
        self.board.apply(event)
        self.promises.on_event(event)
        self.paces.on_event(event)
        self.lines.changed(self.clock.now_ms())
