"""The gateway as a platform node of the router: one stream, for as long as the process lives."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Protocol

import grpc
import structlog
from switchyard.router.v1 import contact_service_pb2 as pb
from switchyard.router.v1 import contact_service_pb2_grpc
from switchyard_common.clock import Clock
from switchyard_common.errors import DomainError

from switchyard_gateway.adapters.router.convert import estimate_in, to_view
from switchyard_gateway.adapters.router.external_ids import ExternalIds
from switchyard_gateway.adapters.router.outbox import Outbox
from switchyard_gateway.adapters.router.stream import Stream
from switchyard_gateway.domain.contacts import CallReport, ContactView
from switchyard_gateway.domain.conversation import Wait
from switchyard_gateway.domain.errors import StoreDown
from switchyard_gateway.domain.names import Tenant, short

_KIND = "chat-gateway"
_SILENCE_SECONDS = 20.0
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0

type Attached = grpc.aio.StreamStreamCall[pb.PbxMessage, pb.PbxServerMessage]


class News(Protocol):
    """Who listens to the router. All raise StoreDown; then the stream is opened anew."""

    async def live_contacts(self) -> tuple[str, ...]:
        """The contacts that this process holds."""
        ...

    async def attached(self, unknown_to_router: frozenset[str]) -> None:
        """The stream is up; these contacts are not known there."""
        ...

    async def contact(self, contact: ContactView, wait: Wait | None) -> None:
        """A contact changed, or its estimate did."""
        ...


class RouterLink:
    """Holds the stream: hello, heartbeats, line events up, news down; again after every break.

    Also the port Line: events that cannot be sent wait for the next stream.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        outbox: Outbox,
        tenant: Tenant,
        node: str,
        clock: Clock,
        on_attached: Callable[[bool], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._stub = contact_service_pb2_grpc.ContactServiceStub(channel)
        self._outbox = outbox
        self._tenant = tenant
        self._node = node
        self._clock = clock
        self._on_attached = on_attached
        self._sleep = sleep
        self._stream: Stream | None = None
        self._resume_token = ""
        self._external_ids = ExternalIds()
        self._log = structlog.stdlib.get_logger()

    @property
    def up(self) -> bool:
        """Whether the router has answered on the present stream."""
        return self._stream is not None and self._stream.welcomed

    async def report(self, report: CallReport) -> None:
        """Tell the router, now or with the next stream."""
        event = self._outbox.add(report)
        if self._stream is not None:
            self._stream.send(pb.PbxMessage(event=event))

    async def run(self, news: News) -> None:
        """Stay attached; for ever."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            began = self._clock.monotonic()
            try:
                await self._attach(news)
                self._log.warning("router_ended_stream")
            except grpc.aio.AioRpcError as error:
                self._log.warning("router_unreachable", code=error.code().name)
            except TimeoutError:
                self._log.warning("router_silent", seconds=_SILENCE_SECONDS)
            except StoreDown:
                self._log.warning("router_line_waits_for_store")
            if self._clock.monotonic() - began > _LONGEST_PAUSE_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            await self._sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _attach(self, news: News) -> None:
        live = await news.live_contacts()
        self._external_ids.keep(live)
        hello = pb.PbxHello(
            node=self._node,
            kind=_KIND,
            parent=self._tenant.name,
            live_contacts=live,
            resume_token=self._resume_token,
        )
        stream = self._stream = Stream(self._clock)
        stream.send(pb.PbxMessage(hello=hello))
        for event in self._outbox.waiting():
            stream.send(pb.PbxMessage(event=event))
        call: Attached = self._stub.Attach(stream.outgoing())
        try:
            while (message := await _read(call)) is not None:
                await self._hear(stream, message, news)
        finally:
            self._stream = None
            self._on_attached(False)
            stream.close()
            call.cancel()

    async def _hear(self, stream: Stream, message: pb.PbxServerMessage, news: News) -> None:
        match message.WhichOneof("body"):
            case "reconcile":
                stream.welcome(message.reconcile.heartbeat_interval.ToMilliseconds() / 1000)
                self._on_attached(True)
                unknown = frozenset(message.reconcile.unknown_to_router)
                self._log.info("router_attached", node=self._node, unknown_contacts=len(unknown))
                await news.attached(unknown)
            case "contact":
                await self._pass_on(message.contact, news)
            case "ack":
                self._settle(stream, message.ack.source_seq)
            case "rejection":
                self._rejected(stream, message.rejection)
        if message.resume_token:
            self._resume_token = message.resume_token
            stream.seen = message.resume_token

    async def _pass_on(self, event: pb.ContactEvent, news: News) -> None:
        contact = self._external_ids.complete(event.contact)
        if contact is None:
            return
        try:
            await news.contact(to_view(contact), estimate_in(event))
        except StoreDown:
            raise
        except (DomainError, ValueError) as error:  # one contact must not stop all the others
            self._log.error(
                "contact_event_failed", contact=short(event.contact.name), error=repr(error)
            )

    def _rejected(self, stream: Stream, rejection: pb.Rejection) -> None:
        refused = stream.sent_as(rejection.in_reply_to)
        self._log.error(
            "router_refused_event", reason=rejection.reason, code=rejection.code, sequence=refused
        )
        if refused is not None:  # sent again it would be refused again
            self._settle(stream, refused)

    def _settle(self, stream: Stream, sequence: int) -> None:
        self._outbox.acknowledged(sequence)
        stream.answered(sequence)


async def _read(call: Attached) -> pb.PbxServerMessage | None:
    """The next message, None at the end; TimeoutError when nothing comes, not even a heartbeat."""
    async with asyncio.timeout(_SILENCE_SECONDS):
        message = await call.read()
    if isinstance(message, pb.PbxServerMessage):
        return message
    return None
