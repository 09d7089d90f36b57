"""The log's people, played: agents who come and go as inferred, callers with their own patience."""

import asyncio
import random
from collections.abc import Callable

import grpc
from switchyard.router.v1 import agent_pb2

from switchyard_demo.calllog.kpis import CallRecord
from switchyard_demo.calllog.plan import PlannedAgent, PlannedContact
from switchyard_demo.floor.agent import SimulatedAgent
from switchyard_demo.floor.call import CallOutcome, CallScript
from switchyard_demo.floor.desktop import Desktop
from switchyard_demo.floor.exchange import Exchange
from switchyard_demo.floor.habits import PROMPT
from switchyard_demo.floor.names import Names
from switchyard_demo.replay.centre import agent_id, code_of, queue_of
from switchyard_demo.replay.stopwatch import Ring, Stopwatch
from switchyard_demo.replay.timebase import Timebase


class ReplayAgent:
    """One agent of the log: signs in and out as planned, accepts everything at once."""

    def __init__(
        self,
        plan: PlannedAgent,
        channel: grpc.aio.Channel,
        names: Names,
        stopwatch: Stopwatch,
        rng: random.Random,
    ) -> None:
        self._plan = plan
        self._queues = frozenset(names.of("queues", queue_of(kind)) for kind in plan.types)
        self._stopwatch = stopwatch
        self.desktop = Desktop(channel, names.of("agents", agent_id(plan.code)), rng)
        self._person = SimulatedAgent(self.desktop, PROMPT, rng, on_ring=self._rings)

    async def sit(self) -> None:
        """Be at the desktop, signed in or not, until cancelled."""
        await self._person.run()

    async def come_and_go(self, timebase: Timebase) -> None:
        """Be present as planned; whoever is in a call at the end of a stretch finishes it first."""
        for stretch in self._plan.presence:
            await timebase.until(stretch.start)
            self._stopwatch.comes(self.desktop.agent, self._queues)
            self.desktop.want(agent_pb2.AVAILABLE)
            await timebase.until(stretch.end)
            self._stopwatch.leaves(self.desktop.agent)
            self.desktop.want(agent_pb2.OFFLINE)

    def _rings(self, offer: agent_pb2.Offer) -> None:
        waited = offer.context.waited.ToMilliseconds() / 1000
        at = asyncio.get_running_loop().time()
        self._stopwatch.rings(Ring(offer.contact, offer.queue, offer.agent, at, waited))


class ReplayCaller:
    """One caller of the log: dials at the planned second, waits as long as planned."""

    def __init__(self, plan: PlannedContact, closing_second: float) -> None:
        self.plan = plan
        self._patience = min(plan.patience_seconds, closing_second - plan.arrival_seconds)
        self.outcome: CallOutcome | None = None

    async def call(
        self,
        exchange: Exchange,
        names: Names,
        timebase: Timebase,
        stopwatch: Stopwatch,
        over: Callable[[], None],
    ) -> None:
        """Dial and see what becomes of it; `over` is told."""
        await timebase.until(self.plan.arrival_seconds)
        queue = names.of("queues", queue_of(self.plan.type))
        unopposed = stopwatch.dials(queue)
        outcome = await exchange.dial(self._script(timebase))
        if outcome.connected is not None:
            stopwatch.served(outcome.contact, outcome.arrived, outcome.connected, unopposed)
        stopwatch.ends(outcome.contact, queue, outcome.ended)
        self.outcome = outcome
        over()

    def _script(self, timebase: Timebase) -> CallScript:
        return CallScript(
            external_id=f"replay-{self.plan.name}",
            queue=queue_of(self.plan.type),
            patience_seconds=timebase.compressed(self._patience),
            talk_seconds=timebase.compressed(self.plan.service_seconds),
            language=self.plan.language,
        )


def record_of(caller: ReplayCaller, timebase: Timebase) -> CallRecord:
    """What became of a caller, in the log's seconds. Raises ValueError before the end."""
    outcome = caller.outcome
    if outcome is None:
        raise ValueError(f"{caller.plan.name} is not over")
    waited = timebase.stretched(outcome.waited_seconds)
    if outcome.connected is None:
        return CallRecord(caller.plan.arrival_seconds, waited, answered=False)
    return CallRecord(
        arrival_seconds=caller.plan.arrival_seconds,
        wait_seconds=waited,
        answered=True,
        service_start_seconds=timebase.log(outcome.connected),
        service_seconds=timebase.stretched(outcome.ended - outcome.connected),
        agent=code_of(outcome.agent),
    )
