"""Where real handle times lie about a model's predictions."""

from dataclasses import dataclass

import numpy as np

from switchyard_router.domain.handle_time_table import Floats

INTERVAL = 0.8
"""Share of services that should end within the interval."""


@dataclass(frozen=True, slots=True)
class ResidualRatios:
    """Tenth, half and nine tenths of services took less than so many times the predicted mean."""

    low: float
    median: float
    high: float


def residual_ratios(seconds: Floats, predicted: Floats) -> ResidualRatios:
    """Quantiles of real time over predicted mean, of services that the model did not learn from."""
    tail = (1 - INTERVAL) / 2
    low, median, high = np.quantile(seconds / predicted, (tail, 0.5, 1 - tail)).tolist()
    return ResidualRatios(low, median, high)
