"""Shrunk handle times of agents by type of contact, learned one service after the other.

The logarithm of a handle time is taken as a sum of effects,

    y = m + type + agent + (agent x type) + noise,

and each effect as drawn from a normal distribution around 0, so that its best estimate from n
residuals with mean r is shrunk towards 0:

    effect = r * n / (n + k),  k = noise variance / variance of the effects

(Buehlmann 1967, "Experience rating and credibility"; the same as the empirical Bayes estimator of
Efron and Morris 1975). The variances are estimated from the data: noise within cells (Welford
1962), effects by the method of moments (Buehlmann and Straub 1970), the latter mixed with a prior
that counts as `_PRIOR_GROUPS` groups, so that three agents do not decide how much agents differ.
Expected seconds of a lognormal variable are exp(y + noise variance / 2).

Services below 10 s are hang-ups, not services: they are counted apart and teach nothing about
handle times. Those above an hour are lines left open and are left out.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHORT_BELOW_SECONDS = 10.0
OVERLONG_ABOVE_SECONDS = 3600.0
PRIOR_SECONDS = 180.0
"""The overall level before anything is known."""

_PRIOR_NOISE, _PRIOR_NOISE_COUNT = 0.75, 200
_PRIOR_TYPE, _PRIOR_AGENT, _PRIOR_CELL = 0.056, 0.035, 0.004
"""Variances of log seconds; shares as in Brown et al. 2005's call centre."""
_PRIOR_GROUPS = 5
_PRIOR_COUNT = 5.0
_REFIT_EVERY = 200
_REFIT_SHARE = 50
_CELLS_PER_OBSERVATION = 1000
_FIRST_SLOTS = 64
_RECENT_WEIGHT = 0.05
_SHORT_PRIOR_COUNT = 50.0
_SHORT_PRIOR_SHARE = 0.03

type Slots = NDArray[np.intp]
type Floats = NDArray[np.float64]
type ContactType = tuple[str, str]
"""Queue id and channel name."""


@dataclass(frozen=True, slots=True)
class Variances:
    """Variances of log seconds: between types, agents, cells, and the noise left."""

    noise: float = _PRIOR_NOISE
    types: float = _PRIOR_TYPE
    agents: float = _PRIOR_AGENT
    cells: float = _PRIOR_CELL


@dataclass(frozen=True, slots=True)
class AgentStats:
    """What is known of agents; one array element each. Effects in log seconds."""

    handled: Floats
    effect: Floats
    recent: Floats
    """Mean residual of the last about 20 services, exponentially weighted."""
    short_share: Floats
    """Share of services below 10 s, shrunk towards everybody's."""


@dataclass(frozen=True, slots=True)
class CellStats:
    """What is known of agents with one type of contact; one array element for each agent."""

    handled: Floats
    effect: Floats


@dataclass(slots=True)
class _TypeColumn:
    count: Floats
    total: Floats
    level: float
    """Expected log seconds of the type."""


