"""What the router's own event log says about a replay, read through the public contract."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from switchyard.events.v1 import event_pb2, routing_pb2
from switchyard.router.v1 import supervision_service_pb2 as pb
from switchyard.router.v1.supervision_service_pb2_grpc import SupervisionServiceStub
from switchyard_platform.names import Names, id_of

_QUIET_SECONDS = 2.5
"""The log is read to its end when nothing more comes for so long."""
_FIRST_EVENT_SECONDS = 30.0
_TERMINAL = frozenset({"COMPLETED", "ABANDONED", "CANCELLED", "EXPIRED"})
_MISSED = frozenset({"DECLINED", "TIMED_OUT", "FAILED"})
_CALLER_GONE = "CALLER_HUNG_UP"
_OFFER_ENDED = frozenset({"DECLINED", "TIMED_OUT", "RESCINDED", "FAILED"})


@dataclass(frozen=True, slots=True)
class Findings:
    """What must hold at the end of a replay, as counted from the event log."""

    contacts: int
    """Contacts of the replay seen in the log."""
    terminal: int
    """Of these, those that ended; must be all."""
    by_state: dict[str, int]
    double_assignments: int
    """Contacts accepted while accepted already; must be 0."""
    missed_offers: int
    """Offers that ended without a call though the caller was there; agents accept all at once."""


class Trail:
    """Follows contacts through their events."""

    def __init__(self) -> None:
        self._state: dict[str, str] = {}
        self._accepted: dict[str, str] = {}
        self._doubles = 0
        self._missed = 0

    def follow(self, event: event_pb2.Event) -> None:
        """Take note of one event."""
        if event.HasField("contact"):
            state = event.contact.state
            self._state[event.subject] = state
            if state == "QUEUED" or state in _TERMINAL:
                self._accepted.pop(event.subject, None)
        elif event.HasField("offer"):
            self._offer(event.offer)

    def findings(self, contacts: Collection[str]) -> Findings:
        """What became of these contacts (bare ids)."""
        states = [self._state[contact] for contact in contacts if contact in self._state]
        return Findings(
            contacts=len(states),
            terminal=sum(state in _TERMINAL for state in states),
            by_state={state: states.count(state) for state in sorted(set(states))},
            double_assignments=self._doubles,
            missed_offers=self._missed,
        )

    def _offer(self, offer: routing_pb2.OfferChanged) -> None:
        if offer.state == "ACCEPTED":
            self._doubles += offer.contact in self._accepted
            self._accepted[offer.contact] = offer.offer
        elif offer.state in _OFFER_ENDED:
            self._accepted.pop(offer.contact, None)
            self._missed += offer.state in _MISSED and offer.reason != _CALLER_GONE


class Witness:
    """Remembers where the event log was before a replay, and reads it from there afterwards."""

    def __init__(self, stub: SupervisionServiceStub, names: Names) -> None:
        self._stub = stub
        self._parent = names.parent
        self._first: asyncio.Task[str] | None = None

    def begin(self) -> None:
        """From the next event on. Call it before anything is set up."""
        self._first = asyncio.create_task(self._first_token())

    async def findings(self, contacts: Collection[str]) -> Findings:
        """Reads the log to its end. `contacts` are full names. Raises AioRpcError."""
        if self._first is None:
            raise RuntimeError("begin() comes first")
        ids = {id_of(contact) for contact in contacts}
        request = pb.StreamEventsRequest(
            parent=self._parent, resume_token=await self._first, types=("contact.", "offer.")
        )
        trail = Trail()
        async for event in self._until_quiet(request):
            if event.subject in ids:
                trail.follow(event)
        return trail.findings(ids)

    async def _first_token(self) -> str:
        async with asyncio.timeout(_FIRST_EVENT_SECONDS):
            async for item in self._stub.StreamEvents(pb.StreamEventsRequest(parent=self._parent)):
                return item.resume_token
        raise RuntimeError("the router ended its stream of events")

    async def _until_quiet(self, request: pb.StreamEventsRequest) -> AsyncIterator[event_pb2.Event]:
        call = self._stub.StreamEvents(request)
        events = aiter(call)
        try:
            while True:
                async with asyncio.timeout(_QUIET_SECONDS):
                    item = await anext(events)
                yield item.event
        except (TimeoutError, StopAsyncIteration):
            return
        finally:
            call.cancel()
