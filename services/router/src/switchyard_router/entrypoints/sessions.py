"""Session: an agent's desktop, one stream."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import structlog
from switchyard.router.v1 import agent_pb2, agent_service_pb2
from switchyard_common.errors import DomainError, ErrorKind
from switchyard_common.grpc_errors import STATUS_CODES
from switchyard_common.logs import contact_scope

from switchyard_router.domain.names import Tenant, bad_field
from switchyard_router.entrypoints.agent_reader import AgentReader
from switchyard_router.entrypoints.answers import Answers
from switchyard_router.entrypoints.call_events import short
from switchyard_router.entrypoints.convert import contact_message, context_message, offer_message
from switchyard_router.entrypoints.fanout import Fanout, SessionBox
from switchyard_router.entrypoints.hello import first_message
from switchyard_router.entrypoints.outbox import CAN_BATCH
from switchyard_router.service.agents import AgentStore, OfferStore
from switchyard_router.service.leases import HEARTBEAT_SECONDS, LEASE_SECONDS, LeaseKeeper
from switchyard_router.service.store_clock import StoreClock

_START_WITH = {
    agent_pb2.PRESENCE_UNSPECIFIED: "",
    agent_pb2.AVAILABLE: "AVAILABLE",
    agent_pb2.NOT_READY: "NOT_READY",
}

type Up = AsyncIterator[agent_service_pb2.ClientMessage]


class DesktopSessions:
    """Serves desktops."""

    def __init__(
        self,
        agents: AgentStore,
        offers: OfferStore,
        reader: AgentReader,
        answers: Answers,
        fanout: Fanout,
        leases: LeaseKeeper,
        clock: StoreClock,
        tenant: Tenant,
    ) -> None:
        self._agents = agents
        self._offers = offers
        self._reader = reader
        self._answers = answers
        self._fanout = fanout
        self._leases = leases
        self._clock = clock
        self._tenant = tenant
        self._log = structlog.stdlib.get_logger()

    async def serve(self, up: Up) -> AsyncGenerator[agent_service_pb2.ServerMessage]:
        """One desktop's stream, from hello to its end. When it breaks, the lease runs on."""
        hello = await first_message(up)
        agent_id = self._tenant.parse("agents", hello.agent, "hello.agent")
        if hello.initial_presence not in _START_WITH:
            raise bad_field(
                "hello.initial_presence", "start with AVAILABLE or NOT_READY, or leave it out"
            )
        # Joined first: what happens between opening and welcome is not missed.
        box = self._fanout.join_session(agent_id)
        try:
            with box.serving():
                async with aclosing(self._talk(up, agent_id, hello, box)) as messages:
                    async for message in messages:
                        yield message
        finally:
            self._fanout.leave_session(agent_id, box)
            self._log.info("session_ended", agent=agent_id)

    async def _talk(
        self, up: Up, agent_id: str, hello: agent_service_pb2.AgentHello, box: SessionBox
    ) -> AsyncGenerator[agent_service_pb2.ServerMessage]:
        epoch = await self._agents.open_session(
            agent_id,
            short(hello.device),
            _START_WITH[hello.initial_presence],
            int(LEASE_SECONDS * 1000),
        )
        key = ("agent", agent_id, epoch)
        self._leases.hold(key, lambda why: box.close(_lost(why)))
        self._log.info("session_opened", agent=agent_id, epoch=epoch)
        listener: asyncio.Task[None] | None = None
        try:
            yield await self._welcome(agent_id, epoch)
            listener = box.run(self._listen(up, key, box))
            async for ready in box.drain():
                news, over = _of_this_session(ready, epoch)
                for message in _pack(news, CAN_BATCH in hello.capabilities):
                    yield message
                if over:
                    return
        finally:
            if listener is not None:
                listener.cancel()
            self._leases.drop(key)

    async def _welcome(self, agent_id: str, epoch: int) -> agent_service_pb2.ServerMessage:
        agent = await self._reader.one(agent_id)
        live = (await self._agents.live((agent_id,)))[agent_id]
        welcome = agent_service_pb2.Welcome(session_epoch=epoch, agent=agent)
        welcome.heartbeat_interval.FromMilliseconds(int(HEARTBEAT_SECONDS * 1000))
        welcome.lease.FromMilliseconds(int(LEASE_SECONDS * 1000))
        now = self._clock.now_ms()
        for record in await self._offers.get_many(sorted(live.held)):
            if record is None:
                continue
            if record.state != "OFFERING":
                welcome.contacts.append(contact_message(record, self._tenant))
                continue
            offer = offer_message(await self._offers.get_offer(record.offer), self._tenant, now)
            offer.context.CopyFrom(context_message(record, now))
            welcome.pending_offers.append(offer)
        return agent_service_pb2.ServerMessage(welcome=welcome)

    async def _listen(self, up: Up, key: tuple[str, str, int], box: SessionBox) -> None:
        """Work off what the desktop says, in its order, until it says no more."""
        async for message in up:
            self._leases.heard(key)
            body = message.WhichOneof("body")
            if body == "heartbeat":
                beat = agent_service_pb2.ServerMessage()
                beat.heartbeat.client_ms = message.heartbeat.client_ms
                box.put_soon(beat)
            elif body not in (None, "ack"):
                box.put_soon(await self._result(message, key[1], key[2]))
        box.close()

    async def _result(
        self, message: agent_service_pb2.ClientMessage, agent_id: str, epoch: int
    ) -> agent_service_pb2.ServerMessage:
        answer = agent_service_pb2.ServerMessage()
        answer.result.in_reply_to = message.seq
        try:
            await self._do(message, agent_id, epoch)
        except DomainError as error:
            answer.result.code = STATUS_CODES[error.kind].value[0]
            answer.result.reason = error.reason
            answer.result.message = error.message
            if error.retry_after_seconds is not None:
                answer.result.retry_after.FromMilliseconds(int(error.retry_after_seconds * 1000))
        return answer

    async def _do(
        self, message: agent_service_pb2.ClientMessage, agent_id: str, epoch: int
    ) -> None:
        body = message.WhichOneof("body")
        if body == "presence":
            await self._answers.set_presence(message.presence, agent_id, epoch)
        elif body == "accept":
            await self._answers.accept(message.accept, epoch)
        elif body == "decline":
            await self._answers.decline(message.decline, epoch)
        elif body == "end_wrap_up":
            await self._answers.end_wrap_up(message.end_wrap_up, agent_id)
        elif body == "complete":
            with contact_scope(message.complete.name.rpartition("/")[2]):
                await self._answers.complete(message.complete, agent_id)
        else:
            raise bad_field("hello", "is sent once, as the first message")


def _of_this_session(
    ready: list[agent_service_pb2.ServerMessage], epoch: int
) -> tuple[list[agent_service_pb2.ServerMessage], bool]:
    """What concerns this session, up to its end if a newer one took over; True when it did."""
    news = []
    for message in ready:
        superseded = message.WhichOneof("body") == "superseded"
        if superseded and message.superseded.session_epoch <= epoch:
            continue  # news of our own opening, or of one before it
        news.append(message)
        if superseded:
            return news, True
    return news, False


def _pack(
    messages: list[agent_service_pb2.ServerMessage], together: bool
) -> list[agent_service_pb2.ServerMessage]:
    if not together or len(messages) < 2:
        return messages
    batch = agent_service_pb2.ServerBatch(messages=messages)
    return [agent_service_pb2.ServerMessage(batch=batch)]


def _lost(why: str) -> DomainError:
    return DomainError(
        kind=ErrorKind.ABORTED,
        reason="SESSION_SUPERSEDED" if why == "SUPERSEDED" else "LEASE_LAPSED",
        message="this session is over; open a new one",
    )
