"""A small floor: a node with its exchange, and agents at their desktops, on one router."""

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
from switchyard.router.v1 import agent_pb2
from switchyard_common.clock import SystemClock
from switchyard_demo.floor.agent import ChatDesk, SimulatedAgent
from switchyard_demo.floor.call import CallScript
from switchyard_demo.floor.desktop import Desktop
from switchyard_demo.floor.exchange import Exchange
from switchyard_demo.floor.habits import PROMPT, Habits
from switchyard_demo.floor.names import Names
from switchyard_demo.floor.node import PlatformNode
from switchyard_demo.floor.playtime import LoopTime

NAMES = Names("demo")
QUEUE = "billing"


@dataclass
class SmallFloor:
    """What a test works with."""

    node: PlatformNode
    exchange: Exchange
    desktops: dict[str, Desktop]
    offers: list[agent_pb2.Offer] = field(default_factory=list)
    """Every offer that reached a desktop."""


@asynccontextmanager
async def floor(
    channel: grpc.aio.Channel,
    agents: dict[str, Habits] | Sequence[str] = (),
    node: str = "pbx-1",
    chats: ChatDesk | None = None,
) -> AsyncGenerator[SmallFloor]:
    """A floor with agents signed in; leaving the block breaks its streams, as a crash would."""
    habits = agents if isinstance(agents, dict) else dict.fromkeys(agents, PROMPT)
    rng = random.Random(7)
    pbx = PlatformNode(channel, NAMES, node, SystemClock(), rng)
    exchange = Exchange(pbx, NAMES, LoopTime())
    desktops = {name: Desktop(channel, NAMES.of("agents", name), rng) for name in habits}
    made = SmallFloor(pbx, exchange, desktops)
    people = [
        SimulatedAgent(desktops[name], how, rng, chats=chats, on_ring=made.offers.append)
        for name, how in habits.items()
    ]
    work = [asyncio.create_task(person.run()) for person in people]
    work.append(asyncio.create_task(pbx.run(exchange)))
    try:
        await asyncio.wait_for(pbx.attached.wait(), 8)
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
    number: int = 1, *, patience: float = 8.0, talk: float = 0.1, agent_hangs_up: bool = False
) -> CallScript:
    """A caller of the queue "billing"."""
    return CallScript(
        external_id=f"call-{number}",
        queue=QUEUE,
        patience_seconds=patience,
        talk_seconds=talk,
        agent_hangs_up=agent_hangs_up,
    )
