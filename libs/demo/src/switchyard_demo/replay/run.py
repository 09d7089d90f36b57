"""One replay: everybody comes in, the day is played, everybody leaves, the router's log is read."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from typing import Protocol

import grpc
from switchyard.router.v1.supervision_service_pb2_grpc import SupervisionServiceStub
from switchyard_common.clock import Clock

from switchyard_demo.calllog.kpis import CallRecord
from switchyard_demo.calllog.plan import ReplayPlan
from switchyard_demo.floor.call import Fate
from switchyard_demo.floor.configure import Configurator
from switchyard_demo.floor.exchange import Exchange
from switchyard_demo.floor.names import Names
from switchyard_demo.floor.node import PlatformNode
from switchyard_demo.replay.centre import PREFIX, set_up
from switchyard_demo.replay.people import ReplayAgent, ReplayCaller, record_of
from switchyard_demo.replay.stopwatch import Latency, Stopwatch
from switchyard_demo.replay.timebase import Timebase, hours_of
from switchyard_demo.replay.witness import Findings, Witness

NODE = f"{PREFIX}pbx"
_LEAD_SECONDS = 0.5
_TICK_SECONDS = 0.25
_LEAVE_SECONDS = 5.0


class Progress(Protocol):
    """Shows how far a replay is."""

    def tick(self, log_second: float, over: int) -> None:
        """So far in the log's day, with so many calls over."""
        ...


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came out of a replay."""

    records: tuple[CallRecord, ...]
    """What became of each planned contact, in the plan's order and the log's seconds."""
    fates: dict[Fate, int]
    real_seconds: float
    offer_latency: Latency | None
    """Dialling to offer, for calls that found a free agent."""
    connect_latency: Latency | None
    """Dialling to being joined, for the same calls."""
    pause_latency: Latency | None
    """End of a call to the agent's next offer, where somebody waited."""
    lateness: Latency | None
    """How late this program itself was with a caller."""
    findings: Findings


class Replay:
    """Plays a plan on a router."""

    def __init__(
        self,
        plan: ReplayPlan,
        speed: float,
        channel: grpc.aio.Channel,
        names: Names,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        self._plan = plan
        self._speed = speed
        self._names = names
        self._configurator = Configurator(channel, names)
        self._witness = Witness(SupervisionServiceStub(channel), names)
        self._node = PlatformNode(channel, names, NODE, clock, rng, kind="call-log-replay")
        self._exchange = Exchange(self._node, names, rings=False)
        self._stopwatch = Stopwatch()
        self._agents = [
            ReplayAgent(agent, channel, names, self._stopwatch, rng) for agent in plan.agents
        ]
        self._hours = hours_of(plan)
        closing = self._hours.closing_second
        self._callers = [ReplayCaller(contact, closing) for contact in plan.contacts]
        self._over = 0

    async def run(self, progress: Progress) -> Replayed:
        """Play it. Raises AioRpcError when the router refuses or vanishes for good."""
        self._witness.begin()
        await set_up(self._configurator, self._names, self._plan.agents, self._speed)
        try:
            timebase, ended = await self._play(progress)
        except ExceptionGroup as group:
            raise group.exceptions[0] from group  # one fault ends it all: the first is the cause
        findings = await self._witness.findings(self._contacts())
        return self._result(timebase, ended - timebase.began, findings)

    async def _play(self, progress: Progress) -> tuple[Timebase, float]:
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            staying = [group.create_task(self._node.run(self._exchange))]
            staying += [group.create_task(agent.sit()) for agent in self._agents]
            await self._node.attached.wait()
            began = loop.time() + _LEAD_SECONDS
            hours = self._hours
            timebase = Timebase(self._speed, hours.first_second, began, hours.quiet)
            staying.append(group.create_task(self._show(timebase, progress)))
            await self._day(timebase, group)
            ended = loop.time()
            await self._all_away()
            for task in staying:
                task.cancel()
        return timebase, ended

    async def _day(self, timebase: Timebase, group: asyncio.TaskGroup) -> None:
        work = [group.create_task(agent.come_and_go(timebase)) for agent in self._agents]
        work += [
            group.create_task(
                caller.call(self._exchange, self._names, timebase, self._stopwatch, self._count)
            )
            for caller in self._callers
        ]
        await asyncio.wait(work)

    def _count(self) -> None:
        self._over += 1

    async def _show(self, timebase: Timebase, progress: Progress) -> None:
        while True:
            progress.tick(timebase.log(asyncio.get_running_loop().time()), self._over)
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

    def _result(self, timebase: Timebase, real_seconds: float, findings: Findings) -> Replayed:
        outcomes = [caller.outcome for caller in self._callers if caller.outcome is not None]
        late = [
            outcome.arrived - timebase.real(caller.plan.arrival_seconds)
            for caller, outcome in zip(self._callers, outcomes, strict=True)
        ]
        return Replayed(
            records=tuple(record_of(caller, timebase) for caller in self._callers),
            fates=dict(Counter(outcome.fate for outcome in outcomes)),
            real_seconds=real_seconds,
            offer_latency=Latency.of(self._stopwatch.offers),
            connect_latency=Latency.of(self._stopwatch.connections),
            pause_latency=Latency.of(self._stopwatch.pauses),
            lateness=Latency.of(late),
            findings=findings,
        )
