"""Comparing two regimes that were simulated with the same random numbers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from switchyard_router.domain.evaluation.bootstrap import Difference

type Floats = NDArray[np.float64]

_CONFIDENCE = 0.95


def paired(baseline: Sequence[float], candidate: Sequence[float]) -> Difference:
    """Compare repetition by repetition: Student's t interval of the mean difference.

    Repetitions where either has no such figure (nan) are left out. With fewer than two left the
    interval is everything there is: it says nothing.
    """
    before, after = np.asarray(baseline, float), np.asarray(candidate, float)
    both = np.isfinite(before) & np.isfinite(after)
    before, after = before[both], after[both]
    if not len(before):
        return Difference(float("nan"), float("nan"), float("-inf"), float("inf"))
    means = float(before.mean()), float(after.mean())
    if len(before) < 2:
        return Difference(*means, float("-inf"), float("inf"))
    differences = after - before
    error = float(differences.std(ddof=1)) / len(differences) ** 0.5
    half = float(stdtrit(len(differences) - 1, (1 + _CONFIDENCE) / 2)) * error
    middle = float(differences.mean())
    return Difference(*means, middle - half, middle + half)


def effective_sample_size(values: Floats) -> float:
    """How many independent values a series of correlated ones is worth, in its order.

    n / (1 + 2 (sum of autocorrelations)), summed in pairs while these are positive (the initial
    positive sequence, Geyer 1992, "Practical Markov chain Monte Carlo", sec. 3.3). O(n log n).
    """
    size = len(values)
    centred = values - values.mean() if size else values
    variance = float(centred @ centred)
    if size < 4 or variance == 0.0:
        return float(size)
    spectrum = np.fft.rfft(centred, 2 * size)
    correlation = np.fft.irfft(spectrum * np.conj(spectrum))[:size] / variance
    pairs = correlation[0 : size - size % 2 : 2] + correlation[1:size:2][: size // 2]
    positive = pairs[: int(np.argmax(pairs <= 0)) if (pairs <= 0).any() else len(pairs)]
    inflation = max(2 * float(positive.sum()) - 1.0, 1.0)
    return size / inflation
