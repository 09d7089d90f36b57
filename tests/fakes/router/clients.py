"""Desktops and platform nodes for tests: they say what they are told and keep what they hear."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import redis
from google.protobuf.duration_pb2 import Duration
from switchyard.router.v1 import (
    agent_pb2,
    agent_service_pb2,
    agent_service_pb2_grpc,
    config_service_pb2,
    config_service_pb2_grpc,
    contact_pb2,
    contact_service_pb2,
    contact_service_pb2_grpc,
    decision_pb2,
    plan_pb2,
    queue_pb2,
    routing_service_pb2,
    routing_service_pb2_grpc,
    supervision_service_pb2_grpc,
)
from switchyard_common.grpc_channel import open_channel
from switchyard_common.grpc_errors import reason_of
from switchyard_common.settings import TlsFiles

TENANT = "tenants/demo"
_PATIENCE_SECONDS = 60.0
_BEAT_SECONDS = 2.0
_PATIENT = {"ring_timeout_ms": 600_000, "connect_timeout_ms": 600_000}
_BEAT = contact_service_pb2.Heartbeat(client_ms=1)


class Stream:
    """One bidirectional stream: send messages, wait for the first that fits."""

    def __init__(self) -> None:
        self.received: list[Any] = []
        self._news = asyncio.Event()
        self._outgoing: asyncio.Queue[Any] = asyncio.Queue()
        self.error: grpc.aio.AioRpcError | None = None
        self.ended = asyncio.Event()

    def send(self, message: Any) -> None:
        """Queue a message to the router."""
        self._outgoing.put_nowait(message)

    async def outgoing(self) -> AsyncIterator[Any]:
        """What is sent, for the call."""
        while (message := await self._outgoing.get()) is not None:
            yield message

    async def beat(self, message: Any) -> None:
        """Send a message again and again: who is not heard for some time loses their lease."""
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            self.send(message)

    async def listen(self, call: Any) -> None:
        """Keep everything that arrives, until the stream ends."""
        try:
            async for message in call:
                self.received.append(message)
                self._news.set()
        except grpc.aio.AioRpcError as error:
            self.error = error
        finally:
            self.ended.set()
            self._news.set()

    async def until(self, fits: Callable[[Any], bool]) -> Any:
        """The first message that fits, waiting for it if need be."""
        seen = 0

        async def look() -> Any:
            nonlocal seen
            while True:
                while seen < len(self.received):
                    seen += 1
                    if fits(self.received[seen - 1]):
                        return self.received[seen - 1]
                assert not self.ended.is_set(), f"stream ended: {self.error}"
                self._news.clear()
                await self._news.wait()

        return await asyncio.wait_for(look(), _PATIENCE_SECONDS)


class Centre:
    """A small contact centre on one router."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.contacts = contact_service_pb2_grpc.ContactServiceStub(channel)
        self.agents = agent_service_pb2_grpc.AgentServiceStub(channel)
        self.config = config_service_pb2_grpc.ConfigServiceStub(channel)
        self.routing = routing_service_pb2_grpc.RoutingServiceStub(channel)
        self.supervision = supervision_service_pb2_grpc.SupervisionServiceStub(channel)
        self._sequence = 0

    @staticmethod
    def need(skill: str, min_level: int = 0) -> plan_pb2.SkillRequirement:
        """A skill requirement."""
        return plan_pb2.SkillRequirement(skill=skill, min_level=min_level)

    @staticmethod
    def step(*skills: plan_pb2.SkillRequirement, expires_ms: int = 0) -> plan_pb2.RoutingStep:
        """A step of a plan."""
        step = plan_pb2.RoutingStep(skills=skills)
        if expires_ms:
            step.expires_after.FromMilliseconds(expires_ms)
        return step

    async def queue(self, queue_id: str = "billing", **fields: Any) -> None:
        """Create a queue; durations are given in milliseconds as `<name>_ms`.

        Unless a test says otherwise nobody misses an offer, however busy the machine is.
        """
        queue = queue_pb2.Queue(name=f"{TENANT}/queues/{queue_id}")
        _fill(queue, _PATIENT | fields)
        await self.config.UpsertQueue(config_service_pb2.UpsertQueueRequest(queue=queue))

    async def plan(self, plan_id: str, *steps: plan_pb2.RoutingStep) -> None:
        """Create a routing plan."""
        plan = plan_pb2.RoutingPlan(name=f"{TENANT}/routingPlans/{plan_id}", steps=steps)
        await self.config.UpsertRoutingPlan(config_service_pb2.UpsertRoutingPlanRequest(plan=plan))

    async def agent(
        self,
        agent_id: str,
        *,
        queues: tuple[str, ...] = ("billing",),
        skills: dict[str, int] | None = None,
        voice: int = 1,
        chat: int = 0,
        callback: int = 0,
        endpoint: str = "",
    ) -> None:
        """Create an agent; `endpoint` is a telephone that can be called."""
        agent = agent_pb2.Agent(
            name=f"{TENANT}/agents/{agent_id}",
            endpoint=endpoint or f"sip:{agent_id}@127.0.0.1",
            skills=skills or {},
            channel_capacity={"VOICE": voice, "CHAT": chat, "CALLBACK": callback},
            queues=[f"{TENANT}/queues/{queue}" for queue in queues],
        )
        await self.config.UpsertAgent(config_service_pb2.UpsertAgentRequest(agent=agent))

    @asynccontextmanager
    async def desktop(
        self, agent_id: str, presence: agent_pb2.Presence.ValueType = agent_pb2.AVAILABLE
    ) -> AsyncGenerator["Desktop"]:
        """A signed-in desktop; leaving the block breaks the stream, as a crash would."""
        stream = Stream()
        hello = agent_service_pb2.AgentHello(
            agent=f"{TENANT}/agents/{agent_id}", device="test", initial_presence=presence
        )
        stream.send(agent_service_pb2.ClientMessage(seq=1, hello=hello))
        call = self.agents.Session(stream.outgoing())
        alive = agent_service_pb2.ClientMessage(heartbeat=_BEAT)
        listener = asyncio.create_task(stream.listen(call))
        beating = asyncio.create_task(stream.beat(alive))
        try:
            desktop = Desktop(agent_id, stream)
            welcome = await stream.until(lambda m: m.HasField("welcome"))
            desktop.epoch = welcome.welcome.session_epoch
            yield desktop
        finally:
            beating.cancel()
            call.cancel()
            await asyncio.wait((listener, beating))

    @asynccontextmanager
    async def node(
        self, node_id: str = "pbx-1", live: tuple[str, ...] = (), told: int = 0
    ) -> AsyncGenerator["Node"]:
        """An attached platform node; leaving the block breaks the stream, as a crash would.

        `told`: how many events it has told of on earlier streams.
        """
        stream = Stream()
        hello = contact_service_pb2.PbxHello(
            node=node_id, kind="test", parent=TENANT, live_contacts=live
        )
        stream.send(contact_service_pb2.PbxMessage(seq=1, hello=hello))
        call = self.contacts.Attach(stream.outgoing())
        alive = contact_service_pb2.PbxMessage(heartbeat=_BEAT)
        listener = asyncio.create_task(stream.listen(call))
        beating = asyncio.create_task(stream.beat(alive))
        try:
            await stream.until(lambda m: m.HasField("reconcile"))
            yield Node(node_id, stream, self, told)
        finally:
            beating.cancel()
            call.cancel()
            await asyncio.wait((listener, beating))

    async def create(
        self, external_id: str, request_id: str = "", timeout: float | None = None, **fields: Any
    ) -> Any:
        """Queue a contact; a voice call on node pbx-1 in queue billing unless said otherwise."""
        values: dict[str, Any] = {"channel": contact_pb2.VOICE, "queue": "billing", "node": "pbx-1"}
        values |= fields
        values["queue"] = f"{TENANT}/queues/{values['queue']}"
        contact = contact_pb2.Contact(external_id=external_id, **values)
        request = contact_service_pb2.CreateContactRequest(
            parent=TENANT, contact=contact, request_id=request_id
        )
        return await self.contacts.CreateContact(request, timeout=timeout)

    async def contact(self, name: str) -> contact_pb2.Contact:
        """A contact."""
        return await self.contacts.GetContact(contact_service_pb2.GetContactRequest(name=name))

    async def state(self, name: str) -> str:
        """A contact's state."""
        return contact_pb2.ContactState.Name((await self.contact(name)).state)

    async def decision(self, name: str) -> decision_pb2.Decision:
        """A decision; it is written moments after its offer."""
        request = routing_service_pb2.GetDecisionRequest(name=name)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                try:
                    return await self.routing.GetDecision(request)
                except grpc.aio.AioRpcError as error:
                    if error.code() != grpc.StatusCode.NOT_FOUND:
                        raise
                    await asyncio.sleep(0.02)

    async def presence(self, agent_id: str) -> str:
        """An agent's presence."""
        request = agent_service_pb2.GetAgentRequest(name=f"{TENANT}/agents/{agent_id}")
        return agent_pb2.Presence.Name((await self.agents.GetAgent(request)).presence)

    async def reaches(self, name: str, *states: str) -> str:
        """Wait until a contact is in one of the states."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while (state := await self.state(name)) not in states:
                await asyncio.sleep(0.02)
        return state

    async def becomes(self, agent_id: str, presence: str) -> None:
        """Wait until an agent shows a presence."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while await self.presence(agent_id) != presence:
                await asyncio.sleep(0.02)

    async def report(self, kind: str, contact: str, **fields: Any) -> Any:
        """Report a call event by the unary RPC, numbered unless `source_seq` is given."""
        self._sequence += 1
        return await self.contacts.ReportCallEvent(
            contact_service_pb2.ReportCallEventRequest(
                contact=contact,
                type=contact_service_pb2.CallEventType.Value(kind),
                source=fields.pop("source", "pbx-1"),
                source_seq=fields.pop("source_seq", self._sequence),
                **fields,
            )
        )


