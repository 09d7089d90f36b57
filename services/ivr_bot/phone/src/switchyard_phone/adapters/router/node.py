"""The phone as a platform node: callers are queued, agents joined, ends reported."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import grpc
import structlog
from switchyard.router.v1 import contact_pb2
from switchyard.router.v1 import contact_service_pb2 as pb
from switchyard.router.v1.contact_service_pb2_grpc import ContactServiceStub
from switchyard_common.clock import Clock
from switchyard_common.grpc_errors import reason_of
from switchyard_common.request_id import outgoing_metadata
from switchyard_platform.names import Names
from switchyard_platform.node import EventRefused, PlatformNode

from switchyard_phone.adapters.router.convert import (
    REFUSED,
    Queues,
    to_contact,
    to_leg,
    to_offer,
    to_place,
)
from switchyard_phone.adapters.router.passed_on import Memory, PassedOn
from switchyard_phone.adapters.router.waiting import CallersPlace
from switchyard_phone.service.routing import NotQueued, Offer, Over, QueuedAnew, Wanted

_CALL_SECONDS = 2.0
_FIND_AGAIN_PAUSES_SECONDS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)
"""Queues and agents come back some time after a store that was emptied."""
_ESTIMATE_TRIES = 5
_ESTIMATE_PAUSE_SECONDS = 0.1
_OVER = {
    contact_pb2.WRAP_UP: "agent_ended",
    contact_pb2.COMPLETED: "agent_ended",
    contact_pb2.ABANDONED: "contact_lost",
    contact_pb2.CANCELLED: "contact_lost",
    contact_pb2.EXPIRED: "nobody_answered",
}

type Report = asyncio.Future[pb.ReportCallEventResponse]


@dataclass(frozen=True, slots=True)
class NodeRules:
    """Which queue a need belongs to, who calls back, and when an agent's telephone is called.

    `call_when`: once the offer was `accepted` at a desktop, or already when it is `offered`, where
    agents accept by answering. `callback_node`: the platform that makes calls to customers; empty:
    the agent who accepts one dials.
    """

    queues: Queues
    callback_node: str = ""
    call_when: Literal["accepted", "offered"] = "accepted"


class RouterNode:
    """The port Routing, and the listener of the node."""

    def __init__(
        self,
        node: PlatformNode,
        channel: grpc.aio.Channel,
        names: Names,
        rules: NodeRules,
        clock: Clock,
        new_id: Callable[[], str],
        memory: Memory,
    ) -> None:
        self._node = node
        self._stub = ContactServiceStub(channel)
        self._names = names
        self._rules = rules
        self._clock = clock
        self._new_id = new_id
        self._places: dict[str, CallersPlace] = {}
        self._passed_on = PassedOn(memory)
        self._tasks: set[asyncio.Task[None]] = set()
        self._log = structlog.stdlib.get_logger()

    @property
    def attached(self) -> bool:
        """Whether the router answers."""
        return self._node.attached.is_set()

    async def run(self) -> None:
        """Stay attached; for ever. Agents go on with callers whom an earlier process passed on."""
        for contact in await self._passed_on.take_over():
            self._node.hold(contact)
        await self._node.run(self)

    async def settle(self, seconds: float) -> None:
        """Give the last reports this long to be heard."""
        waiting = self._node.unheard
        if waiting:
            await asyncio.wait(waiting, timeout=seconds)
        await self._passed_on.settle(seconds)
        for task in tuple(self._tasks):
            task.cancel()

    # The port.

    async def queue(self, wanted: Wanted) -> CallersPlace:
        """Give a caller a place; NotQueued. Who hangs up meanwhile is taken out again."""
        place = CallersPlace(self, wanted, self._new_id(), self._clock.monotonic())
        self._places[place.external_id] = place
        creating = asyncio.create_task(self._create(place))
        try:
            await asyncio.shield(creating)
        except asyncio.CancelledError:
            self._keep(asyncio.create_task(self._take_out(place, creating)))
            raise
        except NotQueued:
            del self._places[place.external_id]
            raise
        self._keep(asyncio.create_task(self._tell_place(place)))
        return place

    async def _create(self, place: CallersPlace, waited_seconds: float = 0.0) -> None:
        wanted = place.wanted
        queue = self._rules.queues.of(wanted)
        contact = to_contact(wanted, place.external_id, queue, self._names, waited_seconds)
        try:
            place.contact = (await self._node.create(contact)).name
        except grpc.aio.AioRpcError as error:
            raise self._not_queued(error) from error

    async def leave_to_pbx(self, wanted: Wanted) -> str:
        """Queue a caller whom the PBX has from now on; NotQueued. Who hangs up is taken out again.

        The PBX's name for the call is the external id, by which its dialplan finds the contact. It
        is no contact of this node: neither its commands nor this process's end concern it.
        """
        creating = asyncio.create_task(self._create_for_pbx(wanted))
        try:
            contact = await asyncio.shield(creating)
        except asyncio.CancelledError:
            self._keep(asyncio.create_task(self._withdraw(creating)))
            raise
        self._passed_on.name(contact, wanted.known_as)
        return contact

    async def _create_for_pbx(self, wanted: Wanted) -> str:
        queue = self._rules.queues.of(wanted)
        contact = to_contact(wanted, wanted.known_as, queue, self._names)
        request = pb.CreateContactRequest(
            parent=self._names.parent, contact=contact, request_id=f"{wanted.known_as}.person"
        )
        try:
            created = await self._stub.CreateContact(
                request, timeout=_CALL_SECONDS, metadata=outgoing_metadata()
            )
        except grpc.aio.AioRpcError as error:
            raise self._not_queued(error) from error
        return str(created.name)

    def _not_queued(self, error: grpc.aio.AioRpcError) -> NotQueued:
        reason = reason_of(error) or error.code().name
        self._log.warning("contact_refused", reason=reason)
        return NotQueued(REFUSED.get(reason, "router_down"))

    async def _withdraw(self, creating: asyncio.Task[str]) -> None:
        await asyncio.wait((creating,))
        if creating.exception() is None:
            self.left(creating.result())

    async def _take_out(self, place: CallersPlace, creating: asyncio.Task[None]) -> None:
        await asyncio.wait((creating,))
        if creating.exception() is None:
            self.left(place.contact)
        self.release(place)

    async def _tell_place(self, place: CallersPlace) -> None:
        """The router learns of a new contact from its own log, some milliseconds later."""
        for _ in range(_ESTIMATE_TRIES):
            await asyncio.sleep(_ESTIMATE_PAUSE_SECONDS)
            try:
                wait = await self._stub.EstimateWait(
                    pb.EstimateWaitRequest(contact=place.contact),
                    timeout=_CALL_SECONDS,
                    metadata=outgoing_metadata(),
                )
            except grpc.aio.AioRpcError as error:
                self._log.debug("estimate_unknown", code=error.code().name)
                continue
            if (told := to_place(wait)) is not None:
                place.tell(told)
                return

    def joined(self, place: CallersPlace, offer: Offer) -> None:
        """The agent has the caller; the contact is held until the agent is done."""
        self._passed_on.add(place.contact, place.wanted.known_as)
        self._report(pb.BRIDGED, place.contact, offer)

    def not_joined(self, contact: str, offer: Offer, cause: str) -> None:
        """The agent could not be joined."""
        self._report(pb.BRIDGE_FAILED, contact, offer, cause)

    def left(self, contact: str) -> None:
        """The caller is gone."""
        self._report(pb.CALLER_HANGUP, contact)

    def release(self, place: CallersPlace) -> None:
        """The caller's leg is not held any more."""
        self._places.pop(place.external_id, None)
        if place.contact not in self._passed_on:
            self._node.release(place.contact)

    async def call_back(self, place: CallersPlace, number: str) -> bool:
        """Queue a call to the caller at the place they have, then give the place up."""
        waited = self._clock.monotonic() - place.since
        queue = self._rules.queues.of(place.wanted)
        contact = to_contact(
            place.wanted, f"{place.external_id}.callback", queue, self._names, waited
        )
        contact.channel = contact_pb2.CALLBACK
        contact.caller, contact.node = number, self._rules.callback_node
        contact.related_contact = place.contact
        request = pb.CreateContactRequest(
            parent=self._names.parent, contact=contact, request_id=contact.external_id
        )
        cancel = pb.CancelContactRequest(
            name=place.contact, reason="CALLBACK_BOOKED", request_id=f"{contact.external_id}.cancel"
        )
        try:
            await self._stub.CreateContact(
                request, timeout=_CALL_SECONDS, metadata=outgoing_metadata()
            )
        except grpc.aio.AioRpcError as error:
            self._log.warning("callback_not_booked", reason=reason_of(error) or error.code().name)
            return False
        try:
            await self._stub.CancelContact(
                cancel, timeout=_CALL_SECONDS, metadata=outgoing_metadata()
            )
        except grpc.aio.AioRpcError:
            self.left(place.contact)
        return True

    # The listener.

    def on_contact(self, contact: contact_pb2.Contact, command: pb.Command | None) -> None:
        """A contact of the node changed, or must have something done for it."""
        place = self._places.get(contact.external_id) or self._named(contact.name)
        over = contact.state in _OVER
        if command is not None and not (over and contact.name in self._passed_on):
            self._do(contact.name, command, place)
        elif over:
            # That of a caller who was passed on may say to hang up: the call is the PBX's.
            self._over(contact.name, _OVER[contact.state], place)

    def on_unknown(self, contact: str) -> None:
        """The router does not know this contact as live: who still waits is queued anew."""
        place = self._named(contact)
        if place is None or contact in self._passed_on:
            self._over(contact, "contact_lost", place)
        else:
            place.unknown()

    def find_again(self, place: CallersPlace) -> None:
        """Find out what became of a caller's contact, and queue them anew if nobody knows."""
        self._keep(asyncio.create_task(self._find_again(place)))

    async def _find_again(self, place: CallersPlace) -> None:
        """Tries for half a minute; then the caller is told that nobody comes."""
        for pause in _FIND_AGAIN_PAUSES_SECONDS:
            await asyncio.sleep(pause)
            if place.external_id not in self._places:
                return
            try:
                await self._look_up(place)
            except (NotQueued, grpc.aio.AioRpcError) as error:
                self._log.warning("contact_not_found_again", problem=type(error).__name__)
                continue
            place.lost = False
            return
        place.tell(Over("contact_lost"))

    async def _look_up(self, place: CallersPlace) -> None:
        """By the node's own id, which also finds what an unheard answer had queued."""
        request = pb.GetContactRequest(parent=self._names.parent, external_id=place.external_id)
        before = place.contact
        try:
            found = await self._stub.GetContact(
                request, timeout=_CALL_SECONDS, metadata=outgoing_metadata()
            )
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            await self._create(place, self._clock.monotonic() - place.since)
        else:
            if found.state in _OVER:
                place.tell(Over(_OVER[found.state]))
                return
            place.contact = found.name
            self._node.hold(found.name)
        self._has_anew(place, before)

    def _has_anew(self, place: CallersPlace, before: str) -> None:
        if place.contact != before:
            self._node.release(before)
            self._log.info("contact_queued_anew", before=before, contact=place.contact)
        if place.external_id not in self._places:  # hung up meanwhile
            self.left(place.contact)
            self._node.release(place.contact)
            return
        place.tell(QueuedAnew(place.contact))
        self._keep(asyncio.create_task(self._tell_place(place)))

    def _named(self, contact: str) -> CallersPlace | None:
        return next((one for one in self._places.values() if one.contact == contact), None)

    def _over(self, contact: str, reason: str, place: CallersPlace | None) -> None:
        if place is not None:
            place.tell(Over(reason))
        if contact in self._passed_on:
            self._passed_on.discard(contact)
            self._node.release(contact)

    def _do(self, contact: str, command: pb.Command, place: CallersPlace | None) -> None:
        operation = command.WhichOneof("op")
        if operation == "dial":
            self._report_leg(pb.BRIDGE_FAILED, contact, command.dial, "CANNOT_DIAL")
        elif contact in self._passed_on:
            return
        elif place is not None:
            self._tell(place, command)
        elif operation in ("ring", "bridge"):
            # A caller of a process that was restarted: that leg is gone.
            self._report(pb.CALLER_HANGUP, contact)

    def _tell(self, place: CallersPlace, command: pb.Command) -> None:
        operation = command.WhichOneof("op")
        if operation == "ring" and self._rules.call_when == "offered":
            place.tell(self._offer(command, command.ring))
        elif operation == "bridge":
            place.tell(self._offer(command, command.bridge))
        elif operation == "hangup":
            place.tell(Over("contact_lost"))
        elif operation == "announce":
            told = to_place(command.announce.wait)
            if told is not None:
                place.tell(told)

    def _offer(self, command: pb.Command, leg: pb.Bridge | pb.Ring) -> Offer:
        due = command.deadline.ToDatetime(tzinfo=self._clock.now().tzinfo)
        return to_offer(leg, due if command.HasField("deadline") else None, self._clock.now())

    def _report(
        self,
        kind: pb.CallEventType.ValueType,
        contact: str,
        offer: Offer | None = None,
        cause: str = "",
    ) -> None:
        self._report_leg(kind, contact, None if offer is None else to_leg(offer), cause)

    def _report_leg(
        self,
        kind: pb.CallEventType.ValueType,
        contact: str,
        leg: pb.Bridge | pb.Dial | None,
        cause: str,
    ) -> None:
        answer = self._node.report(kind, contact, leg, cause)
        answer.add_done_callback(lambda done: self._heard(kind, done))

    def _heard(self, kind: pb.CallEventType.ValueType, answer: Report) -> None:
        if answer.cancelled():
            return
        error = answer.exception()
        name = pb.CallEventType.Name(kind)
        if isinstance(error, EventRefused):
            self._log.warning("line_event_refused", event_type=name, reason=str(error))
        elif error is None and answer.result().stale:
            self._log.info("line_event_too_late", event_type=name)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
