"""How far a router's view of the present is behind the event log."""

from switchyard_router.domain.records import StoredEvent
from switchyard_router.service.store_clock import StoreClock


class EventLag:
    """Keeps the largest age of events when they were seen, until it is asked for."""

    def __init__(self, clock: StoreClock) -> None:
        self._clock = clock
        self._worst_ms = 0

    def on_event(self, event: StoredEvent) -> None:
        """An event has reached the board."""
        self._worst_ms = max(self._worst_ms, self._clock.now_ms() - event.time_ms)

    def take_seconds(self) -> float:
        """The largest age since this was last asked; 0 if nothing happened."""
        worst_ms, self._worst_ms = self._worst_ms, 0
        return worst_ms / 1000
