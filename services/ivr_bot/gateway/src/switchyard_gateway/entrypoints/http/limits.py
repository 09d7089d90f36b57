"""How fast one connection, or one address, may go. Pure but for the clock it is given."""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

_ADDRESSES_KEPT = 10_000


class Bucket:
    """A token bucket: `burst` at once, `per_second` in the long run."""

    def __init__(self, burst: int, per_second: float, monotonic: Callable[[], float]) -> None:
        self._burst = burst
        self._per_second = per_second
        self._monotonic = monotonic
        self._tokens = float(burst)
        self._filled = monotonic()

    def take(self) -> bool:
        """Whether one more is allowed now."""
        now = self._monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._per_second)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class AddressLimit:
    """A bucket per client address; the addresses unheard of for longest are forgotten."""

    def __init__(self, burst: int, per_second: float, monotonic: Callable[[], float]) -> None:
        self._new_bucket = partial(Bucket, burst, per_second, monotonic)
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, address: str) -> bool:
        """Whether the address may do one more."""
        bucket = self._buckets.setdefault(address, self._new_bucket())
        self._buckets.move_to_end(address)
        if len(self._buckets) > _ADDRESSES_KEPT:
            self._buckets.popitem(last=False)
        return bucket.take()
