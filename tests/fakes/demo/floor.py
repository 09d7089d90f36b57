"""A small floor: a node with its exchange, and agents at their desktops, on one router."""

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field

import grpc
from switchyard.router.v1 import agent_pb2
from switchyard_common.clock import SystemClock
from switchyard_demo.floor.agent import ChatDesk, SimulatedAgent
from switchyard_demo.floor.call import CallScript
from switchyard_demo.floor.desktop import Desktop
from switchyard_demo.floor.exchange import Exchange
from switchyard_demo.floor.habits import PROMPT, Habits
from switchyard_demo.floor.playtime import LoopTime, PlayTime
from switchyard_platform.names import Names
from switchyard_platform.node import PlatformNode

NAMES = Names("demo")
QUEUE = "billing"


class HandTime:
    """A clock for callers that stands still until it is turned by hand."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        """See PlayTime."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let some time pass."""
        self._now += seconds

    def left(self, moment: float) -> float:
        """See PlayTime: after so long it may be worth another look."""
        return 0.02 if moment > self._now else 0.0

    def expecting(self, moment: float) -> AbstractContextManager[None]:
        """See PlayTime."""
        return nullcontext()

    def standing(self) -> AbstractContextManager[None]:
        """See PlayTime."""
        return nullcontext()


@dataclass
class SmallFloor:
    """What a test works with."""

    node: PlatformNode
    exchange: Exchange
    desktops: dict[str, Desktop]
    offers: list[agent_pb2.Offer] = field(default_factory=list)
    """Every offer that reached a desktop."""

    async def dialled(self) -> str:
        """The name of the only call, once the router has taken it."""
        async with asyncio.timeout(60):
            while not self.node.live_contacts:
                await asyncio.sleep(0.01)
        (contact,) = self.node.live_contacts
        return contact


@asynccontextmanager
async def floor(
    channel: grpc.aio.Channel,
    agents: dict[str, Habits] | Sequence[str] = (),
    node: str = "pbx-1",
    chats: ChatDesk | None = None,
    time: PlayTime | None = None,
) -> AsyncGenerator[SmallFloor]:
    """A floor with agents signed in; leaving the block breaks its streams, as a crash would."""
    habits = agents if isinstance(agents, dict) else dict.fromkeys(agents, PROMPT)
    rng = random.Random(7)
    pbx = PlatformNode(channel, NAMES, node, SystemClock(), rng)
    exchange = Exchange(pbx, NAMES, time or LoopTime())
    desktops = {name: Desktop(channel, NAMES.of("agents", name), rng) for name in habits}
    made = SmallFloor(pbx, exchange, desktops)
    people = [
        SimulatedAgent(desktops[name], how, rng, chats=chats, on_ring=made.offers.append)
        for name, how in habits.items()
    ]
    work = [asyncio.create_task(person.run()) for person in people]
    work.append(asyncio.create_task(pbx.run(exchange)))
    try:
        await asyncio.wait_for(pbx.attached.wait(), 60)
        for desktop in desktops.values():
            desktop.want(agent_pb2.AVAILABLE)
        yield made
    finally:
        for task in work:
            task.cancel()
        results = await asyncio.gather(*work, return_exceptions=True)
        faults = [result for result in results if isinstance(result, Exception)]
        assert not faults, faults


def script(
    number: int = 1, *, patience: float = 600.0, talk: float = 0.1, agent_hangs_up: bool = False
) -> CallScript:
    """A caller of the queue "billing"."""
    return CallScript(
        external_id=f"call-{number}",
        queue=QUEUE,
        patience_seconds=patience,
        talk_seconds=talk,
        agent_hangs_up=agent_hangs_up,
    )
