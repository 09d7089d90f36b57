"""The router's ContactService over real gRPC, with a FakeRouter behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from prometheus_client import CollectorRegistry
from switchyard.router.v1 import (
    agent_pb2,
    agent_service_pb2,
    agent_service_pb2_grpc,
    contact_pb2,
    contact_service_pb2_grpc,
)
from switchyard.router.v1 import contact_service_pb2 as pb
from switchyard_common.errors import DomainError, ErrorKind
from switchyard_common.interceptors import CallInterceptor
from switchyard_common.metrics import RpcMetrics
from switchyard_gateway.domain.contacts import CallReport, ContactView, LineEvent
from switchyard_gateway.domain.conversation import ConversationId
from switchyard_gateway.domain.handoff import Handoff
from switchyard_gateway.service.router import CallbackRequest, ContactRequest

from tests.fakes.gateway.router import FakeRouter

type Context = grpc.aio.ServicerContext[Any, Any]


class FakeContactService(
    contact_service_pb2_grpc.ContactServiceServicer, agent_service_pb2_grpc.AgentServiceServicer
):
    """Speaks the contract; `hellos`, `events` and `heartbeats` keep what came up the stream.

    While `deaf` it takes no events, and keeps only their numbers in the stream (`unheard`).
    """

    def __init__(self, router: FakeRouter, heartbeat_ms: int = 5000) -> None:
        self._router = router
        self._heartbeat_ms = heartbeat_ms
        self._down: asyncio.Queue[pb.PbxServerMessage | None] = asyncio.Queue()
        self.hellos: list[pb.PbxHello] = []
        self.events: list[pb.ReportCallEventRequest] = []
        self.created: list[pb.CreateContactRequest] = []
        self.cancelled: list[pb.CancelContactRequest] = []
        self.renumbered: list[pb.RequestCallbackRequest] = []
        self._first_numbers: dict[str, str] = {}
        self.heartbeats = 0
        self.deaf = False
        self.unheard: list[int] = []
        router.listeners.append(self._changed)

    async def CreateContact(
        self, request: pb.CreateContactRequest, context: Context
    ) -> contact_pb2.Contact:
        self.created.append(request)
        contact = request.contact
        wanted = ContactRequest(
            request_id=request.request_id,
            conversation=ConversationId(contact.external_id),
            queue=contact.queue.rpartition("/")[2],
            language=contact.language,
            node=contact.node,
            handoff=Handoff(contact.handoff.reason),
            waited_seconds=contact.age_credit.ToMilliseconds() / 1000,
        )
        if contact.channel == contact_pb2.CALLBACK:
            call = CallbackRequest(wanted, contact.caller, contact.related_contact)
            name = await self._router.create_callback(call)
            first = self._first_numbers.setdefault(name, contact.caller)
            return contact_pb2.Contact(name=name, callback=contact_pb2.Callback(number=first))
        return _message(await self._router.create_contact(wanted))

    async def RequestCallback(
        self, request: pb.RequestCallbackRequest, context: Context
    ) -> contact_pb2.Contact:
        self.renumbered.append(request)
        return contact_pb2.Contact(name=request.name)

    async def CancelContact(
        self, request: pb.CancelContactRequest, context: Context
    ) -> contact_pb2.Contact:
        self.cancelled.append(request)
        if request.name not in self._router.contacts | self._router.callbacks:
            raise DomainError(kind=ErrorKind.NOT_FOUND, reason="CONTACT", message="unknown")
        await self._router.withdraw_contact(request.name, request.reason, request.request_id)
        return contact_pb2.Contact(name=request.name)

    async def GetContact(
        self, request: pb.GetContactRequest, context: Context
    ) -> contact_pb2.Contact:
        return _message(await self._router.get_contact(request.name))

    async def CompleteContact(
        self, request: pb.CompleteContactRequest, context: Context
    ) -> contact_pb2.Contact:
        if request.name not in self._router.contacts:
            raise DomainError(kind=ErrorKind.NOT_FOUND, reason="CONTACT", message="unknown")
        await self._router.complete_contact(request.name, request.disposition, request.request_id)
        return _message(self._router.contacts[request.name])

    async def EstimateWait(
        self, request: pb.EstimateWaitRequest, context: Context
    ) -> contact_pb2.WaitEstimate:
        wait = await self._router.estimate_wait(request.contact)
        estimate = contact_pb2.WaitEstimate(confident=True)
        if wait is not None:
            estimate.position = wait.position
            estimate.p50.seconds, estimate.p90.seconds = wait.p50_seconds or 0, 90
        return estimate

    async def GetAgent(
        self, request: agent_service_pb2.GetAgentRequest, context: Context
    ) -> agent_pb2.Agent:
        display = await self._router.agent_display(request.name)
        if not display:
            raise DomainError(kind=ErrorKind.NOT_FOUND, reason="AGENT", message="unknown")
        return agent_pb2.Agent(name=request.name, display_name=display)

    async def Attach(
        self, request_iterator: AsyncIterator[pb.PbxMessage], context: Context
    ) -> AsyncIterator[pb.PbxServerMessage]:
        hello = (await anext(request_iterator)).hello
        self.hellos.append(hello)
        self._down = asyncio.Queue()
        unknown = [name for name in hello.live_contacts if name not in self._router.contacts]
        reconcile = pb.Reconcile(unknown_to_router=unknown)
        reconcile.heartbeat_interval.FromMilliseconds(self._heartbeat_ms)
        yield pb.PbxServerMessage(reconcile=reconcile)
        listening = asyncio.create_task(self._listen(request_iterator))
        try:
            while (message := await self._down.get()) is not None:
                yield message
        finally:
            listening.cancel()

    def hang_up(self) -> None:
        """End the stream, as a router does that restarts."""
        self._down.put_nowait(None)

    def send(self, message: pb.PbxServerMessage) -> None:
        """Send anything down."""
        self._down.put_nowait(message)

    async def _listen(self, up: AsyncIterator[pb.PbxMessage]) -> None:
        async for message in up:
            body = message.WhichOneof("body")
            if body == "heartbeat":
                self.heartbeats += 1
                self.send(pb.PbxServerMessage(heartbeat=message.heartbeat))
            if body == "event" and self.deaf:
                self.unheard.append(message.seq)
            elif body == "event":
                await self._event(message.event)

    async def _event(self, event: pb.ReportCallEventRequest) -> None:
        self.events.append(event)
        report = CallReport(
            contact=event.contact,
            event=LineEvent(pb.CallEventType.Name(event.type)),
            offer=event.offer,
            agent=event.agent,
            fence=event.fence,
        )
        done = await self._router.apply(report)
        ack = pb.ReportCallEventResponse(source_seq=event.source_seq, stale=not done)
        self.send(pb.PbxServerMessage(ack=ack))

    async def _changed(self, contact: ContactView) -> None:
        event = pb.ContactEvent(contact=_message(contact))
        self.send(pb.PbxServerMessage(resume_token=str(contact.fence), contact=event))


def _message(contact: ContactView) -> contact_pb2.Contact:
    return contact_pb2.Contact(
        name=contact.name,
        external_id=contact.conversation,
        channel=contact_pb2.CHAT,
        state=contact_pb2.ContactState.Value(contact.state),
        assigned_agent=contact.agent,
        current_offer=contact.offer,
        fence=contact.fence,
    )


@asynccontextmanager
async def serving(service: FakeContactService, port: int = 0) -> AsyncIterator[int]:
    """The service on a port for the length of the block."""
    metrics = RpcMetrics(CollectorRegistry(), "fake")
    server = grpc.aio.server(
        interceptors=(CallInterceptor(metrics),), options=[("grpc.so_reuseport", 0)]
    )
    contact_service_pb2_grpc.add_ContactServiceServicer_to_server(service, server)
    agent_service_pb2_grpc.add_AgentServiceServicer_to_server(service, server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    try:
        yield port
    finally:
        await server.stop(0)
