"""Line events that the router has not acknowledged."""

from itertools import count

from switchyard.router.v1 import contact_service_pb2

from switchyard_gateway.adapters.router.convert import to_event
from switchyard_gateway.domain.contacts import CallReport


class Outbox:
    """Keeps events until they are acknowledged, in their order and over broken streams.

    In memory and numbered here, so that no event waits for the store: what a dying process has not
    sent follows from reconciliation, and numbers that begin anew repeat nothing, since the router
    tells events apart by contact and kind as well.
    """

    def __init__(self, node: str) -> None:
        self._node = node
        self._numbers = count(1)
        self._events: dict[int, contact_service_pb2.ReportCallEventRequest] = {}

    def add(self, report: CallReport) -> contact_service_pb2.ReportCallEventRequest:
        """The event for a report, numbered."""
        sequence = next(self._numbers)
        event = self._events[sequence] = to_event(report, self._node, sequence)
        return event

    def acknowledged(self, sequence: int) -> None:
        """The router has it."""
        self._events.pop(sequence, None)

    def waiting(self) -> tuple[contact_service_pb2.ReportCallEventRequest, ...]:
        """What is to be sent (again), oldest first."""
        return tuple(self._events[sequence] for sequence in sorted(self._events))
