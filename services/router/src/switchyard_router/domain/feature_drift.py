"""How far what is scored lately is from what a model was trained on, feature by feature.

The population stability index (Lewis 1994, "An Introduction to Credit Scoring"), which is the
symmetric divergence of Jeffreys (1946): sum over bins of (q - p) ln(q / p). Customary readings:
below 0.1 the same, above 0.25 another population. From samples of N and n rows of one population
it is (bins - 1) (1/N + 1/n) on average, so that a few hundred rows say little. Half a row is added
to each bin (Krichevsky and Trofimov 1981), so that an empty one is rare, not impossible.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from switchyard_router.domain.handle_time_table import Floats

MOST_BINS = 10
_HALF_A_ROW = 0.5

type Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Rows by bins of one feature. Bin i holds values up to `edges[i]`, the last one the rest."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


def histogram(values: Floats) -> Histogram:
    """Bins of about equal numbers of rows, fewer where values repeat. O(n log n)."""
    shares = np.arange(1, MOST_BINS) / MOST_BINS
    edges = np.unique(np.quantile(values, shares, method="inverted_cdf"))
    counts = np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1)
    return Histogram(tuple(edges.tolist()), tuple(counts.tolist()))


def stability_index(expected: Sequence[int] | Counts, found: Sequence[int] | Counts) -> float:
    """Population stability index of two counts by the same bins; 0 or more."""
    p, q = _shares(expected), _shares(found)
    return float((q - p) @ np.log(q / p))


def _shares(counts: Sequence[int] | Counts) -> Floats:
    smoothed = np.asarray(counts, dtype=np.float64) + _HALF_A_ROW
    shares: Floats = smoothed / smoothed.sum()
    return shares


@dataclass(slots=True)
class RecentRows:
    """Counts by bin of the last `size` rows. A row costs O(features), memory a byte for each."""

    trained_on: Sequence[Histogram]
    size: int
    rows: int = 0
    """Rows that are counted now."""
    _kept: NDArray[np.uint8] = field(init=False)
    _counts: Counts = field(init=False)
    _next: int = 0

    def __post_init__(self) -> None:
        self._kept = np.zeros((self.size, len(self.trained_on)), dtype=np.uint8)
        self._counts = np.zeros((len(self.trained_on), MOST_BINS), dtype=np.int64)

    def add(self, row: Floats) -> None:
        """Count a row of features, and forget the one that came `size` rows before."""
        bins = np.array(
            [
                np.searchsorted(each.edges, value)
                for each, value in zip(self.trained_on, row, strict=True)
            ],
            dtype=np.uint8,
        )
        every = np.arange(len(bins))
        if self.rows == self.size:
            self._counts[every, self._kept[self._next]] -= 1
        else:
            self.rows += 1
        self._kept[self._next] = bins
        self._counts[every, bins] += 1
        self._next = (self._next + 1) % self.size

    def stability_indices(self) -> list[float]:
        """One for each feature."""
        return [
            stability_index(each.counts, counts[: len(each.counts)])
            for each, counts in zip(self.trained_on, self._counts, strict=True)
        ]
