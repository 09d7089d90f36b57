"""Line events that the router has not acknowledged."""

from switchyard.router.v1 import contact_service_pb2

from switchyard_gateway.adapters.router.convert import to_event
from switchyard_gateway.domain.contacts import CallReport
from switchyard_gateway.service.store import NodeLedger


class Outbox:
    """Keeps events until they are acknowledged, in their order and over broken streams.

    In memory: what a dying process has not sent follows from reconciliation.
    """

    def __init__(self, ledger: NodeLedger, node: str) -> None:
        self._ledger = ledger
        self._node = node
        self._events: dict[int, contact_service_pb2.ReportCallEventRequest] = {}

    async def add(self, report: CallReport) -> contact_service_pb2.ReportCallEventRequest:
        """The event for a report, numbered; StoreDown."""
        sequence = await self._ledger.next_sequence(self._node)
        event = self._events[sequence] = to_event(report, self._node, sequence)
        return event

    def acknowledged(self, sequence: int) -> None:
        """The router has it."""
        self._events.pop(sequence, None)

    def waiting(self) -> tuple[contact_service_pb2.ReportCallEventRequest, ...]:
        """What is to be sent (again), oldest first."""
        return tuple(self._events[sequence] for sequence in sorted(self._events))
