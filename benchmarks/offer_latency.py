"""How long from CreateContact to the offer at the desktop, and how many contacts a second.

Run: `make bench`, or `python -m benchmarks [--agents 40] [--rate 20] [--seconds 60]`. Starts a
Valkey and a router of its own. Callers come as a Poisson process on one attached stream, agents
accept at once, calls last a moment: what is measured is the router, with the client's share in it,
since both share the machine. The last line is JSON.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import grpc
import numpy as np
import orjson
from switchyard.router.v1 import agent_pb2, queue_pb2
from switchyard_common.clock import SystemClock
from switchyard_common.grpc_channel import open_channel
from switchyard_common.logs import configure_logging
from switchyard_demo.floor.agent import SimulatedAgent
from switchyard_demo.floor.call import CallOutcome, CallScript, Fate
from switchyard_demo.floor.configure import Configurator
from switchyard_demo.floor.desktop import Desktop
from switchyard_demo.floor.exchange import Exchange
from switchyard_demo.floor.habits import PROMPT
from switchyard_demo.floor.playtime import LoopTime
from switchyard_demo.replay.embedded import embedded_router
from switchyard_platform.names import Names
from switchyard_platform.node import PlatformNode

QUEUE = "bench"
TALK_SECONDS = 0.2
PATIENCE_SECONDS = 10.0
SIGN_IN_SECONDS = 2.0
WARM_UP_SECONDS = 3.0
NAMES = Names("bench")


@dataclass(frozen=True, slots=True)
class Load:
    """What the router is given."""

    agents: int
    rate: float
    """Contacts a second."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Used:
    """Seconds passed, and seconds of processor time used by the router and by this process."""

    seconds: float
    router_cpu: float
    client_cpu: float

    @classmethod
    def now(cls, router_pid: int) -> "Used":
        """So far."""
        fields = Path(f"/proc/{router_pid}/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])  # user and system
        return cls(time.perf_counter(), ticks / os.sysconf("SC_CLK_TCK"), time.process_time())

    def since(self, before: "Used") -> "Used":
        """Between two moments."""
        return Used(
            self.seconds - before.seconds,
            self.router_cpu - before.router_cpu,
            self.client_cpu - before.client_cpu,
        )


class Floor:
    """Agents and a node on one channel; notes when each contact's offer arrived."""

    def __init__(self, channel: grpc.aio.Channel, agents: int) -> None:
        rng = random.Random(1)
        self.offered: dict[str, float] = {}
        self.node = PlatformNode(channel, NAMES, "bench-pbx", SystemClock(), rng)
        self.exchange = Exchange(self.node, NAMES, LoopTime(), rings=False)
        self._desktops = [
            Desktop(channel, NAMES.of("agents", f"a{number}"), rng) for number in range(agents)
        ]
        self._people = [
            SimulatedAgent(desktop, PROMPT, rng, on_ring=self._rings) for desktop in self._desktops
        ]

    async def open(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Everybody at work; returns the tasks to cancel in the end."""
        work = [group.create_task(self.node.run(self.exchange))]
        work += [group.create_task(person.run()) for person in self._people]
        await self.node.attached.wait()
        for desktop in self._desktops:
            desktop.want(agent_pb2.AVAILABLE)
        await asyncio.sleep(SIGN_IN_SECONDS)
        return work

    def _rings(self, offer: agent_pb2.Offer) -> None:
        self.offered[offer.contact] = asyncio.get_running_loop().time()


async def set_up(channel: grpc.aio.Channel, agents: int) -> None:
    """One queue, and agents who serve it."""
    configurator = Configurator(channel, NAMES)
    queue = NAMES.of("queues", QUEUE)
    await configurator.queue(queue_pb2.Queue(name=queue))
    for number in range(agents):
        await configurator.agent(
            agent_pb2.Agent(
                name=NAMES.of("agents", f"a{number}"),
                endpoint=f"sip:a{number}@127.0.0.1",
                channel_capacity={"VOICE": 1},
                queues=[queue],
            )
        )


async def calls(floor: Floor, load: Load, group: asyncio.TaskGroup) -> list[CallOutcome]:
    """Callers at the given rate, and what became of them."""
    rng, loop = random.Random(2), asyncio.get_running_loop()
    dialled: list[asyncio.Task[CallOutcome]] = []
    moment, end = loop.time(), loop.time() + load.seconds
    while moment < end:
        await asyncio.sleep(max(0.0, moment - loop.time()))
        script = CallScript(f"call-{len(dialled)}", QUEUE, PATIENCE_SECONDS, TALK_SECONDS)
        dialled.append(group.create_task(floor.exchange.dial(script)))
        moment += rng.expovariate(load.rate)
    return list(await asyncio.gather(*dialled))


async def measure(load: Load) -> dict[str, object]:
    """The figures of one run."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            embedded_router(NAMES.tenant, Path(folder) / "router.log") as router,
            open_channel(router.target) as channel,
        ):
            await set_up(channel, load.agents)
            floor = Floor(channel, load.agents)
            async with asyncio.TaskGroup() as group:
                work = await floor.open(group)
                before = Used.now(router.pid)
                outcomes = await calls(floor, load, group)
                used = Used.now(router.pid).since(before)
                for task in work:
                    task.cancel()
    return figures(load, floor, outcomes, used)


def figures(load: Load, floor: Floor, outcomes: list[CallOutcome], used: Used) -> dict[str, object]:
    """Quantiles in milliseconds, of calls after the warm-up; the rest of all."""
    measured_from = min(outcome.arrived for outcome in outcomes) + WARM_UP_SECONDS
    served = [
        outcome
        for outcome in outcomes
        if outcome.fate is Fate.SERVED and outcome.arrived >= measured_from
    ]
    offers = [floor.offered[outcome.contact] - outcome.arrived for outcome in served]
    connections = [outcome.waited_seconds for outcome in served]
    return {
        **asdict(load),
        "contacts": len(outcomes),
        "not_served": sum(outcome.fate is not Fate.SERVED for outcome in outcomes),
        "create_to_offer_ms": quantiles(offers),
        "create_to_connection_ms": quantiles(connections),
        "lifecycles_per_second": round(len(outcomes) / used.seconds, 2),
        "router_cpu_ms_per_contact": round(1000 * used.router_cpu / len(outcomes), 2),
        "client_cpu_ms_per_contact": round(1000 * used.client_cpu / len(outcomes), 2),
        "load_average": round(os.getloadavg()[0], 2),
        "cores": os.cpu_count(),
    }


def quantiles(seconds: list[float]) -> dict[str, float]:
    """Milliseconds."""
    levels = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    values = 1000 * np.quantile(np.array(seconds), list(levels.values()))
    return {name: round(float(value), 2) for name, value in zip(levels, values, strict=True)}


def show(found: dict[str, object]) -> None:
    """A table, and a line of JSON."""
    for name, value in found.items():
        if isinstance(value, dict):
            shown = "   ".join(f"{key} {number:8.2f}" for key, number in value.items())
        else:
            shown = str(value)
        print(f"{name:<26} {shown}")
    print(orjson.dumps(found).decode())


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--agents", type=int, default=40)
    parser.add_argument("--rate", type=float, default=20.0, help="contacts a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    configure_logging("bench", "warning", stream=sys.stderr)
    show(asyncio.run(measure(Load(options.agents, options.rate, options.seconds))))


if __name__ == "__main__":
    main()
