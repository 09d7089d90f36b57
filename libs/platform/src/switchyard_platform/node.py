"""A platform node: one Attach stream for all its contacts, kept up over breaks and restarts."""

import asyncio
import itertools
import random
import uuid
from typing import Protocol

import grpc
import structlog
from switchyard.router.v1 import contact_pb2
from switchyard.router.v1 import contact_service_pb2 as pb
from switchyard.router.v1.contact_service_pb2_grpc import ContactServiceStub
from switchyard_common.clock import Clock

from switchyard_platform.command_filter import CommandFilter
from switchyard_platform.names import Names
from switchyard_platform.reconnect import Backoff, keep_connected, persist
from switchyard_platform.uplink import Uplink, beating

CREATE_SECONDS = 2.0
CREATE_TRIES = 6

type Attached = grpc.aio.StreamStreamCall[pb.PbxMessage, pb.PbxServerMessage]


class EventRefused(Exception):
    """The router refused a reported event; the text is its reason."""


class NodeListener(Protocol):
    """Who does what the router asks of the node. Called in the order of the stream."""

    def on_contact(self, contact: contact_pb2.Contact, command: pb.Command | None) -> None:
        """A contact of the node changed, or must have something done for it.

        A fresh estimate comes as a command to announce it; of its contact only the name is told.
        """
        ...

    def on_unknown(self, contact: str) -> None:
        """The router does not know this contact as live: it is over."""
        ...


