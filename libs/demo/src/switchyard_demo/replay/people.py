"""The log's people, played: agents who come and go as inferred, callers with their own patience."""

import random

import grpc
from switchyard.router.v1 import agent_pb2
from switchyard_platform.names import Names

from switchyard_demo.calllog.kpis import CallRecord
from switchyard_demo.calllog.plan import PlannedAgent, PlannedContact
from switchyard_demo.floor.agent import SimulatedAgent
from switchyard_demo.floor.call import CallOutcome, CallScript
from switchyard_demo.floor.desktop import Desktop
from switchyard_demo.floor.exchange import Exchange
from switchyard_demo.floor.habits import PROMPT
from switchyard_demo.replay.centre import PREFIX, agent_id, code_of, queue_of
from switchyard_demo.replay.log_clock import LogClock
from switchyard_demo.replay.stopwatch import Ring, Stopwatch


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

    async def come_and_go(self, clock: LogClock) -> None:
        """Be present as planned; whoever is in a call at the end of a stretch finishes it first."""
        for stretch in self._plan.presence:
            if not stretch.seconds:
                continue  # somebody was there for a call without a recorded length
            await clock.until(stretch.start)
            self._stopwatch.comes(self.desktop.agent, self._queues)
            self.desktop.want(agent_pb2.AVAILABLE)
            await clock.until(stretch.end)
            self._stopwatch.leaves(self.desktop.agent)
            self.desktop.want(agent_pb2.OFFLINE)

    def _rings(self, offer: agent_pb2.Offer) -> None:
        waited = offer.context.waited.ToMilliseconds() / 1000
        self._stopwatch.rings(Ring(offer.contact, offer.queue, offer.agent, waited))


class ReplayCaller:
    """One caller of the log: dials at the planned second, waits as long as planned."""

    def __init__(self, plan: PlannedContact, closing_second: float) -> None:
        self.plan = plan
        self.outcome: CallOutcome | None = None
        self._script = CallScript(
            external_id=f"{PREFIX}{plan.name}",
            queue=queue_of(plan.type),
            patience_seconds=min(plan.patience_seconds, closing_second - plan.arrival_seconds),
            talk_seconds=plan.service_seconds,
            language=plan.language,
        )

    async def call(
        self, exchange: Exchange, names: Names, clock: LogClock, stopwatch: Stopwatch
    ) -> None:
        """Dial and see what becomes of it."""
        await clock.until(self.plan.arrival_seconds)
        call, queue = self._script.external_id, names.of("queues", self._script.queue)
        stopwatch.dials(call, queue)
        outcome = await exchange.dial(self._script)
        stopwatch.ends(call, outcome.contact, queue)
        self.outcome = outcome

    @property
    def record(self) -> CallRecord:
        """What became of the caller, in the log's seconds. Raises ValueError before the end."""
        outcome = self.outcome
        if outcome is None:
            raise ValueError(f"{self.plan.name} is not over")
        if outcome.connected is None:
            return CallRecord(outcome.arrived, outcome.waited_seconds, answered=False)
        return CallRecord(
            arrival_seconds=outcome.arrived,
            wait_seconds=outcome.waited_seconds,
            answered=True,
            service_start_seconds=outcome.connected,
            service_seconds=outcome.ended - outcome.connected,
            agent=code_of(outcome.agent),
        )
