"""Agents as expressions see them: values by row, and which rows changed since somebody looked."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from switchyard_router.domain.agents import AgentTable
from switchyard_router.domain.expressions import AGENT, Path
from switchyard_router.domain.facts import FACTS
from switchyard_router.service.store_clock import StoreClock

_NOT_SIGNED_IN = ("OFFLINE", "DISCONNECTED")


class AgentRows:
    """The agents of a table, now. What changed is found by a numpy comparison over all rows."""

    def __init__(self, agents: AgentTable, clock: StoreClock) -> None:
        self._agents = agents
        self._clock = clock

    def __len__(self) -> int:
        return len(self._agents)

    @property
    def tick(self) -> int:
        """Rises with every change of an agent."""
        return self._agents.changes

    @property
    def second(self) -> int:
        """Whole seconds since 1970; facts that time changes change with it."""
        return self._clock.now_ms() // 1000

    def changed(self, since: int, *, live: bool) -> NDArray[np.intp]:
        """Rows whose profile, or with `live` whose state, changed after a tick."""
        column = "live_change" if live else "profile_change"
        return np.flatnonzero(self._agents.column(column) > since)

    def value(self, row: int, path: Path) -> object:
        """The value of a fact in `agent.*` for a row."""
        profile, name = self._agents.profiles[row], path[1]
        if name == "skills":
            return profile.skills.get(path[2], 0) if len(path) > 2 else profile.skills
        if name in ("id", "team", "queues"):
            return getattr(profile, name)
        return self._live_value(row, name)

    def signed_in(self, agent_id: str) -> bool:
        """Whether an agent is there and signed in, ready or not."""
        row = self._agents.row(agent_id)
        return row is not None and self._agents.lives[row].presence not in _NOT_SIGNED_IN

    def _live_value(self, row: int, name: str) -> object:
        live = self._agents.lives[row]
        if name == "presence":
            return live.presence
        if name == "contacts":
            return len(live.held)
        if name == "occupancy":
            return round(float(live.occupancy_at(self.second * 1000)), 2)
        idle_ms = 0 if live.held else self.second * 1000 - live.idle_since_ms
        return max(0, idle_ms) // 1000


def nature(paths: Sequence[Path]) -> Mapping[str, bool]:
    """Whether facts of agents among these change with the agent's state, and with time alone."""
    facts = [FACTS[AGENT][path[1]] for path in paths if path[0] == AGENT]
    return {"live": any(f.live for f in facts), "timed": any(f.timed for f in facts)}
