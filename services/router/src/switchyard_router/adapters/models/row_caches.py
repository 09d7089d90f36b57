"""Values per agent that are kept until the agent's stamp changes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from switchyard_router.domain.agent_features import Stamps
from switchyard_router.domain.handle_time_table import Slots

_NEVER = 0
_FIRST_ROWS = 64

type Compute = Callable[[Slots], NDArray[Any]]


class RowCache:
    """One value (or row of values) per slot, and the stamp it was computed at."""

    def __init__(self, width: int, dtype: Any) -> None:
        shape = (_FIRST_ROWS, width) if width else (_FIRST_ROWS,)
        self._values: NDArray[Any] = np.zeros(shape, dtype=dtype)
        self._stamps = np.full(_FIRST_ROWS, _NEVER, dtype=np.int64)

    @property
    def nbytes(self) -> int:
        """Memory it holds."""
        return self._values.nbytes + self._stamps.nbytes

    def get(self, slots: Slots, stamps: Stamps, compute: Compute) -> NDArray[Any]:
        """Values of slots whose stamps are these; `compute` makes those that are not kept."""
        self._grow(int(slots.max(initial=-1)) + 1)
        stale = self._stamps[slots] != stamps
        if stale.any():
            changed = slots[stale]
            made = compute(changed)
            self._values[changed] = made
            self._stamps[changed] = stamps[stale]
            if len(changed) == len(slots):
                return made
        return self._values[slots]

    def _grow(self, size: int) -> None:
        old = len(self._stamps)
        if size <= old:
            return
        more = max(size, 2 * old) - old
        extra = np.zeros((more, *self._values.shape[1:]), dtype=self._values.dtype)
        self._values = np.concatenate((self._values, extra))
        self._stamps = np.concatenate((self._stamps, np.full(more, _NEVER, dtype=np.int64)))


class RowCaches:
    """Row caches by key, the least recently used dropped when together they exceed `most_bytes`.

    One cache is always kept, however large.
    """

    def __init__(self, width: int, dtype: Any, most_bytes: int) -> None:
        self._width, self._dtype = width, dtype
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, RowCache] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def nbytes(self) -> int:
        """Memory of all of them."""
        return self._bytes

    def get(self, key: Hashable, slots: Slots, stamps: Stamps, compute: Compute) -> NDArray[Any]:
        """As RowCache.get, of the cache with this key."""
        cache = self._kept.get(key)
        if cache is None:
            cache = self._kept[key] = RowCache(self._width, self._dtype)
            self._bytes += cache.nbytes
        else:
            self._kept.move_to_end(key)
        before = cache.nbytes
        found = cache.get(slots, stamps, compute)
        self._bytes += cache.nbytes - before
        while self._bytes > self._most_bytes and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.nbytes
        return found
