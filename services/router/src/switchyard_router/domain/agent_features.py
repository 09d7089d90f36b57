"""What is known of the board's agents, kept ready for a model, with a stamp on each agent."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from switchyard_router.domain.handle_time_features import (
    agent_features,
    occupancy_step,
    pair_features,
)
from switchyard_router.domain.handle_time_table import ContactType, Floats, HandleTimeTable, Slots

type Stamps = NDArray[np.int64]
_FIRST_SLOTS = 64
_SHIFT_BREAK_SECONDS = 4 * 3600.0
_HALF_HOUR_SECONDS = 1800.0
_LONGEST_SHIFT_HOURS = 12.0


@dataclass(slots=True)
class AgentFeatures:
    """Features by slot (the agent's row on the board).

    A slot's stamp changes with everything that its features are made of and never comes back, so
    whoever keeps something computed from them keeps the stamp with it.
    """

    table: HandleTimeTable = field(default_factory=HandleTimeTable)
    _occupancy: Floats = field(default_factory=lambda: np.zeros(_FIRST_SLOTS))
    _shift: Floats = field(default_factory=lambda: np.zeros(_FIRST_SLOTS))
    _shift_began: Floats = field(default_factory=lambda: np.full(_FIRST_SLOTS, -np.inf))
    _last_ended: Floats = field(default_factory=lambda: np.full(_FIRST_SLOTS, -np.inf))
    _stamps: Stamps = field(default_factory=lambda: np.ones(_FIRST_SLOTS, dtype=np.int64))
    _newest: int = 1

    def reserve(self, slots: int) -> None:
        """Make room for that many slots."""
        size = len(self._stamps)
        if slots > size:
            more = max(slots, 2 * size) - size
            self._occupancy = np.concatenate((self._occupancy, np.zeros(more)))
            self._shift = np.concatenate((self._shift, np.zeros(more)))
            self._shift_began = np.concatenate((self._shift_began, np.full(more, -np.inf)))
            self._last_ended = np.concatenate((self._last_ended, np.full(more, -np.inf)))
            self._stamps = np.concatenate((self._stamps, np.ones(more, dtype=np.int64)))
            self.table.reserve(size + more)

    def observe(self, slot: int, kind: ContactType, seconds: float) -> None:
        """Learn one service; ValueError for a time that is not above 0."""
        fits = self.table.fits
        self.table.observe(slot, kind, seconds)
        self._touch(slot if self.table.fits == fits else slice(None))

    def served(self, slot: int, began_seconds: float, ended_seconds: float) -> None:
        """A service of the agent's shift ended; after 4 hours without one, a shift begins."""
        if began_seconds - self._last_ended[slot] > _SHIFT_BREAK_SECONDS:
            self._shift_began[slot] = began_seconds
        self._last_ended[slot] = max(self._last_ended[slot], ended_seconds)
        halves = (self._last_ended[slot] - self._shift_began[slot]) // _HALF_HOUR_SECONDS
        step = min(max(halves / 2, 0.0), _LONGEST_SHIFT_HOURS)
        if self._shift[slot] != step:
            self._shift[slot] = step
            self._touch(slot)

    def start(self, table: HandleTimeTable) -> None:
        """Go on with another table, filled elsewhere."""
        table.reserve(len(self._stamps))
        self.table = table
        self._touch(slice(None))

    def set_occupancy(self, slot: int, occupancy: float) -> None:
        """The agent's occupancy as of its last event, 0 to 1; a small change is none."""
        step = occupancy_step(occupancy)
        if self._occupancy[slot] != step:
            self._occupancy[slot] = step
            self._touch(slot)

    def stamps(self, slots: Slots) -> Stamps:
        """The stamps now."""
        return self._stamps[slots]

    def of_agents(self, slots: Slots) -> Floats:
        """Features that depend on the agent alone, one row for each slot."""
        return agent_features(self.table.agents(slots), self._shift[slots], self._occupancy[slots])

    def of_pairs(self, kind: ContactType, slots: Slots) -> Floats:
        """Features of agents with one type of contact, one row for each slot."""
        effect = self.table.effects(slots)
        cell = self.table.cells(kind, slots, effect)
        return pair_features(self.table.level(kind), effect, cell)

    def _touch(self, slots: int | slice) -> None:
        self._newest += 1
        self._stamps[slots] = self._newest
