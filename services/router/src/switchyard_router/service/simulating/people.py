"""Agents of a simulated floor: who wants contacts, what they hold, how busy they were."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import exp

import numpy as np
from numpy.typing import NDArray

from switchyard_router.domain.agents import OCCUPANCY_MS, AgentLive, AgentTable

_FREE = "AVAILABLE"


class People:
    """Keeps live states of agents as the store's scripts do, as far as deciding reads them."""

    def __init__(self, agents: AgentTable, day_edges_ms: Sequence[int] = ()) -> None:
        self._agents = agents
        self._later_days_ms = day_edges_ms[1:-1]
        self._busy_ms = np.zeros((len(self._later_days_ms) + 1, len(agents)))

    def busy_ms(self) -> NDArray[np.float64]:
        """How long each agent, by day and row, had contacts in hand, once they put them down."""
        return self._busy_ms.copy()

    def begin(self, ready: Iterable[str], now_ms: int) -> None:
        """Everybody named wants contacts, the others do not."""
        for agent_id in ready:
            self._change(agent_id, now_ms, ready=True)

    def set_ready(self, agent_id: str, ready: bool, now_ms: int) -> None:
        """An agent begins or ceases to want contacts; unknown ones are nobody's."""
        self._change(agent_id, now_ms, ready=ready)

    def offered(self, agent_id: str, contact_id: str, channel: str, now_ms: int) -> int:
        """An agent is asked for a contact; returns the version of the live state."""
        row = self._agents.row(agent_id)
        held = self._agents.lives[row].held if row is not None else {}
        return self._change(
            agent_id,
            now_ms,
            held={**held, contact_id: f"{channel}:offered"},
            offered_ms=now_ms,
        )

    def release(self, agent_id: str, contact_id: str, now_ms: int) -> None:
        """An agent is done with a contact."""
        row = self._agents.row(agent_id)
        if row is None:
            return
        held = dict(self._agents.lives[row].held)
        held.pop(contact_id, None)
        self._change(agent_id, now_ms, held=held)

    def _change(self, agent_id: str, now_ms: int, **changes: object) -> int:
        row = self._agents.row(agent_id)
        if row is None:
            return 0
        before = self._agents.lives[row]
        if before.held:
            day = bisect_right(self._later_days_ms, now_ms)
            self._busy_ms[day, row] += now_ms - before.occupancy_ms
        after: AgentLive = replace(before, **changes, seq=before.seq + 1)  # type: ignore[arg-type]
        presence = "ON_CONTACT" if after.held else _FREE if after.ready else "NOT_READY"
        if presence == _FREE and before.presence != _FREE:
            after = replace(after, idle_since_ms=now_ms)
        after = replace(
            after,
            presence=presence,
            occupancy=_busy_share(before, now_ms),
            occupancy_ms=now_ms,
            since_ms=before.since_ms if presence == before.presence else now_ms,
        )
        self._agents.set_live(agent_id, after)
        return after.seq


def _busy_share(live: AgentLive, now_ms: int) -> float:
    """Share of the last hour with contacts, carried on to now; see AgentTable.busy_share."""
    kept = exp(-max(0, now_ms - live.occupancy_ms) / OCCUPANCY_MS)
    return live.occupancy * kept + ((1 - kept) if live.held else 0.0)
