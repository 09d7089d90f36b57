"""A desktop: one Session stream, kept up over breaks, with the presence that its agent wants."""

import asyncio
import random
from dataclasses import dataclass
from typing import Protocol

import grpc
import structlog
from switchyard.router.v1 import agent_pb2, contact_pb2, contact_service_pb2
from switchyard.router.v1 import agent_service_pb2 as pb
from switchyard.router.v1.agent_service_pb2_grpc import AgentServiceStub
from switchyard_platform.names import id_of
from switchyard_platform.reconnect import Backoff, keep_connected
from switchyard_platform.uplink import beating

from switchyard_demo.floor.session import DesktopSession, StreamLost

LOST_REASON = "SIGNED_IN"
"""Reason the router gives an agent whose lease had lapsed before the desktop came back."""

type Presence = agent_pb2.Presence.ValueType


class DesktopListener(Protocol):
    """The person at the desktop. Called in the order of the stream."""

    def on_welcome(self, welcome: pb.Welcome) -> None:
        """A stream began; this is all that the router thinks is in hand."""
        ...

    def on_offer(self, offer: agent_pb2.Offer) -> None:
        """An offer was made or ended; its state says which."""
        ...

    def on_contact(self, contact: contact_pb2.Contact) -> None:
        """A contact in hand changed."""
        ...

    def on_agent(self, agent: agent_pb2.Agent) -> None:
        """The agent's own state changed."""
        ...


@dataclass(frozen=True, slots=True)
class _Wanted:
    presence: Presence
    reason: str


