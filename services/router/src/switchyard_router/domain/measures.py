"""Measures agents for a contact: the whole numbers that scores are computed from."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from switchyard_scoring.scoring import Whole

from switchyard_router.domain.agents import OCCUPANCY_MS, AgentTable
from switchyard_router.domain.lanes import Rows
from switchyard_router.domain.skills import SkillNeed

_LEVEL_SECONDS = 1.0
"""What a level is worth where a requirement does not say."""
_NEVER = np.iinfo(np.int64).max
_FEW = 64
"""So few agents are measured by themselves; for more, all are, once for all lines of a pass."""


class Measures:
    """Columns of whole numbers over the agents of a table.

    What depends on agents and time alone is kept until either changes. Memory: 8 bytes for each
    agent and column.
    """

    def __init__(self, agents: AgentTable) -> None:
        self._agents = agents
        self._kept: dict[str, Whole] = {}
        self._as_of = (-1, -1)
        self._makers: Mapping[str, Callable[[Rows | slice, int], Whole]] = {
            "idle_ms": lambda rows, now_ms: now_ms - agents.column("idle_since_ms")[rows],
            "unoffered_ms": lambda rows, now_ms: now_ms - agents.column("offered_ms")[rows],
            "busy_ms": self._busy,
            "breadth": lambda rows, _: agents.column("breadth")[rows],
            "left_ms": self._left,
        }

    def of(
        self,
        rows: Rows,
        names: Iterable[str],
        now_ms: int,
        needs: tuple[SkillNeed, ...] = (),
        preferred: str = "",
    ) -> dict[str, Whole]:
        """Columns by name over some rows; names that are not of agents or pairs are left out.

        Handle times come from elsewhere. `left_ms`: time to the next break or the end of the
        shift, -1 where neither is known or ahead.
        """
        columns: dict[str, Whole] = {}
        for name in names:
            if name in self._makers:
                columns[name] = self._of_agents(name, rows, now_ms)
            elif name == "known":
                columns[name] = self._known(rows, preferred)
            elif name == "skill_ms":
                columns[name] = self._skill(rows, needs)
        return columns

    def _of_agents(self, name: str, rows: Rows, now_ms: int) -> Whole:
        if len(rows) <= _FEW:
            return self._makers[name](rows, now_ms)
        if self._as_of != (now_ms, self._agents.changes):
            self._kept.clear()
            self._as_of = (now_ms, self._agents.changes)
        kept = self._kept.get(name)
        if kept is None:
            kept = self._kept[name] = self._makers[name](slice(None), now_ms)
        return kept[rows]

    def _busy(self, rows: Rows | slice, now_ms: int) -> Whole:
        return np.rint(self._agents.busy_share(now_ms, rows) * OCCUPANCY_MS).astype(np.int64)

    def _left(self, rows: Rows | slice, now_ms: int) -> Whole:
        soonest = np.full(1, _NEVER, dtype=np.int64)
        for name in ("shift_end_ms", "next_break_ms"):
            left = self._agents.column(name)[rows] - now_ms
            soonest = np.minimum(soonest, np.where(left > 0, left, _NEVER))
        soonest[soonest == _NEVER] = -1
        return soonest

    def _known(self, rows: Rows, preferred: str) -> Whole:
        row = self._agents.row(preferred) if preferred else None
        known: Whole = np.asarray(rows == (-1 if row is None else row), dtype=np.int64)
        return known

    def _skill(self, rows: Rows, needs: tuple[SkillNeed, ...]) -> Whole:
        total = np.zeros(len(rows), dtype=np.int64)
        for need in needs:
            worth = round((need.weight or _LEVEL_SECONDS) * 1000)
            total += worth * self._agents.levels(need.skill)[rows].astype(np.int64)
        return total
