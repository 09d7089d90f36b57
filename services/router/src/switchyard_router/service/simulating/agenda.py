"""Simulated time: a clock that stands still, and what happens next."""

from collections.abc import Callable
from heapq import heappop, heappush

from switchyard_common.clock import SystemClock

from switchyard_router.service.store_clock import StoreClock


class SimulatedClock(StoreClock):
    """Shows the time it is set to, ms."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.ms = 0

    def now_ms(self) -> int:
        """The simulated time."""
        return self.ms

    def observe(self, store_ms: int) -> None:
        """No other clock counts."""


class Agenda:
    """What is to be done, in the order of time; at one time in the order it was noted."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, ms: float, action: Callable[[], None]) -> None:
        """Do something at a time; never is never."""
        if ms != float("inf"):
            self._count += 1
            heappush(self._heap, (int(ms), self._count, action))

    @property
    def next_ms(self) -> int | None:
        """When something is to be done next."""
        return self._heap[0][0] if self._heap else None

    def do(self, ms: int) -> None:
        """Do all that is due at a time."""
        while self._heap and self._heap[0][0] <= ms:
            heappop(self._heap)[2]()
