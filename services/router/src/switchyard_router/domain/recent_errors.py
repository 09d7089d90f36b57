"""How far off predictions were lately."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class RecentError:
    """Over the last services. All are NaN before the first; see `RecentErrors.add`."""

    services: int
    error_seconds: float
    table_error_seconds: float
    log_residual: float
    coverage: float
    """NaN if the interval is not known."""

    @property
    def ratio(self) -> float:
        """Mean absolute error over the table's, of the same services."""
        return self.error_seconds / self.table_error_seconds if self.table_error_seconds else 1.0


@dataclass(slots=True)
class RecentErrors:
    """The last `size` services. A service costs O(1), a summary O(size)."""

    size: int
    _rows: NDArray[np.float64] = field(init=False)
    _added: int = 0

    def __post_init__(self) -> None:
        self._rows = np.empty((self.size, _COLUMNS))

    def add(self, seconds: float, median: float, table_median: float, within: bool | None) -> None:
        """A service ended that was predicted to take `median` seconds, by the table
        `table_median`; `within`: whether it ended within the interval, None if there is none.
        """
        self._rows[self._added % self.size] = (
            abs(seconds - median),
            abs(seconds - table_median),
            math.log(seconds / median),
            math.nan if within is None else float(within),
        )
        self._added += 1

    def summary(self) -> RecentError:
        """Means over the services that are kept."""
        kept = min(self._added, self.size)
        if not kept:
            return RecentError(0, math.nan, math.nan, math.nan, math.nan)
        error, table, residual, coverage = self._rows[:kept].mean(axis=0).tolist()
        return RecentError(kept, error, table, residual, coverage)