class PlatformNode:
    """Creates contacts, reports what happens on the line, hands commands to a listener.

    Events have numbers that rise over restarts too, wait while the stream is down, and are
    repeated until the router has acknowledged them. Repeated and overtaken commands are dropped.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        names: Names,
        node_id: str,
        clock: Clock,
        rng: random.Random,
        *,
        kind: str = "simulated-pbx",
    ) -> None:
        self.node_id = node_id
        self.attached = asyncio.Event()
        self._stub = ContactServiceStub(channel)
        self._names = names
        self._kind = kind
        self._clock = clock
        self._rng = rng
        # Milliseconds since 1970: below 1,000 events a second, a restarted node begins higher.
        self._numbers = itertools.count(int(clock.now().timestamp() * 1000))
        self._commands = CommandFilter()
        self._held: set[str] = set()
        self._unacknowledged: dict[int, _Report] = {}
        self._uplink: Uplink[pb.PbxMessage] | None = None
        self._log = structlog.stdlib.get_logger()

    @property
    def live_contacts(self) -> list[str]:
        """Contacts whose media the node holds, or of which the router has not heard the end."""
        reported = {report.event.contact for report in self._unacknowledged.values()}
        return sorted(self._held | reported)

    @property
    def unheard(self) -> tuple[asyncio.Future[pb.ReportCallEventResponse], ...]:
        """The answers to reports that the router has not acknowledged."""
        return tuple(report.answer for report in self._unacknowledged.values())

    async def run(self, listener: NodeListener) -> None:
        """Stay attached until cancelled. Raises AioRpcError when no further try can help."""
        backoff = Backoff(self._rng)
        await keep_connected(lambda: self._attach(listener, backoff), backoff)

    async def create(self, contact: contact_pb2.Contact) -> contact_pb2.Contact:
        """Queue a contact of this node and hold it.

        A router that is away is tried again with the same request id, for a few seconds. Raises
        AioRpcError for refusals, for instance QUEUE_FULL.
        """
        contact.node = self.node_id
        request = pb.CreateContactRequest(
            parent=self._names.parent, contact=contact, request_id=uuid.uuid4().hex
        )
        created = await persist(
            lambda: self._stub.CreateContact(request, timeout=CREATE_SECONDS),
            self._rng,
            CREATE_TRIES,
        )
        self._held.add(created.name)
        return created

    def hold(self, contact: str) -> None:
        """The node holds the media of a contact that somebody else queued: a call back."""
        self._held.add(contact)

    def release(self, contact: str) -> None:
        """The node holds nothing of this contact any more."""
        self._held.discard(contact)
        self._commands.forget(contact)

    def report(
        self,
        kind: pb.CallEventType.ValueType,
        contact: str,
        leg: pb.Bridge | pb.Ring | pb.Dial | None = None,
        cause: str = "",
    ) -> asyncio.Future[pb.ReportCallEventResponse]:
        """Report an event of the caller's leg, or of the agent's leg that a command named.

        `cause` is the line's own word for why.

        The future ends with the router's answer, however often the stream breaks before, or with
        EventRefused.
        """
        event = pb.ReportCallEventRequest(
            contact=contact, type=kind, source_seq=next(self._numbers), cause=cause
        )
        event.event_time.FromDatetime(self._clock.now())
        if leg is not None:
            event.offer, event.agent, event.fence = leg.offer, leg.agent, leg.fence
        report = _Report(event)
        self._unacknowledged[event.source_seq] = report
        if self._uplink is not None:
            self._uplink.send(report.message())
        return report.answer

    async def _attach(self, listener: NodeListener, backoff: Backoff) -> None:
        uplink: Uplink[pb.PbxMessage] = Uplink()
        hello = pb.PbxHello(
            node=self.node_id,
            kind=self._kind,
            parent=self._names.parent,
            live_contacts=self.live_contacts,
        )
        uplink.send(pb.PbxMessage(seq=next(self._numbers), hello=hello))
        call: Attached = self._stub.Attach(uplink.messages())
        try:
            first = await anext(aiter(call), None)
            if first is None:
                return
            backoff.reset()
            self._reconcile(first.reconcile, listener)
            self._open(uplink)
            interval_ms = first.reconcile.heartbeat_interval.ToMilliseconds()
            async with beating(interval_ms / 1000, lambda: self._beat(uplink)):
                async for message in call:
                    self._hear(message, listener)
        finally:
            self.attached.clear()
            self._uplink = None
            uplink.close()
            call.cancel()

    def _reconcile(self, reconcile: pb.Reconcile, listener: NodeListener) -> None:
        """Do what the router's answer to the hello asks for."""
        for contact in reconcile.unknown_to_router:
            listener.on_unknown(contact)
        self._log.info(
            "node_attached",
            node=self.node_id,
            unknown_to_router=len(reconcile.unknown_to_router),
            unknown_to_pbx=len(reconcile.unknown_to_pbx),
        )

    def _open(self, uplink: Uplink[pb.PbxMessage]) -> None:
        """Events that the router has not acknowledged go first, in their order."""
        for report in self._unacknowledged.values():
            uplink.send(report.message())
        self._uplink = uplink
        self.attached.set()

    def _beat(self, uplink: Uplink[pb.PbxMessage]) -> None:
        client_ms = int(self._clock.now().timestamp() * 1000)
        uplink.send(
            pb.PbxMessage(seq=next(self._numbers), heartbeat=pb.Heartbeat(client_ms=client_ms))
        )

    def _hear(self, message: pb.PbxServerMessage, listener: NodeListener) -> None:
        body = message.WhichOneof("body")
        if body == "contact":
            self._contact(message.contact, listener)
        elif body == "ack":
            report = self._unacknowledged.pop(message.ack.source_seq, None)
            if report is not None:
                report.acknowledged(message.ack)
        elif body == "rejection":
            self._log.warning("event_refused", reason=message.rejection.reason)
            report = self._unacknowledged.pop(message.rejection.in_reply_to, None)
            if report is not None:
                report.refused(message.rejection.reason)

    def _contact(self, event: pb.ContactEvent, listener: NodeListener) -> None:
        if event.WhichOneof("change") == "wait":  # not sure enough to be told with its time
            listener.on_contact(event.contact, pb.Command(announce=pb.Announce(wait=event.wait)))
        elif not event.HasField("command"):
            listener.on_contact(event.contact, None)
        elif self._commands.admit(event.contact.name, event.command):
            listener.on_contact(event.contact, event.command)


class _Report:
    """An event on its way, and the answer somebody waits for. Must be made in the event loop."""

    def __init__(self, event: pb.ReportCallEventRequest) -> None:
        self.event = event
        self.answer: asyncio.Future[pb.ReportCallEventResponse] = (
            asyncio.get_running_loop().create_future()
        )

    def message(self) -> pb.PbxMessage:
        """The event as it goes up; a refusal names it by this number."""
        return pb.PbxMessage(seq=self.event.source_seq, event=self.event)

    def acknowledged(self, answer: pb.ReportCallEventResponse) -> None:
        """The router has it."""
        if not self.answer.done():
            self.answer.set_result(answer)

    def refused(self, reason: str) -> None:
        """The router will not have it."""
        if not self.answer.done():
            self.answer.set_exception(EventRefused(reason))
