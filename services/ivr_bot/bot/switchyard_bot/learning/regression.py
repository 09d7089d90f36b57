"""Kernel ridge regression with its leave-one-out answers. Pure.

``alpha = (K + ridge·I)⁻¹ Y``. What the model would have said of an example without having seen it
needs no second training: ``y − alpha / diag(inverse)`` (Allen, 1974; for a group of examples the
same with the group's block of the inverse), which is how everything else here is tuned.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import lapack


class Singular(Exception):
    """The kernel matrix is not positive definite: examples hold infinite or missing numbers."""


@dataclass(frozen=True)
class Solution:
    """A solved regression of n examples and k targets."""

    alpha: Any  # (n, k)
    inverse: Any  # (n, n), symmetric
    targets: Any  # (n, k)

    def left_out(self) -> Any:
        """For each example what the others say of it (n, k)."""
        return self.targets - self.alpha / np.diag(self.inverse)[:, None]

    def group_left_out(self, members: Any) -> Any:
        """For each of the members what all but the members say of it."""
        block = self.inverse[np.ix_(members, members)]
        return self.targets[members] - np.linalg.solve(block, self.alpha[members])


def solve(kernel: Any, targets: Any, ridge: float) -> Solution:
    """Solves for all targets; ``kernel`` (n, n, float32) is overwritten.

    Raises:
        Singular: see there.
    """
    kernel[np.diag_indices_from(kernel)] += np.float32(ridge)
    factor, failed = lapack.spotrf(kernel.T, lower=1, overwrite_a=1)  # symmetric: .T saves a copy
    half, failed_too = lapack.spotri(factor, lower=1, overwrite_c=1)
    inverse = np.tril(half)  # LAPACK fills one half only
    inverse += np.tril(half, -1).T
    alpha = (inverse @ targets).astype(np.float32)
    if failed or failed_too or not np.isfinite(alpha).all():
        raise Singular(f"the kernel of {len(targets)} examples cannot be inverted")
    return Solution(alpha, inverse, targets)


def one_hot(labels: Any, classes: int) -> Any:
    """Targets (n, classes): 1 for the own class, the others such that a row's sum is 0."""
    rest = np.float32(-1 / max(classes - 1, 1))
    targets = np.full((len(labels), classes), rest, dtype=np.float32)
    targets[np.arange(len(labels)), labels] = 1
    return targets
