"""Evaluates an ensemble of trees for many rows at once, with bit vectors.

After Lucchese et al. 2015, "QuickScorer: a fast algorithm to rank documents with additive
ensembles of regression trees" (SIGIR, section 3), in numpy. A word per tree has one bit per leaf,
the leftmost leaf being bit 0. A node whose test fails rules out the leaves on its left: it has a
mask with those bits cleared. The AND of the masks of all failed tests leaves several bits, the
lowest of which is the leaf where the row ends.

All thresholds of a feature, over all trees, split its values into bins; what the failed tests on
this feature leave is the same for all values of a bin, so it is one table look-up. As AND does not
mind in which order, what a row's features leave may be computed apart: once per agent, once per
contact, and joined when the two meet.

Memory: (thresholds x trees) words, 1.2 MB for 100 trees of 31 leaves; a word is 32 or 64 bits.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from switchyard_router.adapters.models.trees import Ensemble, Tree

_ROWS_AT_ONCE = 256
"""So that what is worked on stays in the cache."""

type Masks = NDArray[np.unsignedinteger[Any]]
"""One word per tree; or rows of them."""


class BitTrees:
    """An ensemble ready to be scored, by one thread. Features are numbered as in the model."""

    def __init__(self, ensemble: Ensemble) -> None:
        leaves = max((len(tree.leaf_value) for tree in ensemble.trees), default=1)
        wide = leaves > 32
        self._word: np.dtype[Any] = np.dtype(np.uint64 if wide else np.uint32)
        self._float: np.dtype[Any] = np.dtype(np.float64 if wide else np.float32)
        self._int: np.dtype[Any] = np.dtype(np.int64 if wide else np.int32)
        self._exponent_bits, exponent_bias = (52, 1023) if wide else (23, 127)
        self._all = (1 << 8 * self._word.itemsize) - 1
        self.trees = len(ensemble.trees)
        # A table row per tree; what stands in a float's exponent is the leaf's number plus a bias.
        self._values = np.zeros((self.trees, leaves))
        for number, tree in enumerate(ensemble.trees):
            order = _leaf_order(tree)
            self._values[number, : len(order)] = tree.leaf_value[order]
        self._flat = self._values.ravel()
        self._offsets = (np.arange(self.trees) * leaves - exponent_bias).astype(self._int)
        self._thresholds, self._masks = self._tables(ensemble)
        self._cuts = [thresholds.tolist() for thresholds in self._thresholds]
        # Room to work in, so that large arrays are not made and dropped for every request.
        shape = (_ROWS_AT_ONCE, self.trees)
        self._words, self._spare = np.empty(shape, self._word), np.empty(shape, self._word)
        self._found = np.empty(shape)
        self._whole: Masks = np.full((1, self.trees), self._all, self._word)

    @property
    def word(self) -> np.dtype[Any]:
        """Type of a mask's words."""
        return self._word

    def bins(self, first: int, row: Sequence[float]) -> tuple[int, ...]:
        """Bins of one row's features `first`, `first + 1`, …: rows of equal bins are as one.

        A value's bin says how many thresholds of the feature are below it.
        """
        return tuple(map(bisect_left, self._cuts[first : first + len(row)], row))

    def mask(self, first: int, bins: Sequence[int]) -> Masks:
        """What one row's features leave, given their bins: [1, trees]."""
        left = self._whole.copy()
        for number, place in enumerate(bins, first):
            if place:
                left &= self._masks[number][place]
        return left

    def masks(self, first: int, matrix: NDArray[np.float64]) -> Masks:
        """What the features `first`, `first + 1`, … leave: [rows, trees] for [rows, features]."""
        left: Masks = np.full((len(matrix), self.trees), self._all, dtype=self._word)
        for column in range(matrix.shape[1]):
            table = self._masks[first + column]
            if len(table) > 1:
                found = self._thresholds[first + column].searchsorted(matrix[:, column])
                self._leave(left, table, found)
        return left

    def sums(self, masks: Masks, shared: Masks | None = None) -> NDArray[np.float64]:
        """Sum of the leaves where rows end, by their [rows, trees] masks and one [1, trees] mask
        that all rows share.
        """
        more = self._whole if shared is None else shared
        total = np.empty(len(masks))
        for start in range(0, len(masks), _ROWS_AT_ONCE):
            part = masks[start : start + _ROWS_AT_ONCE]
            self._sum(part, more, total[start : start + len(part)])
        return total

    def _leave(self, left: Masks, table: Masks, found: NDArray[np.intp]) -> None:
        for start in range(0, len(left), _ROWS_AT_ONCE):
            bins = found[start : start + _ROWS_AT_ONCE]
            taken = self._words[: len(bins)]
            table.take(bins, axis=0, mode="clip", out=taken)
            part = left[start : start + len(bins)]
            np.bitwise_and(part, taken, out=part)

    def _sum(self, masks: Masks, shared: Masks, total: NDArray[np.float64]) -> None:
        words, spare = self._words[: len(masks)], self._spare[: len(masks)]
        np.bitwise_and(masks, shared, out=words)
        np.negative(words, out=spare)
        np.bitwise_and(words, spare, out=words)
        # The number of the one bit left is the exponent of the word as a float, which is exact.
        spare.view(self._float)[...] = words
        places = spare.view(self._int)
        np.right_shift(places, self._exponent_bits, out=places)
        np.add(places, self._offsets, out=places)
        values = self._found[: len(masks)]
        self._flat.take(places, mode="clip", out=values)
        np.sum(values, axis=1, out=total)

    def _tables(self, ensemble: Ensemble) -> tuple[list[NDArray[np.float64]], list[Masks]]:
        nodes: list[list[tuple[float, int, int]]] = [[] for _ in ensemble.features]
        for number, tree in enumerate(ensemble.trees):
            for feature, threshold, cleared in _tests(tree):
                nodes[feature].append((threshold, number, cleared))
        thresholds, tables = [], []
        for tests in nodes:
            cuts = np.unique(np.array([threshold for threshold, _, _ in tests], dtype=np.float64))
            table = np.full((len(cuts) + 1, self.trees), self._all, dtype=self._word)
            for threshold, number, cleared in tests:
                table[int(cuts.searchsorted(threshold)) + 1, number] &= self._all ^ cleared
            # A value in a higher bin fails the tests of all lower ones too.
            tables.append(np.bitwise_and.accumulate(table, axis=0))
            thresholds.append(cuts)
        return thresholds, tables


def _tests(tree: Tree) -> Iterable[tuple[int, float, int]]:
    """(feature, threshold, bits of the leaves on the left) of every inner node."""
    place = {leaf: bit for bit, leaf in enumerate(_leaf_order(tree))}
    below: dict[int, int] = {}

    def bits(child: int) -> int:
        return 1 << place[-child - 1] if child < 0 else below[child]

    # Children always come after their parent in the file.
    for node in reversed(range(len(tree.feature))):
        left, right = bits(int(tree.left[node])), bits(int(tree.right[node]))
        below[node] = left | right
        yield int(tree.feature[node]), float(tree.threshold[node]), left


def _leaf_order(tree: Tree) -> list[int]:
    """Numbers of the leaves from left to right."""
    if not len(tree.feature):
        return [0]
    order: list[int] = []
    open_nodes = [0]
    while open_nodes:
        node = open_nodes.pop()
        if node < 0:
            order.append(-node - 1)
        else:
            open_nodes += (int(tree.right[node]), int(tree.left[node]))
    return order
