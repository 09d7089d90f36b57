"""What waiting contacts were told of their wait, and what came true of it."""

from collections import OrderedDict
from dataclasses import dataclass

from switchyard_router.domain.estimate import Estimate, Record
from switchyard_router.domain.records import StoredEvent
from switchyard_router.domain.states import TERMINAL, ContactState

_MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class _Promise:
    queue: str
    at_ms: int
    p50_seconds: float
    p90_seconds: float


class Promises:
    """Keeps the first estimate of each contact, of 20,000 at most, and a record for each queue."""

    def __init__(self) -> None:
        self._given: OrderedDict[str, _Promise] = OrderedDict()
        self._records: dict[str, Record] = {}

    def record(self, queue_id: str) -> Record:
        """How right the recent estimates of a queue were."""
        return self._records.get(queue_id) or Record()

    def give(self, contact_id: str, queue_id: str, estimate: Estimate, now_ms: int) -> None:
        """A contact is told; only the first time counts, and only what says something."""
        if contact_id in self._given or not estimate.p90_seconds:
            return
        self._given[contact_id] = _Promise(
            queue_id, now_ms, estimate.p50_seconds, estimate.p90_seconds
        )
        if len(self._given) > _MOST_REMEMBERED:
            self._given.popitem(last=False)

    def on_event(self, event: StoredEvent) -> None:
        """Compare what was promised with what came true.

        A contact that moves to another queue, or is withdrawn, proves nothing.
        """
        promise = self._given.get(event.subject)
        if promise is None or not event.type.startswith("contact."):
            return
        state = str(event.data.get("state", ""))
        over = state == ContactState.CONNECTED or state in TERMINAL
        if not over and event.data.get("queue") == promise.queue:
            return
        del self._given[event.subject]
        record = self._records.setdefault(promise.queue, Record())
        waited = (event.time_ms - promise.at_ms) / 1000
        if state == ContactState.CONNECTED:
            record.came_true(promise.p50_seconds, promise.p90_seconds, waited)
        elif state in (ContactState.ABANDONED, ContactState.EXPIRED):
            record.left_early(promise.p50_seconds, promise.p90_seconds, waited)
