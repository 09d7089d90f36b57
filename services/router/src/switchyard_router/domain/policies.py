"""Policies: in which order eligible agents are asked."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from switchyard_router.domain.agents import AgentTable, Mask
from switchyard_router.domain.decision import Candidate

type Rows = NDArray[np.intp]
type Policy = Callable[[AgentTable, Mask], Rows]

_KEPT = 5


def longest_idle(agents: AgentTable, eligible: Mask) -> Rows:
    """Rows of the eligible agents, the longest free first; O(n log n)."""
    rows: Rows = np.flatnonzero(eligible)
    ordered: Rows = rows[np.argsort(agents.idle_since(rows), kind="stable")]
    return ordered


POLICIES: dict[str, Policy] = {"longest_idle": longest_idle}
DEFAULT_POLICY = "longest_idle"


def candidates(agents: AgentTable, rows: Rows, chosen: int, now_ms: int) -> tuple[Candidate, ...]:
    """The chosen agent, then the best others; idle time is the one term, the choice certain."""
    others = [int(row) for row in rows[: _KEPT + 1] if row != chosen][: _KEPT - 1]
    kept = [chosen, *others]
    idle_since = agents.idle_since(np.array(kept, dtype=np.intp))
    return tuple(
        Candidate(
            agent=agents.ids[row],
            score=(now_ms - since) / 1000,
            terms={"idle_seconds": (now_ms - since) / 1000},
            propensity=1.0 if row == chosen else 0.0,
        )
        for row, since in zip(kept, idle_since.tolist(), strict=True)
    )
