"""Which ids a log has had already, in 8 bytes each."""

from collections.abc import Sequence

import numpy as np


class SeenIds:
    """Finds ids that came before, by their hashes.

    Two different ids share a hash with a chance of n²/2⁶⁵; one that is taken for repeated is only
    counted so, it is written all the same. O(n) memory, O(n) per batch.
    """

    def __init__(self) -> None:
        self._hashes = np.empty(0, np.int64)

    def repeated(self, ids: Sequence[str]) -> list[int]:
        """Places of the ids that came before, in this batch or an earlier one."""
        hashes = np.fromiter((hash(each) for each in ids), np.int64, len(ids))
        first = np.zeros(len(ids), np.bool_)
        first[np.unique(hashes, return_index=True)[1]] = True
        known = np.isin(hashes, self._hashes)
        self._hashes = np.concatenate([self._hashes, hashes[first & ~known]])
        return [int(place) for place in np.flatnonzero(known | ~first)]
