"""Shrunk shares of resolved contacts, of agents by type of contact, learned one by one.

A share is the level of all plus what type, agent, and agent with that type add to it; each addition
is the mean of what the earlier ones left unexplained, shrunk towards 0 by credibility,
r * n / (n + k) (Buehlmann 1967, "Experience rating and credibility"). k = noise variance / variance
of the effects is taken as 50, not estimated: an outcome of 0 or 1 varies by about 0.2, and agents
are taken to differ by about 6 points, 0.004.
"""

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from switchyard_router.domain.handle_time_table import ContactType

RATE_NAMES = (
    "type_resolved_share",
    "agent_resolved_effect",
    "pair_resolved_effect",
    "agent_log_outcomes",
)
_CREDIT = 50.0
_PRIOR_SHARE = 0.5
_LEAST, _MOST = 0.01, 0.99


@dataclass(slots=True)
class _Effect:
    """Of one type, agent or pair."""

    count: int = 0
    unexplained: float = 0.0

    @property
    def shrunk(self) -> float:
        return self.unexplained / (self.count + _CREDIT)

    def add(self, residual: float) -> None:
        """One outcome more."""
        self.count += 1
        self.unexplained += residual


class Rates(NamedTuple):
    """Shares of resolved contacts that are expected, 0.01 to 0.99, and what they are made of."""

    of_all: float
    of_type: float
    of_agent: float
    of_pair: float
    """Of the agent with this type: what the table says."""
    features: tuple[float, ...]
    """As RATE_NAMES names them."""


class RateTable:
    """Outcomes by type and agent. Memory: three numbers per pair seen; each step costs O(1)."""

    def __init__(self) -> None:
        self._all = _Effect()
        self._types: dict[ContactType, _Effect] = defaultdict(_Effect)
        self._agents: dict[str, _Effect] = defaultdict(_Effect)
        self._agents_alone: dict[str, _Effect] = defaultdict(_Effect)
        self._pairs: dict[tuple[str, ContactType], _Effect] = defaultdict(_Effect)

    def observe(self, agent: str, kind: ContactType, resolved: bool) -> None:
        """Learn one outcome."""
        left = float(resolved) - self._level
        self._agents_alone[agent].add(left)
        for effect in (self._types[kind], self._agents[agent], self._pairs[agent, kind]):
            known = effect.shrunk
            effect.add(left)
            left -= known
        self._all.add(float(resolved) - _PRIOR_SHARE)

    def rates(self, agent: str, kind: ContactType) -> Rates:
        """What is expected now."""
        type_, pair = self._types.get(kind, _Effect()), self._pairs.get((agent, kind), _Effect())
        own, alone = self._agents.get(agent, _Effect()), self._agents_alone.get(agent, _Effect())
        of_type = self._level + type_.shrunk
        return Rates(
            _bounded(self._level),
            _bounded(of_type),
            _bounded(self._level + alone.shrunk),
            _bounded(of_type + own.shrunk + pair.shrunk),
            (_bounded(of_type), own.shrunk, pair.shrunk, math.log1p(own.count)),
        )

    @property
    def _level(self) -> float:
        return _PRIOR_SHARE + self._all.shrunk


def _bounded(share: float) -> float:
    return min(max(share, _LEAST), _MOST)