class Desktop:
    """Signed in as long as its agent wants to be.

    `want` says which presence is wanted; `run` brings it about, whatever happens to the stream,
    and keeps what the router decided meanwhile (for instance NOT_READY after a missed offer).
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        agent: str,
        rng: random.Random,
        *,
        device: str = "simulated",
    ) -> None:
        self.agent = agent
        self.presence: Presence = agent_pb2.OFFLINE
        """As the router last said."""
        self.away = asyncio.Event()
        """Set while nobody is signed in here, nor wants to be."""
        self.away.set()
        self._stub = AgentServiceStub(channel)
        self._device = device
        self._backoff = Backoff(rng)
        self._wanted = _Wanted(agent_pb2.OFFLINE, "")
        self._told: _Wanted | None = None
        self._epoch = 0
        self._changed = asyncio.Event()
        self._session: DesktopSession | None = None
        self._telling: set[asyncio.Task[None]] = set()
        self._log = structlog.stdlib.get_logger().bind(agent=id_of(agent))

    @property
    def wanted(self) -> Presence:
        """The presence the agent wants."""
        return self._wanted.presence

    def want(self, presence: Presence, reason: str = "") -> None:
        """AVAILABLE, NOT_READY or OFFLINE, from when the contact in hand is finished."""
        self._wanted = _Wanted(presence, reason)
        self._told = None
        self._changed.set()
        if self._session is not None:
            self._tell(self._session)

    async def run(self, listener: DesktopListener) -> None:
        """Until cancelled, or another desktop of the agent took over.

        Raises AioRpcError when no further try can help, for instance for an unknown agent.
        """
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._wanted.presence == agent_pb2.OFFLINE:
                continue
            self._epoch = 0
            self.away.clear()
            try:
                await keep_connected(lambda: self._stay(listener), self._backoff)
            except _SignedOut:
                self.away.set()
                self._log.info("signed_out")
            except _Superseded as other:
                self._log.warning("desktop_superseded", by=str(other))
                return

    async def accept(self, offer: agent_pb2.Offer) -> pb.Result:
        """Take an offer. Raises StreamLost."""
        request = pb.AcceptOfferRequest(name=offer.name, fence=offer.fence)
        return await self._present().ask(accept=request)

    async def decline(self, offer: agent_pb2.Offer, reason: str) -> pb.Result:
        """Refuse an offer. Raises StreamLost."""
        request = pb.DeclineOfferRequest(name=offer.name, fence=offer.fence, reason=reason)
        return await self._present().ask(decline=request)

    async def end_wrap_up(self, contact: str, disposition: str) -> pb.Result:
        """Finish the paperwork. Raises StreamLost."""
        request = pb.EndWrapUpRequest(contact=contact, disposition=disposition)
        return await self._present().ask(end_wrap_up=request)

    async def complete(self, contact: str, disposition: str) -> pb.Result:
        """End the conversation in hand. Raises StreamLost."""
        request = contact_service_pb2.CompleteContactRequest(name=contact, disposition=disposition)
        return await self._present().ask(complete=request)

    def _present(self) -> DesktopSession:
        if self._session is None:
            raise StreamLost
        return self._session

    async def _stay(self, listener: DesktopListener) -> None:
        try:
            await self._connect(listener)
        except grpc.aio.AioRpcError:
            if not self._signed_out:  # the lease of somebody who left may end the stream first
                raise
        if self._signed_out:
            raise _SignedOut

    @property
    def _signed_out(self) -> bool:
        off = agent_pb2.OFFLINE
        return self._wanted.presence == off == self.presence and self._told == self._wanted

    async def _connect(self, listener: DesktopListener) -> None:
        session = DesktopSession()
        session.say(hello=self._hello())
        call = self._stub.Session(session.uplink.messages())
        try:
            first = await anext(aiter(call), None)
            if first is None:
                return
            self._welcome(first.welcome, session)
            listener.on_welcome(first.welcome)
            interval_ms = first.welcome.heartbeat_interval.ToMilliseconds()
            async with beating(interval_ms / 1000, lambda: self._beat(session)):
                async for message in call:
                    self._hear(message, session, listener)
        finally:
            self._session = None
            session.end()
            call.cancel()

    def _hello(self) -> pb.AgentHello:
        """A new sign-in brings the wanted presence; coming back keeps what the router has."""
        hello = pb.AgentHello(agent=self.agent, device=self._device, resume_epoch=self._epoch)
        if not self._epoch:
            hello.initial_presence = self._wanted.presence
            self._told = self._wanted
        return hello

    def _welcome(self, welcome: pb.Welcome, session: DesktopSession) -> None:
        self._backoff.reset()
        self._epoch = welcome.session_epoch
        self._session = session
        self.presence = welcome.agent.presence
        if welcome.agent.not_ready_reason == LOST_REASON:
            self._told = None
        if self._told != self._wanted:
            self._tell(session)

    def _tell(self, session: DesktopSession) -> None:
        task = asyncio.create_task(self._tell_presence(session, self._wanted))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell_presence(self, session: DesktopSession, wanted: _Wanted) -> None:
        request = session.presence(wanted.presence, wanted.reason)
        try:
            result = await session.ask(presence=request)
        except StreamLost:
            return  # told again with the next welcome
        if result.code:
            self._log.warning("presence_refused", reason=result.reason)
            return
        self._told = wanted
        if self._signed_out:
            session.uplink.close()

    def _hear(
        self, message: pb.ServerMessage, session: DesktopSession, listener: DesktopListener
    ) -> None:
        body = message.WhichOneof("body")
        if body == "result":
            session.settle(message.result)
        elif body == "offer":
            listener.on_offer(message.offer)
        elif body == "contact":
            listener.on_contact(message.contact)
        elif body == "agent":
            self.presence = message.agent.presence
            listener.on_agent(message.agent)
            if self._signed_out:
                session.uplink.close()
        elif body == "superseded":
            raise _Superseded(message.superseded.by_device)

    def _beat(self, session: DesktopSession) -> None:
        session.say(heartbeat=contact_service_pb2.Heartbeat(endpoint_registered=True))


class _SignedOut(Exception):
    """The router has the agent OFFLINE, as wanted."""


class _Superseded(Exception):
    """Another desktop took over; the text is its device."""
