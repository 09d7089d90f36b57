"""Platform nodes: callers come, talk, hang up; what lines report is late, twice, disordered."""

import asyncio
import itertools
import random
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

import grpc
from google.protobuf.message import Message
from switchyard.router.v1 import contact_pb2
from switchyard.router.v1 import contact_service_pb2 as pb
from switchyard.router.v1.contact_service_pb2_grpc import ContactServiceStub

from tests.chaos import wire
from tests.chaos.journal import Journal
from tests.chaos.routes import Routes, lost_peer, why

_OVER = frozenset(
    {
        contact_pb2.WRAP_UP,
        contact_pb2.COMPLETED,
        contact_pb2.ABANDONED,
        contact_pb2.CANCELLED,
        contact_pb2.EXPIRED,
    }
)
_FINAL = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.INTERNAL)
"""Answers that the same request gets again."""
_LATE, _TWICE, _BY_STREAM = 0.2, 0.1, 0.7
_IMPATIENT, _BAD_LINE, _HOLDS = 0.03, 0.02, 0.15


@dataclass(slots=True, eq=False)
class Line:
    """A caller of a node."""

    name: str
    chat: bool
    fence: int = 0
    agent: str = ""
    joined: bool = False
    over: bool = False


class Node:
    """One platform node, which goes on at any router when its stream ends."""

    def __init__(
        self,
        node_id: str,
        queue: str,
        routes: Routes,
        journal: Journal,
        chance: random.Random,
        call_seconds: float,
    ) -> None:
        self.node_id = node_id
        self.lines: dict[str, Line] = {}
        self.attached = asyncio.Event()
        self._queue = queue
        self._routes = routes
        self._journal = journal
        self._chance = chance
        self._call_seconds = call_seconds
        self._call: Any = None
        self._writing = asyncio.Lock()
        self._sequence = itertools.count(int(time.time() * 1000))
        self._callers = itertools.count(1)
        self._acks: dict[int, asyncio.Future[pb.ReportCallEventResponse]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Stay attached until cancelled."""
        try:
            while True:
                try:
                    await self._attach()
                except grpc.aio.AioRpcError as error:
                    self._journal.ended("node", why(error))
                except asyncio.InvalidStateError:
                    self._journal.ended("node", "written to a stream that had ended")
                self.break_stream()
                await asyncio.sleep(self._chance.uniform(0.05, 0.3))
        finally:
            self.break_stream()
            for task in self._tasks:
                task.cancel()

    @property
    def busy(self) -> bool:
        """Whether something is under way: a report that no router has heard, for instance."""
        return bool(self._tasks)

    def break_stream(self) -> None:
        """As a crash of the network."""
        if self._call is not None:
            self._call.cancel()

    def call_in(self, chat: bool) -> None:
        """A caller comes."""
        self._later(self._create(f"{self.node_id}-{next(self._callers)}", chat))

    def hang_up_all(self) -> None:
        """Every caller who still waits or talks gives up."""
        for line in list(self.lines.values()):
            self._later(self._hang_up(line))

    async def _create(self, external_id: str, chat: bool) -> None:
        channel = contact_pb2.CHAT if chat else contact_pb2.VOICE
        request = wire.new_contact(external_id, self._queue, self.node_id, channel)
        created = await self._insist("CreateContact", request)
        self._journal.created[created.name] = monotonic()
        line = self.lines[created.name] = Line(created.name, chat)
        if self._chance.random() < _IMPATIENT:
            await asyncio.sleep(self._chance.uniform(0.1, 2.0))
            await self._hang_up(line)

    async def _insist(self, method: str, request: Message) -> Any:
        """The answer, whatever it takes: the same request again, at any router."""
        while True:
            try:
                stub = ContactServiceStub(self._routes.any())
                return await getattr(stub, method)(request, timeout=self._call_seconds)
            except grpc.aio.AioRpcError as error:
                self._journal.ended(method, why(error))
                final = (*_FINAL, grpc.StatusCode.NOT_FOUND)
                if error.code() in final and not lost_peer(error):
                    raise
                await asyncio.sleep(self._chance.uniform(0.1, 0.4))

    async def _attach(self) -> None:
        self._call = wire.open_attach(self._routes.any())
        named = [name for name, line in self.lines.items() if not line.over]
        hello = pb.PbxHello(
            node=self.node_id,
            kind="chaos",
            parent=wire.PARENT,
            live_contacts=named,
            capabilities=wire.CAPABILITIES,
        )
        beat: asyncio.Task[None] | None = None
        try:
            await self._write(pb.PbxMessage(seq=1, hello=hello))
            beat = asyncio.create_task(self._beat())
            while isinstance(message := await self._call.read(), pb.PbxServerMessage):
                for one in _each(message):
                    self._hear(one, named)
            self._journal.ended("node", f"{(await self._call.code()).name} at its end")
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self._journal.ended("node", "broken on purpose")
        finally:
            if beat is not None:
                beat.cancel()

    async def _beat(self) -> None:
        try:
            while True:
                await asyncio.sleep(wire.HEARTBEAT_SECONDS * 0.9)
                await self._write(pb.PbxMessage(heartbeat=pb.Heartbeat()))
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            return  # the reader of the stream tells why

    def _hear(self, message: pb.PbxServerMessage, named: list[str]) -> None:
        body = message.WhichOneof("body")
        if body == "reconcile":
            self._reconcile(message.reconcile, named)
        elif body == "contact":
            self._changed(message.contact)
        elif body == "ack":
            self._acked(message.ack)
            self._journal.count("events taken as late" if message.ack.stale else "events taken")
            self._journal.counts["events taken as repeated"] += message.ack.duplicate
        elif body == "rejection":
            self._journal.ended("event", message.rejection.reason)

    def _reconcile(self, told: pb.Reconcile, named: list[str]) -> None:
        """What the router forgot is created anew; where the other lines stand is said again."""
        self.attached.set()
        unknown = set(told.unknown_to_router)
        for name in named:
            line = self.lines.get(name)
            if line is None or line.over:
                continue
            if name in unknown:
                self._later(self._look_up(line))
            elif line.joined:
                self._later(self._report("BRIDGED", line, line.fence))

    async def _look_up(self, line: Line) -> None:
        """Over, or lost: who was promised a place gets one again."""
        self._forget(line)
        try:
            await self._insist("GetContact", pb.GetContactRequest(name=line.name))
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.NOT_FOUND:
                raise
            self._journal.lost[line.name] = monotonic()
            await self._create(f"{line.name.rpartition('/')[2]}-again", line.chat)

    def _changed(self, change: pb.ContactEvent) -> None:
        line = self.lines.get(change.contact.name)
        if line is None or line.over:
            return
        state = change.contact.state
        if state in _OVER:
            self._forget(line)
        elif line.chat and state == contact_pb2.ASSIGNED and change.contact.fence > line.fence:
            line.fence, line.joined = change.contact.fence, False
            self._later(self._join(line, line.fence))
        if change.HasField("command"):
            self._obey(line, change.command)

    def _obey(self, line: Line, command: pb.Command) -> None:
        op = command.WhichOneof("op")
        if op == "ring" and command.ring.fence > line.fence:
            line.fence, line.joined = command.ring.fence, False
            kind = "NO_ANSWER" if self._chance.random() < _BAD_LINE else "RINGING"
            self._later(self._report(kind, line, line.fence))
        elif op == "bridge" and command.bridge.fence >= line.fence and not line.joined:
            line.fence = command.bridge.fence
            self._later(self._join(line, line.fence))
        elif op == "stop_ring" and command.stop_ring.fence == line.fence:
            line.joined = False
        elif op == "hangup":
            self._forget(line)

    async def _join(self, line: Line, fence: int) -> None:
        await asyncio.sleep(self._chance.uniform(0.01, 0.1))
        if line.over or line.fence != fence or line.joined:
            return
        if self._chance.random() < _BAD_LINE and not line.chat:
            await self._report("BRIDGE_FAILED", line, fence)
            return
        line.joined = True
        await self._report("BRIDGED", line, fence)
        await self._talk(line, fence)

    async def _talk(self, line: Line, fence: int) -> None:
        if self._chance.random() < _HOLDS:
            await asyncio.sleep(0.3)
            self._later(self._report("HOLD", line, 0))
            self._later(self._report("UNHOLD", line, 0))
        await asyncio.sleep(self._chance.uniform(0.5, 2.5))
        if line.over or not line.joined or line.fence != fence:
            return
        if self._chance.random() < 0.3:
            # The agent hangs up; the caller's leg ends with it, in whichever order they tell.
            self._later(self._report("AGENT_HANGUP", line, fence))
        await self._hang_up(line)

    async def _hang_up(self, line: Line) -> None:
        if not line.over:
            self._forget(line)
            await self._report("CALLER_HANGUP", line, 0)

    def _forget(self, line: Line) -> None:
        line.over = True
        self.lines.pop(line.name, None)

    async def _report(self, kind: str, line: Line, fence: int) -> None:
        """Say what the line did until a router has heard it; maybe late, maybe twice."""
        event = pb.ReportCallEventRequest(
            contact=line.name,
            type=pb.CallEventType.Value(kind),
            source=self.node_id,
            source_seq=next(self._sequence),
            fence=fence,
        )
        if self._chance.random() < _LATE:
            self._journal.count("events delayed")
            await asyncio.sleep(self._chance.uniform(0.05, 1.0))
        await self._deliver(event)
        if kind == "CALLER_HANGUP":
            self._journal.hung_up_ms[line.name] = time.time() * 1000
        if self._chance.random() < _TWICE:
            self._journal.count("events repeated")
            await asyncio.sleep(self._chance.uniform(0.0, 1.0))
            await self._deliver(event)

    async def _deliver(self, event: pb.ReportCallEventRequest) -> None:
        while not await self._delivered(event):
            await asyncio.sleep(self._chance.uniform(0.1, 0.4))

    async def _delivered(self, event: pb.ReportCallEventRequest) -> bool:
        try:
            if self._chance.random() < _BY_STREAM and self._call is not None:
                ack = self._acks[event.source_seq] = asyncio.get_running_loop().create_future()
                await self._write(pb.PbxMessage(seq=event.source_seq, event=event))
                self._look_at(await asyncio.wait_for(ack, self._call_seconds), event)
            else:
                stub = ContactServiceStub(self._routes.any())
                self._look_at(await stub.ReportCallEvent(event, timeout=self._call_seconds), event)
        except grpc.aio.AioRpcError as error:
            self._journal.ended("event", why(error))
            return error.code() in _FINAL and not lost_peer(error)
        except (TimeoutError, asyncio.InvalidStateError):
            return False
        finally:
            self._acks.pop(event.source_seq, None)
        return True

    def _acked(self, answer: pb.ReportCallEventResponse) -> None:
        ack = self._acks.get(answer.source_seq)
        if ack is not None and not ack.done():
            ack.set_result(answer)

    def _look_at(
        self, answer: pb.ReportCallEventResponse, event: pb.ReportCallEventRequest
    ) -> None:
        """An answer without the contact: the router does not know it any more."""
        if not answer.HasField("contact"):
            self._journal.lost.setdefault(event.contact, monotonic())

    async def _write(self, message: pb.PbxMessage) -> None:
        async with self._writing:
            await self._call.write(message.SerializeToString())

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._journal.ended("node's work", repr(error)[:100])


def _each(message: pb.PbxServerMessage) -> Iterator[pb.PbxServerMessage]:
    if message.WhichOneof("body") == "batch":
        for one in message.batch.messages:
            yield from _each(one)
    else:
        yield message
