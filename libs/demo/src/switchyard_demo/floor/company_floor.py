"""The demo company at work: agents by shifts, callers as a Poisson process, chats."""

import asyncio
import random
from dataclasses import dataclass
from typing import Protocol

import grpc
import structlog
from switchyard.router.v1 import agent_pb2
from switchyard_common.clock import Clock
from switchyard_platform.names import Names, id_of
from switchyard_platform.node import PlatformNode

from switchyard_demo.company.model import Agent, Company
from switchyard_demo.floor.agent import SimulatedAgent
from switchyard_demo.floor.arrivals import Callers
from switchyard_demo.floor.call import CallScript
from switchyard_demo.floor.callbacks import Callbacks, Callee
from switchyard_demo.floor.chat import ConversationDesk
from switchyard_demo.floor.desktop import Desktop
from switchyard_demo.floor.exchange import Exchange
from switchyard_demo.floor.habits import Habits
from switchyard_demo.floor.metrics import FloorMetrics
from switchyard_demo.floor.playtime import LoopTime
from switchyard_demo.floor.rota import Duty, stretches
from switchyard_demo.telephone.messages import user_of

NODE = "floor-pbx"
_WRAP_UP_SECONDS = 40.0
"""Mean paperwork in demo time; a queue may grant less."""
_ANSWER_SECONDS, _TALK_SECONDS = 6.0, 180.0
"""Until a customer who is called back answers, and the mean talk then; demo time."""
_SIGN_IN_GAP_SECONDS = 0.05
_LATE_SECONDS = 5.0
"""A floor that was suspended does not make up for the calls it slept through."""
_LEAVE_SECONDS = 2.0


class Pace(Protocol):
    """The settings that make a floor lively."""

    @property
    def tenant(self) -> str:
        """Bare id."""
        ...

    @property
    def calls_per_minute(self) -> float:
        """Mean, in real time."""
        ...

    @property
    def time_compression(self) -> float:
        """Demo seconds in one real second."""
        ...


@dataclass(frozen=True, slots=True)
class FloorChannels:
    """Connections to the router and to the gateway's conversation service."""

    router: grpc.aio.Channel
    conversations: grpc.aio.Channel


class CompanyFloor:
    """All simulated people of the company, and the telephone exchange between them."""

    def __init__(
        self,
        company: Company,
        channels: FloorChannels,
        pace: Pace,
        metrics: FloorMetrics,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        self._compression = pace.time_compression
        self._metrics = metrics
        self._rng = rng
        self._names = Names(pace.tenant)
        self._node = PlatformNode(channels.router, self._names, NODE, clock, rng)
        self._callbacks = Callbacks(self._node, LoopTime(), self._callee, metrics.callback_ended)
        self._exchange = Exchange(self._node, self._names, LoopTime(), callbacks=self._callbacks)
        run_id = f"floor-{int(clock.now().timestamp())}"
        self._callers = Callers(
            company.customers, pace.calls_per_minute, pace.time_compression, rng, run_id
        )
        displays = {agent.id: agent.display_name for agent in company.agents}
        chats = ConversationDesk(channels.conversations, displays, metrics, rng)
        self._agents = [self._agent(agent, channels, chats) for agent in company.agents]
        self.extensions = {user_of(agent.endpoint): agent.id for agent in company.agents}
        """Ids of agents by the number of their telephone."""
        self._by_id = dict(zip(self.extensions.values(), self._agents, strict=True))
        self._leaving = False
        self._log = structlog.stdlib.get_logger()

    async def run(self) -> None:
        """Until cancelled. Raises what no simulated person can deal with, as an ExceptionGroup."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._node.run(self._exchange))
                for place, agent in enumerate(self._agents):
                    group.create_task(agent.run())
                    group.create_task(self._work(agent, place))
                group.create_task(self._take_calls(group))
        finally:
            await self._callbacks.stop()

    async def leave(self) -> None:
        """Callers hang up, agents sign out; what takes longer is left to the router's leases."""
        self._leaving = True
        await self._exchange.hang_up_all(_LEAVE_SECONDS)
        for agent in self._agents:
            agent.desktop.want(agent_pb2.OFFLINE)
        away = [asyncio.create_task(agent.desktop.away.wait()) for agent in self._agents]
        _, staying = await asyncio.wait(away, timeout=_LEAVE_SECONDS)
        for task in staying:
            task.cancel()
        self._log.info("floor_left", in_haste=len(staying))

    async def hung_up(self, agent: str, contact: str) -> None:
        """An agent, by id, has spoken with a caller on a real telephone."""
        await self._by_id[agent].hung_up(contact)

    def _callee(self) -> Callee:
        talk_seconds = self._rng.expovariate(1.0) * _TALK_SECONDS
        return Callee(_ANSWER_SECONDS / self._compression, talk_seconds / self._compression)

    def _agent(
        self, agent: Agent, channels: FloorChannels, chats: ConversationDesk
    ) -> SimulatedAgent:
        desktop = Desktop(channels.router, self._names.of("agents", agent.id), self._rng)
        habits = Habits(wrap_up_seconds=_WRAP_UP_SECONDS / self._compression)
        return SimulatedAgent(desktop, habits, self._rng, chats=chats)

    async def _work(self, agent: SimulatedAgent, place: int) -> None:
        await asyncio.sleep(place * _SIGN_IN_GAP_SECONDS)
        for stretch in stretches(place, len(self._agents)):
            if not self._leaving:
                _begin(agent.desktop, stretch.duty)
            self._metrics.duty(stretch.duty, 1)
            await asyncio.sleep(stretch.seconds / self._compression)
            self._metrics.duty(stretch.duty, -1)

    async def _take_calls(self, group: asyncio.TaskGroup) -> None:
        await self._node.attached.wait()
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number, moment in enumerate(self._callers.moments()):
            late = loop.time() - (began + moment)
            began += late if late > _LATE_SECONDS else 0.0
            await asyncio.sleep(began + moment - loop.time())
            if self._leaving:
                return
            group.create_task(self._call(self._callers.script(number)))

    async def _call(self, script: CallScript) -> None:
        self._metrics.call_began()
        outcome = await self._exchange.dial(script)
        self._metrics.call_ended(outcome)
        self._log.info(
            "call_ended",
            contact=id_of(outcome.contact),
            queue=script.queue,
            fate=outcome.fate,
            waited_seconds=round(outcome.waited_seconds, 2),
            agent=id_of(outcome.agent),
        )


def _begin(desktop: Desktop, duty: Duty) -> None:
    if duty is Duty.WORK:
        desktop.want(agent_pb2.AVAILABLE)
    elif duty is Duty.OFF:
        desktop.want(agent_pb2.OFFLINE)
    else:
        desktop.want(agent_pb2.NOT_READY, duty.value)
