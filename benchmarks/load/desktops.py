"""Agents' desktops: one Session stream each, which accepts every offer at once."""

import asyncio
from collections.abc import Sequence
from time import perf_counter

from switchyard.router.v1 import agent_pb2
from switchyard.router.v1 import agent_service_pb2 as pb

from benchmarks.load import wire
from benchmarks.load.book import Book
from benchmarks.load.http2 import Connection

_SIGN_IN_AT_ONCE = 100
_SIGN_IN_SECONDS = 180.0
_TURN_SECONDS = 0.01


class Desktop:
    """One agent. Answers what must be answered and looks at nothing else."""

    __slots__ = ("_book", "_connection", "_number", "_seq", "_stream", "freed", "signed_in")

    def __init__(self, number: int, connection: Connection, book: Book) -> None:
        self._number = number
        self._connection = connection
        self._book = book
        self._seq = 1
        self.freed = 0.0
        """When the message was sent that makes the agent free; 0: nothing of the sort."""
        self.signed_in = asyncio.Event()

    def sign_in(self) -> None:
        """Open the stream and say hello; `signed_in` is set with the welcome."""
        self._stream = self._connection.call(wire.SESSION, self._got, self._ended)
        self._stream.send(wire.desktop_hello(self._number))

    def beat(self) -> None:
        """Keep the lease."""
        self._stream.send(wire.DESKTOP_BEAT)

    def _got(self, data: bytes) -> None:
        self._hear(pb.ServerMessage.FromString(data))

    def _ended(self, status: str) -> None:
        self._book.problems[f"session ended: {status}"] += 1
        self.signed_in.set()  # nobody shall wait for what will not come

    def _hear(self, message: pb.ServerMessage) -> None:
        body = message.WhichOneof("body")
        if body == "offer":
            self._offered(message.offer)
        elif body == "batch":
            for one in message.batch.messages:
                self._hear(one)
        elif body == "welcome":
            self.signed_in.set()
            for offer in message.welcome.pending_offers:
                self._offered(offer)
        elif body == "result" and message.result.code:
            self._book.problems[f"desktop refused: {message.result.reason}"] += 1
        elif body == "superseded":
            self._book.problems["desktop superseded"] += 1

    def _offered(self, offer: agent_pb2.Offer) -> None:
        if offer.state != agent_pb2.PENDING:
            return
        now = perf_counter()
        contact = self._book.at(offer.contact)
        contact.offers += 1
        contact.agent = self._number
        contact.accepted = now
        if not contact.offered:
            contact.offered = now
        if self.freed:
            self._book.handovers.append((now, now - self.freed))
            self.freed = 0.0
        self._seq += 1
        self._stream.send(wire.acceptance(offer, self._seq))


class Desktops:
    """All desktops."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self.all: list[Desktop] = []

    async def sign_in(self, connections: Sequence[Connection], number: int) -> None:
        """So many agents more, over these connections in turn, and until each has its welcome.

        Raises TimeoutError if that takes minutes, and RuntimeError if some are refused.
        """
        at_once = asyncio.Semaphore(_SIGN_IN_AT_ONCE)

        async def one(desktop: Desktop) -> None:
            async with at_once:
                desktop.sign_in()
                await desktop.signed_in.wait()
                self.all.append(desktop)

        first = len(self.all)
        fresh = [
            Desktop(each, connections[each % len(connections)], self._book)
            for each in range(first, first + number)
        ]
        async with asyncio.timeout(_SIGN_IN_SECONDS):
            await asyncio.gather(*(one(desktop) for desktop in fresh))
        if self._book.problems:
            raise RuntimeError(f"not all could sign in: {dict(self._book.problems)}")
        self.all[first:] = fresh

    async def beat(self) -> None:
        """A heartbeat for everybody every five seconds, spread evenly over them."""
        turn, loop = 0, asyncio.get_running_loop()
        started, sent = loop.time(), 0
        while True:
            await asyncio.sleep(_TURN_SECONDS)
            due = (loop.time() - started) * len(self.all) / wire.HEARTBEAT_SECONDS
            if due - sent > len(self.all) / wire.HEARTBEAT_SECONDS:  # more joined: count anew
                started, sent, due = loop.time(), 0, 1
            while sent < due and self.all:
                self.all[turn % len(self.all)].beat()
                turn, sent = turn + 1, sent + 1
