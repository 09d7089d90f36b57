"""How much one caller may ask for: a rate of calls, and a number of streams at once."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from switchyard_common.errors import DomainError, ErrorKind

_CALLERS_KEPT = 10_000
_STREAM_RETRY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Calls per second of one caller in the long run, as many at once as `burst`; streams open at
    once of one caller, of one that is an agent only, and of all together."""

    calls_per_second: float
    burst: int
    streams_per_caller: int
    streams_per_agent: int
    streams: int


class CallRates:
    """A token bucket per caller; the callers unheard of for longest are forgotten (they are full).

    A call costs a dictionary look-up and a few additions.
    """

    def __init__(self, per_second: float, burst: int, monotonic: Callable[[], float]) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, list[float]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Count a call; EXHAUSTED (RATE_LIMITED), with the time to wait, if it is one too many."""
        now = self._monotonic()
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = [self._burst, now]
            if len(self._buckets) > _CALLERS_KEPT:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(caller)
        tokens = min(self._burst, bucket[0] + (now - bucket[1]) * self._per_second)
        bucket[1] = now
        if tokens < 1:
            bucket[0] = tokens
            raise _limited(
                f"this caller may make {self._per_second:g} calls a second; slow down",
                (1 - tokens) / self._per_second,
            )
        bucket[0] = tokens - 1


class OpenStreams:
    """Counts the streams that are open, by caller and in all."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[str, int] = {}
        self.total = 0

    @contextmanager
    def hold(self, caller: str, most_of_caller: int) -> Iterator[None]:
        """One stream more for the length of the block; EXHAUSTED (RATE_LIMITED) if it is one too
        many."""
        own = self._open.get(caller, 0)
        if own >= most_of_caller:
            raise _limited(
                f"this caller has {own} streams open, as many as it may; close one",
                _STREAM_RETRY_SECONDS,
            )
        if self.total >= self._most:
            raise _limited(
                f"{self.total} streams are open here, as many as there may be; ask another process",
                _STREAM_RETRY_SECONDS,
            )
        self._open[caller] = own + 1
        self.total += 1
        try:
            yield
        finally:
            self.total -= 1
            left = self._open[caller] - 1
            if left:
                self._open[caller] = left
            else:
                del self._open[caller]


def _limited(message: str, retry_after_seconds: float) -> DomainError:
    return DomainError(
        kind=ErrorKind.EXHAUSTED,
        reason="RATE_LIMITED",
        message=message,
        retry_after_seconds=retry_after_seconds,
    )
