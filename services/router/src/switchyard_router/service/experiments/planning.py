"""How long a comparison will take, from what the queue has been like."""

from dataclasses import dataclass, replace

import numpy as np

from switchyard_router.domain.experiments.power import Sample, sample
from switchyard_router.domain.experiments.trial import Metric, units_of
from switchyard_router.service.experiments.ports import Asked, NothingCompared, TrialHistory

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Aim:
    """What a comparison is to show: a lift in per cent of the mean, with this power."""

    metric: Metric
    lift_pct: float
    share: float
    power: float
    alpha: float
    target_seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Units needed (contacts, or turns), and how the queue makes them."""

    mean: float
    spread: float
    units_per_day: float
    needed: Sample

    @property
    def days_once(self) -> float:
        """Days until the one look."""
        return self.needed.once / self.units_per_day

    @property
    def days_always(self) -> float:
        """Days until looking at any time will probably have told."""
        return self.needed.always / self.units_per_day


class PlanComparison:
    """Plans from the contacts of a queue, whatever arm they had."""

    def __init__(self, history: TrialHistory) -> None:
        self._history = history

    async def execute(self, asked: Asked, aim: Aim) -> Plan:
        """The plan; raises NothingCompared where the history is too short to plan from."""
        trial = await self._history.trial(asked)
        whole = replace(trial, arm=np.zeros(len(trial), dtype=np.int64))
        units = units_of(whole, aim.metric, 0.5, aim.target_seconds, by_turn=bool(asked.turn_ms))
        counted = float(units.counts.sum())
        if len(units) < 30 or not counted:
            raise NothingCompared(
                f"queue {asked.queue!r} has {len(units)} units in this history; a plan needs 30"
            )
        mean = float(units.totals.sum()) / counted
        residual = (units.totals - mean * units.counts) / float(units.counts.mean())
        days = (int(trial.arrived_ms.max()) - int(trial.arrived_ms.min())) / _DAY_MS
        needed = sample(
            float(residual.std()),
            abs(aim.lift_pct) / 100 * mean,
            aim.share,
            alpha=aim.alpha,
            power=aim.power,
        )
        return Plan(mean, float(residual.std()), len(units) / max(days, 1.0), needed)
