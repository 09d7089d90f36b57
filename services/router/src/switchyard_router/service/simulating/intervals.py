"""What repetitions under two regimes say together: figures, differences, their intervals."""

import numpy as np

from switchyard_router.domain.comparison import paired
from switchyard_router.domain.evaluation.bootstrap import (
    FEWEST_DAYS,
    Difference,
    mean_difference,
    quantile_difference,
    sum_differences,
)
from switchyard_router.domain.evaluation.days import Counts
from switchyard_router.service.simulating.measuring import (
    MOVED,
    Figure,
    Floats,
    Measured,
    Measures,
)

type Differences = dict[Figure, Difference]


class Repetitions:
    """Collects repetitions. Memory: sums of each; waits by second are added up."""

    def __init__(self, measures: Measures, seed: int) -> None:
        self._measures, self._seed = measures, seed
        self._sums: tuple[list[Floats], list[Floats]] = ([], [])
        self._spreads: tuple[list[Floats], list[Floats]] = ([], [])
        self._quantiles: tuple[list[dict[Figure, float]], ...] = ([], [])
        self._waits: list[Counts] = []
        self._moved: list[Floats] = []

    def add(self, before: Measured, after: Measured, moved: Floats) -> None:
        """One more."""
        for side, one in enumerate((before, after)):
            self._sums[side].append(one.sums)
            self._spreads[side].append(one.spread)
            self._quantiles[side].append(one.quantiles)
        waits = before.waits, after.waits
        known = self._waits or [np.zeros_like(one) for one in waits]
        self._waits = [sum_ + one for sum_, one in zip(known, waits, strict=True)]
        self._moved.append(moved)

    def differences(self, *, of_days: bool) -> Differences:
        """Figures and differences. `of_days`: with intervals from drawing days anew, where there
        are FEWEST_DAYS; else they are Student's t over repetitions."""
        found = self._over_repetitions()
        return found | self._over_days() if of_days and self.by_days else found

    @property
    def by_days(self) -> bool:
        """Whether there are days enough for intervals of days."""
        return self._measures.days >= FEWEST_DAYS

    @property
    def elsewhere(self) -> float:
        """Contacts of another fate, mean over repetitions."""
        return float(np.mean([one[:, 1].sum() for one in self._moved]))

    def _over_repetitions(self) -> Differences:
        ratios = [
            np.array([self._measures.ratios(one.sum(axis=0)) for one in side]).T
            for side in self._sums
        ]
        found = {
            figure: paired(before, after)
            for figure, before, after in zip(self._measures.figures(), *ratios, strict=True)
        }
        for figure in self._quantiles[0][0]:
            found[figure] = paired(*([one[figure] for one in side] for side in self._quantiles))
        means = ([_mean(one) for one in side] for side in self._spreads)
        found["occupancy_spread", ""] = paired(*means)
        shares = np.array([_shares(one.sum(axis=0)) for one in self._moved]).T
        for name, each in zip(MOVED, shares, strict=True):
            found[name, ""] = paired(0 * each, each)
        return found

    def _over_days(self) -> Differences:
        before, after = (np.mean(side, axis=0)[:, None] for side in self._sums)
        measures, seed = self._measures, self._seed
        flat = (*before.shape[:2], -1)
        of_sums = sum_differences(
            before.reshape(flat), after.reshape(flat), seed,
            lambda sums: measures.ratios(sums.reshape(*sums.shape[:-1], *before.shape[2:])),
        )  # fmt: skip
        moved = np.mean(self._moved, axis=0)[:, None]
        stayed = moved * (np.arange(moved.shape[-1]) == 0)
        of_moved = sum_differences(stayed, moved, seed, _shares)
        found = dict(zip(measures.figures(), of_sums, strict=True))
        found |= {(name, ""): each for name, each in zip(MOVED, of_moved, strict=True)}
        found |= self._quantiles_over_days()
        was, now = (np.mean(side, axis=0) for side in self._spreads)
        known = np.isfinite(was)
        if known.any():
            found["occupancy_spread", ""] = mean_difference(was[known], now[known], seed)
        return found

    def _quantiles_over_days(self) -> Differences:
        of_group = [
            ("wait_p95_seconds", ""),
            *(("wait_p95_seconds", q) for q in self._measures.queues),
        ]
        found = {figure: self._quantile(group, 0.95) for group, figure in enumerate(of_group)}
        return found | {("wait_p90_seconds", ""): self._quantile(-1, 0.9)}

    def _quantile(self, group: int, share: float) -> Difference:
        before, after = (side[:, group] for side in self._waits)
        return quantile_difference(before, after, self._seed, share)


def _shares(moved: Floats) -> Floats:
    return moved[..., 1:] / moved[..., :1]


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
