"""Agents at their desktops: they accept, decline, overlook, come late, and lose their streams."""

import asyncio
import random
from collections.abc import Coroutine, Iterator
from typing import Any

import grpc
from switchyard.router.v1 import agent_pb2, contact_pb2
from switchyard.router.v1 import agent_service_pb2 as pb
from switchyard.router.v1.contact_service_pb2 import Heartbeat

from tests.chaos import wire
from tests.chaos.journal import Journal
from tests.chaos.plan import QUEUE_MS, Plan
from tests.chaos.routes import Routes, why

_GONE = frozenset(
    {
        contact_pb2.QUEUED,
        contact_pb2.COMPLETED,
        contact_pb2.ABANDONED,
        contact_pb2.CANCELLED,
        contact_pb2.EXPIRED,
    }
)
_DECLINES, _OVERLOOKS = 0.04, 0.02


class Desktop:
    """One agent, who goes on at any router when a stream ends."""

    def __init__(
        self, number: int, plan: Plan, routes: Routes, journal: Journal, chance: random.Random
    ) -> None:
        self.agent = wire.agent_id(number)
        self._late = plan.late_accepts
        self._routes = routes
        self._journal = journal
        self._chance = chance
        self._call: Any = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writing = asyncio.Lock()
        self._seq = 1
        self._asked: dict[int, agent_pb2.Offer] = {}
        self._calls: set[str] = set()
        self._seen: set[str] = set()
        self._gone: dict[str, int] = {}
        self.signed_in = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                try:
                    await self._session()
                except grpc.aio.AioRpcError as error:
                    self._journal.ended("desktop", why(error))
                except asyncio.InvalidStateError:
                    self._journal.ended("desktop", "written to a stream that had ended")
                self._drop()
                await asyncio.sleep(self._chance.uniform(0.05, 0.5))
        finally:
            self._drop()

    def break_stream(self) -> None:
        """As a crash of the desktop or of its network."""
        if self._call is not None:
            self._call.cancel()

    def _drop(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._call is not None:
            self._call.cancel()

    async def _session(self) -> None:
        self._asked.clear()
        self._call = wire.open_session(self._routes.any())
        hello = pb.AgentHello(
            agent=wire.name_of("agents", self.agent),
            device="chaos",
            initial_presence=agent_pb2.AVAILABLE,
            capabilities=wire.CAPABILITIES,
        )
        try:
            await self._write(pb.ClientMessage(seq=1, hello=hello))
            self._later(self._beat())
            while isinstance(message := await self._call.read(), pb.ServerMessage):
                self._hear(message)
            code = await self._call.code()
            self._journal.ended("desktop", f"{code.name} at its end")
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self._journal.ended("desktop", "broken on purpose")

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(wire.HEARTBEAT_SECONDS * self._chance.uniform(0.8, 1.0))
            await self._write(pb.ClientMessage(heartbeat=Heartbeat(endpoint_registered=True)))

    def _hear(self, message: pb.ServerMessage) -> None:
        for one in _each(message):
            body = one.WhichOneof("body")
            if body == "welcome":
                self._begin(one.welcome)
            elif body == "offer":
                self._ring(one.offer)
            elif body == "result":
                self._take_result(one.result)
            elif body == "contact":
                self._follow(one.contact)
            elif body == "agent" and one.agent.presence == agent_pb2.NOT_READY:
                self._later(self._be_ready())

    def _begin(self, welcome: pb.Welcome) -> None:
        self.signed_in.set()
        self._calls = {c.name for c in welcome.contacts if c.channel == contact_pb2.VOICE}
        self._seen.clear()
        for offer in welcome.pending_offers:
            self._ring(offer)
        for contact in welcome.contacts:
            self._follow(contact)

    def _ring(self, offer: agent_pb2.Offer) -> None:
        """Once for each offer: news of it come again while its telephone rings."""
        if offer.state not in (agent_pb2.PENDING, agent_pb2.ACCEPTED):
            self._calls.discard(offer.contact)
            self._gone[offer.contact] = offer.fence
        elif offer.state == agent_pb2.PENDING and offer.name not in self._seen:
            self._seen.add(offer.name)
            self._later(self._answer(offer))

    def _follow(self, contact: contact_pb2.Contact) -> None:
        if contact.state in _GONE:
            self._calls.discard(contact.name)
            self._gone[contact.name] = contact.fence
        elif contact.state == contact_pb2.WRAP_UP and self._chance.random() < 0.5:
            self._later(self._end_wrap_up(contact.name))

    async def _answer(self, offer: agent_pb2.Offer) -> None:
        ring, luck = QUEUE_MS["ring_timeout"] / 1000, self._chance.random()
        if luck < _OVERLOOKS:
            self._journal.count("offers overlooked")
            return
        if luck < _OVERLOOKS + self._late:
            self._journal.count("offers accepted too late")
            await asyncio.sleep(ring * self._chance.uniform(0.95, 1.6))
        else:
            await asyncio.sleep(self._chance.uniform(0.02, 0.3))
        if _OVERLOOKS + self._late <= luck < _OVERLOOKS + self._late + _DECLINES:
            declined = pb.DeclineOfferRequest(name=offer.name, fence=offer.fence)
            await self._ask(offer, decline=declined)
            return
        # No request id: an answer kept from before would say that a call is on which is long over.
        accept = pb.AcceptOfferRequest(name=offer.name, fence=offer.fence)
        await self._ask(offer, accept=accept)

    async def _ask(self, offer: agent_pb2.Offer, **body: Any) -> None:
        self._seq += 1
        if "accept" in body:
            self._asked[self._seq] = offer
        await self._write(pb.ClientMessage(seq=self._seq, **body))

    def _take_result(self, result: pb.Result) -> None:
        offer = self._asked.pop(result.in_reply_to, None)
        if result.code:
            self._journal.ended("desktop's wish", f"{result.code} {result.reason}")
            if offer is not None and result.reason == "STATE_STORE_DOWN":
                self._later(self._answer(offer))
            return
        if offer is None:
            return
        self._journal.accepted(self.agent, offer.contact, offer.name)
        # The answer of a router that stood still may come after the news that the call is over.
        over = offer.fence <= self._gone.get(offer.contact, 0)
        if offer.channel == contact_pb2.VOICE and not over:
            if self._calls - {offer.contact}:
                self._journal.overbooked.append(f"{self.agent}: {offer.contact}, {self._calls}")
            self._calls.add(offer.contact)

    async def _be_ready(self) -> None:
        await asyncio.sleep(self._chance.uniform(0.2, 0.8))
        self._seq += 1
        ready = pb.SetPresenceRequest(presence=agent_pb2.AVAILABLE)
        await self._write(pb.ClientMessage(seq=self._seq, presence=ready))

    async def _end_wrap_up(self, contact: str) -> None:
        await asyncio.sleep(self._chance.uniform(0.05, 0.3))
        self._seq += 1
        ended = pb.EndWrapUpRequest(contact=contact, disposition="done")
        await self._write(pb.ClientMessage(seq=self._seq, end_wrap_up=ended))

    async def _write(self, message: pb.ClientMessage) -> None:
        async with self._writing:
            await self._call.write(message.SerializeToString())

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_until_the_stream_ends(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first step leaves its work behind.
        task.add_done_callback(lambda _: work.close())


async def _until_the_stream_ends(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
        return  # the reader of the stream tells why


def _each(message: pb.ServerMessage) -> Iterator[pb.ServerMessage]:
    if message.WhichOneof("body") == "batch":
        for one in message.batch.messages:
            yield from _each(one)
    else:
        yield message