class HandleTimeTable:
    """Counts and sums of log seconds by type (a column) and agent (a slot, growing).

    Memory: 16 bytes per type and slot. An observation costs O(1), reading O(slots asked for); every
    few hundred observations (at least cells / 1000) variances and levels are fitted anew in
    O(types x slots).
    """

    def __init__(self, short_below_seconds: float = SHORT_BELOW_SECONDS) -> None:
        self._short_below = short_below_seconds
        self._size = _FIRST_SLOTS
        self._types: dict[ContactType, _TypeColumn] = {}
        self._count, self._residuals = np.zeros(self._size), np.zeros(self._size)
        self._recent, self._shorts = np.zeros(self._size), np.zeros(self._size)
        self.fits = 0
        """Rises when levels and variances changed, and with them everybody's effects."""
        self.variances = Variances()
        self._level = math.log(PRIOR_SECONDS) - _PRIOR_NOISE / 2
        self._within, self._freedom = 0.0, 0
        self._seen, self._since_fit, self._short_count = 0, 0, 0

    @property
    def observed(self) -> int:
        """Services that it knows of."""
        return self._seen

    def reserve(self, slots: int) -> None:
        """Make room for that many slots."""
        if slots <= self._size:
            return
        more = max(slots, 2 * self._size) - self._size
        self._count, self._residuals, self._recent, self._shorts = (
            np.concatenate((column, np.zeros(more)))
            for column in (self._count, self._residuals, self._recent, self._shorts)
        )
        for column in self._types.values():
            column.count = np.concatenate((column.count, np.zeros(more)))
            column.total = np.concatenate((column.total, np.zeros(more)))
        self._size += more

    def observe(self, slot: int, kind: ContactType, seconds: float) -> None:
        """Learn one service; ValueError for a time that is not a number above 0."""
        if not (seconds > 0 and math.isfinite(seconds)):
            raise ValueError(f"a handle time is a number of seconds above 0, not {seconds}")
        if seconds > OVERLONG_ABOVE_SECONDS:
            return
        if seconds < self._short_below:
            self._shorts[slot] += 1
            self._short_count += 1
            return
        self._learn(slot, self._column(kind), math.log(seconds))
        self._since_fit += 1
        if self._since_fit >= self._refit_after():
            self.fit()

    def load(self, slot: int, kind: ContactType, count: int, seconds: float) -> None:
        """Take over `count` services that took `seconds` together, of which no logs are known.

        The mean of logs of a lognormal variable is log(mean) - noise variance / 2. Call `fit` after
        the last.
        """
        if count <= 0 or seconds <= 0:
            return
        mean = min(max(seconds / count, self._short_below), OVERLONG_ABOVE_SECONDS)
        column = self._column(kind)
        column.count[slot] += count
        column.total[slot] += count * (math.log(mean) - self.variances.noise / 2)
        self._seen += count

    def level(self, kind: ContactType) -> float:
        """Expected log seconds of a type, shrunk towards the level of all; unknown: that level."""
        column = self._types.get(kind)
        return self._level if column is None else column.level

    def agents(self, slots: Slots) -> AgentStats:
        """Statistics of agents over all types."""
        return AgentStats(
            handled=self._count[slots],
            effect=self.effects(slots),
            recent=self._recent[slots],
            short_share=self.short_shares(slots),
        )

    @property
    def usual_short_share(self) -> float:
        """Everybody's share of services that were hang-ups."""
        return (self._short_count + _SHORT_PRIOR_COUNT * _SHORT_PRIOR_SHARE) / (
            self._seen + self._short_count + _SHORT_PRIOR_COUNT
        )

    def short_shares(self, slots: Slots) -> Floats:
        """Shares of agents' services that were hang-ups, shrunk towards everybody's."""
        count, shorts = self._count[slots], self._shorts[slots]
        shares: Floats = (shorts + _SHORT_PRIOR_COUNT * self.usual_short_share) / (
            count + shorts + _SHORT_PRIOR_COUNT
        )
        return shares

    def effects(self, slots: Slots) -> Floats:
        """Shrunk effects of agents over all types, log seconds."""
        effects: Floats = self._residuals[slots] / (self._count[slots] + self._agent_credit)
        return effects

    def cells(self, kind: ContactType, slots: Slots, agent_effect: Floats) -> CellStats:
        """Statistics of agents with one type, given their effects over all types."""
        column = self._types.get(kind)
        if column is None:
            return CellStats(np.zeros(len(slots)), np.zeros(len(slots)))
        count = column.count[slots]
        residuals = column.total[slots] - count * (column.level + agent_effect)
        return CellStats(count, residuals / (count + self._cell_credit))

    def seconds(self, kind: ContactType, slots: Slots) -> Floats:
        """Expected handle times of agents with a type of contact, seconds."""
        effect = self.effects(slots)
        cell = self.cells(kind, slots, effect).effect
        expected: Floats = np.exp(self.level(kind) + effect + cell + self.variances.noise / 2)
        return expected

    def explained(self, slot: int, kind: ContactType) -> float:
        """Expected log seconds of an agent with a type, the effect of both together left out."""
        effect = self._residuals[slot] / (self._count[slot] + self._agent_credit)
        return self.level(kind) + float(effect)

    def fit(self) -> None:
        """Estimate variances, levels and agents' residuals from all that was counted."""
        self._since_fit = 0
        if not self._types:
            return
        self.fits += 1
        noise = (_PRIOR_NOISE * _PRIOR_NOISE_COUNT + self._within) / (
            _PRIOR_NOISE_COUNT + self._freedom
        )
        types = list(self._types.values())
        counts = np.array([column.count for column in types])
        totals = np.array([column.total for column in types])
        of_types = counts.sum(axis=1)
        prior = math.log(PRIOR_SECONDS) - noise / 2
        self._level = (totals.sum() + _PRIOR_COUNT * prior) / (counts.sum() + _PRIOR_COUNT)
        residuals = totals - counts * self._level
        between_types = between(of_types, residuals.sum(axis=1), noise, _PRIOR_TYPE)
        levels = self._level + residuals.sum(axis=1) / (of_types + noise / between_types)
        for column, level in zip(types, levels.tolist(), strict=True):
            column.level = level
        residuals = totals - counts * levels[:, None]
        self._count, self._residuals = counts.sum(axis=0), residuals.sum(axis=0)
        between_agents = between(self._count, self._residuals, noise, _PRIOR_AGENT)
        effects = self._residuals / (self._count + noise / between_agents)
        residuals -= counts * effects
        between_cells = between(counts.ravel(), residuals.ravel(), noise, _PRIOR_CELL)
        self.variances = Variances(noise, between_types, between_agents, between_cells)

    @property
    def _agent_credit(self) -> float:
        return self.variances.noise / self.variances.agents

    @property
    def _cell_credit(self) -> float:
        return self.variances.noise / self.variances.cells

    def _refit_after(self) -> int:
        """Services after which a fit is worth its cost: 2 % more are known, and 200 at least."""
        cells = self._size * len(self._types)
        return max(_REFIT_EVERY, self._seen // _REFIT_SHARE, cells // _CELLS_PER_OBSERVATION)

    def _column(self, kind: ContactType) -> _TypeColumn:
        column = self._types.get(kind)
        if column is None:
            column = _TypeColumn(np.zeros(self._size), np.zeros(self._size), self._level)
            self._types[kind] = column
        return column

    def _learn(self, slot: int, column: _TypeColumn, y: float) -> None:
        count, total = float(column.count[slot]), float(column.total[slot])
        if count:
            before, after = total / count, (total + y) / (count + 1)
            self._within += (y - before) * (y - after)
            self._freedom += 1
        column.count[slot] = count + 1
        column.total[slot] = total + y
        self._count[slot] += 1
        self._residuals[slot] += y - column.level
        self._recent[slot] += _RECENT_WEIGHT * (y - column.level - self._recent[slot])
        self._seen += 1


def between(counts: Floats, residuals: Floats, noise: float, prior: float) -> float:
    """Variance between groups from their numbers and sums of residuals; above 0.

    The moments' estimate mixed with the prior as if that came from five more groups.
    """
    groups = int(np.count_nonzero(counts))
    if groups < 2:
        return prior
    moment = spread_between(counts, residuals, noise)
    return (_PRIOR_GROUPS * prior + groups * moment) / (_PRIOR_GROUPS + groups)


def spread_between(counts: Floats, residuals: Floats, noise: float) -> float:
    """Variance between groups, two at least, as their means alone tell it; at least 0.

    Method of moments (Buehlmann and Straub 1970): (sum n_i (r_i - r)^2 - (I - 1) noise) /
    (N - sum n_i^2 / N).
    """
    known = counts > 0
    n, total = counts[known], float(counts.sum())
    means = residuals[known] / n
    spread = float(n @ (means - float(n @ means) / total) ** 2)
    return max(0.0, (spread - (len(n) - 1) * noise) / (total - float(n @ n) / total))