class Desktop:
    """What an agent does."""

    def __init__(self, agent_id: str, stream: Stream) -> None:
        self.agent_id = agent_id
        self.stream = stream
        self.epoch = 0
        self._seq = 1

    async def offer(self, contact: str = "") -> agent_pb2.Offer:
        """The next pending offer, of a contact if one is named."""
        message = await self.stream.until(
            lambda m: (
                m.HasField("offer")
                and m.offer.state == agent_pb2.PENDING
                and contact in ("", m.offer.contact)
            )
        )
        return message.offer  # type: ignore[no-any-return]

    async def say(self, **body: Any) -> agent_service_pb2.Result:
        """Send one message and wait for its result."""
        self._seq += 1
        seq = self._seq
        self.stream.send(agent_service_pb2.ClientMessage(seq=seq, **body))
        message = await self.stream.until(
            lambda m: m.HasField("result") and m.result.in_reply_to == seq
        )
        return message.result  # type: ignore[no-any-return]

    async def accept(
        self, offer: agent_pb2.Offer, request_id: str = ""
    ) -> agent_service_pb2.Result:
        """Accept an offer."""
        return await self.say(
            accept=agent_service_pb2.AcceptOfferRequest(
                name=offer.name, fence=offer.fence, request_id=request_id
            )
        )

    async def decline(self, offer: agent_pb2.Offer) -> agent_service_pb2.Result:
        """Decline an offer."""
        return await self.say(
            decline=agent_service_pb2.DeclineOfferRequest(name=offer.name, fence=offer.fence)
        )


