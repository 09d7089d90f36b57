"""A model beside what it must beat: one mean, means of types and agents, and the shrunk table.

All are judged as they would have spoken before each service. Errors are those of medians
(a predictor's mean times the ratio of median to mean that it showed on the days to choose by),
because the median is what an absolute error rewards; those of means stand beside them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from switchyard_router.adapters.models.splits import DAY_SECONDS, Split
from switchyard_router.adapters.models.training_rows import TrainingRows
from switchyard_router.domain.day_differences import day_difference
from switchyard_router.domain.evaluation.bootstrap import Difference
from switchyard_router.domain.handle_time_table import Floats

MODEL, TABLE = "lightgbm", "table"


@dataclass(frozen=True, slots=True)
class Errors:
    """Mean absolute errors of a predictor on the days to measure on, seconds."""

    of_medians: float
    of_means: float
    predicted_to_actual: float


@dataclass(frozen=True, slots=True)
class Comparison[Measured]:
    """`errors` by predictor. `differences`: the model's loss minus each other's, with intervals."""

    errors: Mapping[str, Measured]
    differences: Mapping[str, Difference]
    table_lift: Difference
    """The table's loss against that of one guess for all."""

    @property
    def serves(self) -> str:
        """The table, unless the model is certainly better."""
        return MODEL if self.differences[TABLE].high < 0 else TABLE

    @property
    def lift(self) -> bool:
        """Whether anything beats one guess for all, with certainty."""
        best = self.differences["global"] if self.serves == MODEL else self.table_lift
        return best.high < 0


def judged[Measured](
    errors: Mapping[str, Measured], losses: Mapping[str, Floats], start_seconds: Floats, seed: int
) -> Comparison[Measured]:
    """`losses`: of each predictor, for each service measured on; `start_seconds` of these."""
    days = (start_seconds // DAY_SECONDS).astype(np.int64)
    differences = {
        name: day_difference(days, loss, losses[MODEL], seed)
        for name, loss in losses.items()
        if name != MODEL
    }
    lift = day_difference(days, losses["global"], losses[TABLE], seed)
    return Comparison(errors, differences, lift)


def compare(rows: TrainingRows, cut: Split, predicted: Floats, seed: int) -> Comparison[Errors]:
    """`predicted`: the model's means for all rows; measured on those from `cut.test` on."""
    constant = np.full(len(rows.seconds), rows.seconds[: cut.choose].mean())
    means = {"global": constant, **rows.simpler, TABLE: rows.table_seconds, MODEL: predicted}
    test, actual = slice(cut.test, None), rows.seconds[cut.test :]
    absolute = {
        name: np.abs(actual - guess[test] * median_ratio(rows, cut, guess))
        for name, guess in means.items()
    }
    errors = {
        name: Errors(
            float(absolute[name].mean()),
            float(np.abs(actual - guess[test]).mean()),
            float(guess[test].mean() / actual.mean()),
        )
        for name, guess in means.items()
    }
    return judged(errors, absolute, rows.start_seconds[test], seed)


def median_ratio(rows: TrainingRows, cut: Split, guess: Floats) -> float:
    """Median of real time over a predictor's mean, on the days to choose by."""
    chosen = slice(cut.choose, cut.test)
    return float(np.median(rows.seconds[chosen] / guess[chosen]))
