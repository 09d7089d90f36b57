"""The store's clock, followed from here: all times of the state are its times."""

from switchyard_common.clock import Clock


class StoreClock:
    """Milliseconds since 1970 by the store's clock, as of the last time it was asked."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ms = 0.0

    def now_ms(self) -> int:
        """What the store's clock shows now, to within a round trip."""
        return int(self._own_ms() + self._offset_ms)

    def observe(self, store_ms: int) -> None:
        """The store's clock showed `store_ms` just now."""
        self._offset_ms = store_ms - self._own_ms()

    def _own_ms(self) -> float:
        return self._clock.now().timestamp() * 1000
