"""Where real handle times lie about a model's predictions."""

from dataclasses import dataclass

import numpy as np

from switchyard_router.domain.handle_time_table import Floats

INTERVAL = 0.8
"""Share of services that should end within the interval."""


@dataclass(frozen=True, slots=True)
class ResidualRatios:
    """Tenth, half and nine tenths of services took less than so many times the predicted mean;
    half of them less than `table_median` times the table's (None: not known).
    """

    low: float
    median: float
    high: float
    table_median: float | None = None


def residual_ratios(seconds: Floats, predicted: Floats, table_seconds: Floats) -> ResidualRatios:
    """Quantiles of real time over predicted mean, of services that the model did not learn from."""
    tail = (1 - INTERVAL) / 2
    low, median, high = np.quantile(seconds / predicted, (tail, 0.5, 1 - tail)).tolist()
    return ResidualRatios(low, median, high, float(np.median(seconds / table_seconds)))