class Node:
    """What a platform does."""

    def __init__(self, node_id: str, stream: Stream, centre: Centre, told: int = 0) -> None:
        self.node_id = node_id
        self.stream = stream
        self._centre = centre
        self._sequence = told

    async def command(self, kind: str, contact: str) -> contact_service_pb2.Command:
        """The next command of a kind for a contact."""
        message = await self.stream.until(
            lambda m: (
                m.HasField("contact")
                and m.contact.contact.name == contact
                and m.contact.HasField("command")
                and m.contact.command.HasField(kind)
            )
        )
        return message.contact.command  # type: ignore[no-any-return]

    async def tell(self, kind: str, contact: str, **fields: Any) -> Any:
        """Report an event on the stream and wait for its acknowledgement."""
        self._sequence += 1
        seq = self._sequence
        event = contact_service_pb2.ReportCallEventRequest(
            contact=contact,
            type=contact_service_pb2.CallEventType.Value(kind),
            source_seq=seq,
            **fields,
        )
        self.stream.send(contact_service_pb2.PbxMessage(seq=seq, event=event))
        message = await self.stream.until(lambda m: m.HasField("ack") and m.ack.source_seq == seq)
        return message.ack


@asynccontextmanager
async def centre(target: str, tls: TlsFiles | None = None) -> AsyncGenerator[Centre]:
    """Clients of one router."""
    async with open_channel(target, tls) as channel:
        await asyncio.wait_for(channel.channel_ready(), _PATIENCE_SECONDS)
        yield Centre(channel)


def waited_ms(offer: agent_pb2.Offer, contact: contact_pb2.Contact) -> int:
    """How long after a contact came it was offered, by the store's clock."""
    return offer.create_time.ToMilliseconds() - contact.create_time.ToMilliseconds()


def make_due(redis_url: str, timer: str, name: str) -> None:
    """Let the time come at which a timer runs, for instance `wrap_up` of a contact."""
    with redis.Redis.from_url(redis_url) as client:
        key = f"{timer}:{name.rpartition('/')[2]}"
        assert client.zscore("sy:{demo}:timers", key) is not None
        client.zadd("sy:{demo}:timers", {key: 1})


async def refused(call: Awaitable[Any]) -> tuple[grpc.StatusCode, str | None]:
    """The code and reason a call is refused with."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error.code(), reason_of(error)
    raise AssertionError("it was not refused")


def _fill(message: Any, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if name.endswith("_ms"):
            duration = Duration()
            duration.FromMilliseconds(value)
            getattr(message, name.removesuffix("_ms")).CopyFrom(duration)
        elif name in ("routing_plan",):
            setattr(message, name, f"{TENANT}/routingPlans/{value}")
        else:
            message.MergeFrom(type(message)(**{name: value}))
