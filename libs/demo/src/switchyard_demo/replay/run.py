"""One replay: everybody comes in, the day is played, everybody leaves, the router's log is read."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from typing import Protocol

import grpc
from switchyard.router.v1.supervision_service_pb2_grpc import SupervisionServiceStub
from switchyard_common.clock import Clock
from switchyard_platform.names import Names
from switchyard_platform.node import PlatformNode

from switchyard_demo.calllog.kpis import CallRecord
from switchyard_demo.calllog.plan import ReplayPlan
from switchyard_demo.floor.call import Fate
from switchyard_demo.floor.configure import Configurator
from switchyard_demo.floor.exchange import Exchange
from switchyard_demo.replay.centre import PREFIX, set_up
from switchyard_demo.replay.log_clock import LogClock, hours_of
from switchyard_demo.replay.people import ReplayAgent, ReplayCaller
from switchyard_demo.replay.stopwatch import Latency, Stopwatch
from switchyard_demo.replay.witness import Findings, Witness

NODE = f"{PREFIX}pbx"
_TICK_SECONDS = 0.25
_LEAVE_SECONDS = 5.0


class Progress(Protocol):
    """Shows how far a replay is."""

    def tick(self, log_second: float, over: int) -> None:
        """So far in the log's day, with so many calls over."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How a replay's clock goes."""

    speed: float
    """Seconds of the log in one real second, while it goes."""
    holds: bool = True
    """It stands still while the router owes something."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came out of a replay."""

    records: tuple[CallRecord, ...]
    """What became of each planned contact, in the plan's order and the log's seconds."""
    fates: dict[Fate, int]
    real_seconds: float
    stood_seconds: float
    """Real time for which the log's clock stood still."""
    unpaid: int
    """Offers and connections that the router owed for too long."""
    offer_latency: Latency | None
    """Dialling to offer, for calls that found a free agent."""
    connect_latency: Latency | None
    """Dialling to being joined, for the same calls."""
    pause_latency: Latency | None
    """End of a call to the agent's next offer, where somebody waited."""
    findings: Findings


class Replay:
    """Plays a plan on a router. Made in the event loop."""

    def __init__(
        self,
        plan: ReplayPlan,
        pace: Pace,
        channel: grpc.aio.Channel,
        names: Names,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        hours = hours_of(plan)
        self._plan = plan
        self._pace = pace
        self._names = names
        self._configurator = Configurator(channel, names)
        self._witness = Witness(SupervisionServiceStub(channel), names)
        self._clock = LogClock(hours, pace.speed, asyncio.get_running_loop(), holds=pace.holds)
        self._stopwatch = Stopwatch(self._clock.owes)
        self._node = PlatformNode(channel, names, NODE, clock, rng, kind="call-log-replay")
        self._exchange = Exchange(
            self._node, names, self._clock, rings=False, watcher=self._stopwatch
        )
        self._agents = [
            ReplayAgent(agent, channel, names, self._stopwatch, rng) for agent in plan.agents
        ]
        self._callers = [ReplayCaller(c, hours.closing_second) for c in plan.contacts]

    async def run(self, progress: Progress) -> Replayed:
        """Play it. Raises AioRpcError when the router refuses or vanishes for good."""
        self._witness.begin()
        speed = self._pace.speed
        await set_up(self._configurator, self._names, self._plan.agents, speed)
        began = asyncio.get_running_loop().time()
        try:
            await self._play(progress)
        except ExceptionGroup as group:
            raise group.exceptions[0] from group  # one fault ends it all: the first is the cause
        real_seconds = asyncio.get_running_loop().time() - began
        stood_seconds = self._clock.stood_seconds
        findings = await self._witness.findings(self._contacts())
        return self._result(real_seconds, stood_seconds, findings)

    async def _play(self, progress: Progress) -> None:
        async with asyncio.TaskGroup() as group:
            staying = [group.create_task(self._node.run(self._exchange))]
            staying += [group.create_task(agent.sit()) for agent in self._agents]
            staying.append(group.create_task(self._show(progress)))
            await self._node.attached.wait()
            work = [group.create_task(agent.come_and_go(self._clock)) for agent in self._agents]
            work += [group.create_task(self._call(caller)) for caller in self._callers]
            await asyncio.sleep(0)  # now everybody waits for their first moment
            self._clock.start()
            await asyncio.wait(work)
            await self._all_away()
            for task in staying:
                task.cancel()

    async def _call(self, caller: ReplayCaller) -> None:
        await caller.call(self._exchange, self._names, self._clock, self._stopwatch)

    async def _show(self, progress: Progress) -> None:
        while True:
            over = sum(caller.outcome is not None for caller in self._callers)
            progress.tick(self._clock.now(), over)
            await asyncio.sleep(_TICK_SECONDS)

    async def _all_away(self) -> None:
        waits = [asyncio.create_task(agent.desktop.away.wait()) for agent in self._agents]
        if waits:
            _, late = await asyncio.wait(waits, timeout=_LEAVE_SECONDS)
            for task in late:
                task.cancel()

    def _contacts(self) -> list[str]:
        outcomes = (caller.outcome for caller in self._callers)
        return [outcome.contact for outcome in outcomes if outcome is not None and outcome.contact]

    def _result(self, real_seconds: float, stood_seconds: float, findings: Findings) -> Replayed:
        records = tuple(caller.record for caller in self._callers)
        return Replayed(
            records=records,
            fates=dict(Counter(c.outcome.fate for c in self._callers if c.outcome is not None)),
            real_seconds=real_seconds,
            stood_seconds=stood_seconds,
            unpaid=self._clock.unpaid,
            offer_latency=Latency.of(self._stopwatch.offers),
            connect_latency=Latency.of(self._stopwatch.connections),
            pause_latency=Latency.of(self._stopwatch.pauses),
            findings=findings,
        )
