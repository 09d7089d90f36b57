"""Platform nodes: one Attach stream each; joins, lets talk, hangs up."""

import asyncio
import itertools
import time
from collections.abc import Callable
from time import perf_counter

from switchyard.router.v1 import contact_pb2
from switchyard.router.v1 import contact_service_pb2 as pb

from benchmarks.load import wire
from benchmarks.load.book import Book, Contact
from benchmarks.load.http2 import Connection

type Joined = Callable[["Node", str], None]
type Ended = Callable[[Contact], None]


class Node:
    """One node; `joined` hears of each contact that talks now, `ended` of each that is over."""

    def __init__(
        self,
        node_id: str,
        connection: Connection,
        book: Book,
        joined: Joined,
        ended: Ended,
    ) -> None:
        self.node_id = node_id
        self.attached = asyncio.Event()
        self._connection = connection
        self._book = book
        self._joined = joined
        self._ended = ended
        # Milliseconds since 1970, so that a node of the next run goes on with higher numbers.
        self._seq = itertools.count(int(time.time() * 1000))
        self._stream = connection.call(wire.ATTACH, self._got, self._detached)
        self._stream.send(wire.node_hello(node_id))

    def create(
        self, external_id: str, queue: str, skill: str, answered: Callable[[], None]
    ) -> None:
        """Queue a contact of this node; a refusal counts as a problem."""
        sent = perf_counter()

        def created(data: bytes) -> None:
            self._book.at(contact_pb2.Contact.FromString(data).name).created = sent

        def ended(status: str) -> None:
            if status != "0":
                self._book.problems[f"create refused: {status}"] += 1
            answered()

        call = self._connection.call(wire.CREATE, created, ended, wire.CREATE_TIMEOUT)
        call.send(wire.new_contact(external_id, queue, self.node_id, skill), last=True)

    def hang_up(self, name: str) -> None:
        """The caller of a contact hangs up."""
        self._stream.send(wire.hung_up(name, next(self._seq)))

    async def beat(self) -> None:
        """Keep the lease until cancelled."""
        while True:
            await asyncio.sleep(wire.HEARTBEAT_SECONDS)
            self._stream.send(wire.NODE_BEAT)

    def _got(self, data: bytes) -> None:
        self._hear(pb.PbxServerMessage.FromString(data))

    def _detached(self, status: str) -> None:
        self._book.problems[f"node detached: {status}"] += 1

    def _hear(self, message: pb.PbxServerMessage) -> None:
        body = message.WhichOneof("body")
        if body == "contact":
            self._changed(message.contact)
        elif body == "ack":
            if message.ack.stale:
                self._book.problems["event stale"] += 1
            self._follow(message.ack.contact)
        elif body == "batch":
            for one in message.batch.messages:
                self._hear(one)
        elif body == "reconcile":
            self.attached.set()
        elif body == "rejection":
            self._book.problems[f"event refused: {message.rejection.reason}"] += 1

    def _changed(self, change: pb.ContactEvent) -> None:
        kind = change.WhichOneof("change")
        if kind == "command" and change.command.HasField("bridge"):
            contact = self._book.at(change.contact.name)
            contact.bridge = perf_counter()
            self._stream.send(
                wire.bridged(change.contact.name, change.command.bridge, next(self._seq))
            )
        elif kind is None:
            self._follow(change.contact)

    def _follow(self, news: contact_pb2.Contact) -> None:
        """The same news may come twice: as an answer to an event and as a change."""
        contact = self._book.at(news.name)
        if news.state == contact_pb2.CONNECTED and not contact.connected:
            contact.connected = perf_counter()
            self._joined(self, news.name)
        elif self._book.heard(contact, news.state):
            self._ended(contact)
            if contact.state not in (contact_pb2.COMPLETED, contact_pb2.WRAP_UP):
                self._book.problems[contact_pb2.ContactState.Name(news.state)] += 1
