"""The simulated centre under load: desktops, nodes, and the contacts they handle."""

import asyncio
import itertools
import os
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import perf_counter

from switchyard_common.grpc_channel import open_channel

from benchmarks.load import setting
from benchmarks.load.book import Book, Contact
from benchmarks.load.desktops import Desktops
from benchmarks.load.http2 import Connection, connect
from benchmarks.load.nodes import Node

_DESK_CONNECTIONS, _NODES = 3, 3
"""For each router."""
_ATTACH_SECONDS = 10.0
_LOOK_SECONDS = 0.02


class LoadFloor:
    """Everybody who talks to the routers; spread evenly over them."""

    def __init__(self, target: str, desks: Sequence[Connection], book: Book) -> None:
        self.book = book
        self.desktops = Desktops(self.book)
        self.rng = random.Random(7)
        self.talk_seconds: float | None = 0.0
        """Mean of the conversations, each between half and one and a half of it; None: they last
        until `hang_up_one`."""
        self.refill = False
        """Whether a new contact is created for each one that ends."""
        self._target = target
        self._desks = desks
        self._numbers = itertools.count()
        self._creating = 0
        self._answered = asyncio.Event()
        self._nodes: list[Node] = []
        self._talking: list[tuple[Node, str]] = []

    async def attach(self, connections: Sequence[Connection], group: asyncio.TaskGroup) -> None:
        """Nodes, one per connection given, and until each is attached; leases are kept."""
        for number, connection in enumerate(connections):
            node = Node(f"load-{number}", connection, self.book, self._joined, self._ended)
            group.create_task(node.beat())
            self._nodes.append(node)
        group.create_task(self.desktops.beat())
        async with asyncio.timeout(_ATTACH_SECONDS):
            await asyncio.gather(*(node.attached.wait() for node in self._nodes))

    async def sign_in(self, agents: int) -> None:
        """Configures and signs in agents until there are so many."""
        present = len(self.desktops.all)
        missing = max(0, agents - present)
        async with open_channel(self._target) as channel:
            await setting.configure(channel, present, missing)
        await self.desktops.sign_in(self._desks, missing)

    def create(self, skill: str = "") -> None:
        """A contact more, at the nodes in turn; returns at once."""
        number = next(self._numbers)
        node = self._nodes[number % len(self._nodes)]
        self._creating += 1
        node.create(f"{os.getpid()}-{number}", setting.QUEUE, skill, self._created)

    async def create_many(self, contacts: int, skill: str = "", at_once: int = 64) -> None:
        """So many contacts as fast as the router takes them, and until each is queued."""
        for _ in range(contacts):
            self.create(skill)
            await self._fewer(at_once)
        await self.created()

    async def created(self) -> None:
        """Until every creation is answered."""
        await self._fewer(1)

    async def _fewer(self, than: int) -> None:
        while self._creating >= than:
            self._answered.clear()
            await self._answered.wait()

    def _created(self) -> None:
        self._creating -= 1
        self._answered.set()

    async def ended(self, contacts: Sequence[Contact], most_seconds: float) -> int:
        """Until these are over, or the time is; returns how many are not."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + most_seconds
        left = [one for one in contacts if not one.ended]
        while left and loop.time() < deadline:
            await asyncio.sleep(_LOOK_SECONDS)
            left = [one for one in left if not one.ended]
        return len(left)

    def hang_up_one(self) -> bool:
        """Ends the conversation of one contact, drawn by lot; False if there is none."""
        if not self._talking:
            return False
        lot = self.rng.randrange(len(self._talking))
        self._talking[lot], self._talking[-1] = self._talking[-1], self._talking[lot]
        self._hang_up(*self._talking.pop())
        return True

    def _joined(self, node: Node, name: str) -> None:
        if self.talk_seconds is None:
            self._talking.append((node, name))
            return
        seconds = self.talk_seconds * self.rng.uniform(0.5, 1.5)
        asyncio.get_running_loop().call_later(seconds, self._hang_up, node, name)

    def _hang_up(self, node: Node, name: str) -> None:
        contact = self.book.at(name)
        contact.hung_up = perf_counter()
        self.desktops.all[contact.agent].freed = contact.hung_up
        node.hang_up(name)

    def _ended(self, contact: Contact) -> None:
        if self.refill:
            self.create()


@asynccontextmanager
async def load_floor(targets: Sequence[str]) -> AsyncIterator[LoadFloor]:
    """A floor with nodes attached and nobody signed in, for the length of the block."""
    book = Book()

    def lost(why: str) -> None:
        book.problems[f"connection lost: {why}"] += 1

    desks = [await connect(target, lost) for target in targets for _ in range(_DESK_CONNECTIONS)]
    nodes = [await connect(target, lost) for target in targets for _ in range(_NODES)]
    try:
        async with asyncio.TaskGroup() as group:
            floor = LoadFloor(targets[0], desks, book)
            await floor.attach(nodes, group)
            yield floor
            raise _Over
    except* _Over:
        pass
    finally:
        for connection in (*desks, *nodes):
            connection.close()


class _Over(Exception):
    """Ends the tasks of the floor."""
