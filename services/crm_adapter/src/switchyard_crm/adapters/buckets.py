"""Token buckets: no source is asked more often than agreed with it."""

from switchyard_common.clock import Clock


class TokenBucket:
    """`per_second` calls on average, `burst` at once.

    Tokens may be promised ahead: who waits has the place in the queue, and nobody overtakes.
    """

    def __init__(self, per_second: float, burst: int, clock: Clock) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._clock = clock
        self._tokens = float(burst)
        self._counted_at = clock.monotonic()

    def reserve(self, most_seconds: float) -> float | None:
        """Seconds to wait before the call may be made; None if they are more than `most_seconds`.

        With None no token was taken.
        """
        self._refill()
        wait = max(0.0, (1.0 - self._tokens) / self._per_second)
        wait += max(0.0, self._counted_at - self._clock.monotonic())  # paused until then
        if wait > most_seconds:
            return None
        self._tokens -= 1.0
        return wait

    def pause(self, seconds: float) -> None:
        """No calls for so long: the source said so. Afterwards one, then more by and by."""
        self._refill()
        self._tokens = min(self._tokens, 1.0)
        self._counted_at = max(self._counted_at, self._clock.monotonic() + seconds)

    def _refill(self) -> None:
        now = self._clock.monotonic()
        if now > self._counted_at:
            gained = (now - self._counted_at) * self._per_second
            self._tokens = min(self._burst, self._tokens + gained)
            self._counted_at = now
