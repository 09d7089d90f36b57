"""What agents may truly be like, given what was recorded: worlds that policies are played in.

Estimates vary less between agents than the agents do, because they are shrunk (Louis 1984,
"Estimating a population of parameter values using Bayes and empirical Bayes methods"). A world
whose truth were the estimates would hold less than there is to find for whoever knew the truth, and
would flatter whoever knows the estimates. So the truth is drawn from what is believed of it, anew
for each replication: the spread is right on average, and policies see their estimates only.
"""

from dataclasses import dataclass, replace

import numpy as np

from switchyard_router.domain.evaluation.days import Floats, Whole
from switchyard_router.domain.handle_time_table import (
    ContactType,
    HandleTimeTable,
    Variances,
    spread_between,
)

_LEAST = 1e-6
"""Of a variance of log seconds: a tenth of a per cent."""


@dataclass(frozen=True, slots=True)
class Services:
    """Recorded services, one element each: kind and agent by row, seconds."""

    kind: Whole
    agent: Whole
    seconds: Floats

    def noise(self, true_s: Floats) -> tuple[Floats, ...]:
        """By kind: handle times as shares of means [kinds, agents]; everybody's if it has none."""
        shares = self.seconds / true_s[self.kind, self.agent]
        pools = (shares[self.kind == kind] for kind in range(len(true_s)))
        return tuple(pool if len(pool) else shares for pool in pools)


@dataclass(frozen=True, slots=True)
class Beliefs:
    """Log seconds as sums of effects, as in HandleTimeTable: level [kinds]; services and the sums
    of their residuals, less the level, [kinds, agents]."""

    level: Floats
    count: Floats
    residual: Floats
    variances: Variances

    def drawn(self, draw: np.random.Generator) -> Floats:
        """Mean handle times (s) that may be the true ones, [kinds, agents].

        A draw from the posterior of the normal two-level model: the agents' effects with those of
        the cells integrated out, then the cells' given the agents' (Gelman et al. 2013, "Bayesian
        data analysis", sec. 5.4). Levels and variances are taken as known. O(kinds x agents).
        """
        cells, noise = self.variances.cells, self.variances.noise
        known = self.count > 0
        served = np.where(known, self.count, 1.0)
        precision = np.where(known, 1 / (cells + noise / served), 0.0)
        certainty = 1 / self.variances.agents + precision.sum(axis=0)
        middle = (precision * self.residual / served).sum(axis=0) / certainty
        agent = middle + draw.standard_normal(middle.shape) / np.sqrt(certainty)
        credit = self.count + noise / cells
        cell = (self.residual - self.count * agent) / credit
        cell += draw.standard_normal(cell.shape) * np.sqrt(noise / credit)
        drawn: Floats = np.exp(self.level[:, None] + agent + cell + noise / 2)
        return drawn


def beliefs(table: HandleTimeTable, kinds: tuple[ContactType, ...], agents: int) -> Beliefs:
    """What the services of a fitted table say of the agents in its first slots."""
    rows, nothing = np.arange(agents), np.zeros(agents)
    credit = table.variances.noise / table.variances.cells
    cells = [table.cells(kind, rows, nothing) for kind in kinds]
    count = np.array([cell.handled for cell in cells])
    residual = np.array([cell.effect for cell in cells]) * (count + credit)
    return Beliefs(
        level=np.array([table.level(kind) for kind in kinds]),
        count=count,
        residual=residual,
        variances=_as_recorded(table.variances, count, residual),
    )


def _as_recorded(usual: Variances, count: Floats, residual: Floats) -> Variances:
    """Variances without the table's prior: where nobody differs, nobody is to differ."""
    of_agents, sums = count.sum(axis=0), residual.sum(axis=0)
    if np.count_nonzero(of_agents) < 2:
        return usual
    agents = max(_LEAST, spread_between(of_agents, sums, usual.noise))
    effects = sums / (of_agents + usual.noise / agents)
    of_cells = (residual - count * effects).ravel()
    cells = max(_LEAST, spread_between(count.ravel(), of_cells, usual.noise))
    return replace(usual, agents=agents, cells=cells)
