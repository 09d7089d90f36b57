"""One run: start everything, load it, break it, let it come to rest, judge."""

import asyncio
import random
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic

import redis.asyncio as redis
from switchyard_launcher.child import Child, State
from switchyard_launcher.concurrency import first_of
from switchyard_launcher.stack import FLOOR_NODE, Stack, target
from switchyard_launcher.supervisor import Supervisor

from tests.fakes.launcher.running import ROOT
from tests.fakes.router.truth import Truth
from tests.soak.customers import Customers, Doors
from tests.soak.faults import commit, schedule
from tests.soak.findings import Findings, invariants, judged
from tests.soak.logged import errors
from tests.soak.plan import Plan
from tests.soak.sampler import Sampler
from tests.soak.series import Mark, Recorded
from tests.soak.stack import FLOOR, SECOND_ROUTER, Ends, Whole, prepared
from tests.soak.truth import doubled, lost, read_store

type Say = Callable[[str], None]

_SAY_EVERY_SECONDS = 30.0
_LOOK_SECONDS = 2.0
_START_SECONDS = 400.0


async def run(plan: Plan, say: Say) -> Findings:
    """Run and judge; the first Ctrl-C ends the load early, and what there is by then is judged.

    Raises ProcessFailed if the stack does not start, NotBegun if it is stopped before that.
    """
    with tempfile.TemporaryDirectory(prefix="switchyard-soak-") as folder:
        whole = prepared(plan, Path(folder))
        soak = Soak(plan, whole, say)
        try:
            return await soak.run()
        finally:
            kept = plan.out / "logs"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(whole.settings.run.state_dir / "logs", kept)


class NotBegun(Exception):
    """Stopped by hand before there was any load: nothing can be judged."""


class Soak:
    """The run itself."""

    def __init__(self, plan: Plan, whole: Whole, say: Say) -> None:
        self._plan = plan
        self._say = say
        self._ends = Ends()
        self._logs = whole.settings.run.state_dir / "logs"
        self._supervisor = Supervisor(whole.specs, self._logs, self._ends)
        self._children = {
            child.spec.name: child for child in self._supervisor.children if child.spec.probe
        }
        settings = whole.settings
        self._tenant = settings.run.tenant
        self._url = Stack(settings, ROOT).redis_url
        self._routers = {
            "router": target(settings.router, settings.router.metrics_port),
            SECOND_ROUTER: target(settings.router, whole.second_metrics_port),
        }
        doors = Doors(settings.gateway.port, f"sip:2000@127.0.0.1:{settings.phone.sip_port}")
        self._customers = Customers(doors, random.Random(plan.seed))
        self._recorded = Recorded()
        self._stopped = asyncio.Event()
        self._in_haste = False
        self._began = self._ended = 0.0

    async def run(self) -> Findings:
        """From the start to the verdict."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal)
        try:
            return await self._run()
        finally:
            self._ends.leaving = True
            await self._supervisor.stop()

    async def _run(self) -> Findings:
        self._say("starting the stack")
        await self._start()
        client = redis.Redis.from_url(self._url, socket_timeout=3)
        sampler = Sampler(self._recorded, self._children, self._routers, client)
        async with client:
            self._began = monotonic()
            await self._load(sampler)
            self._ended = self._now()
            await self._settle(sampler)
        return await asyncio.to_thread(self._findings)

    def _on_signal(self) -> None:
        self._in_haste = self._stopped.is_set()
        self._stopped.set()

    async def _start(self) -> None:
        await first_of(self._stopped.wait(), self._all_up())
        if self._stopped.is_set():
            raise NotBegun

    async def _all_up(self) -> None:
        await self._supervisor.start()
        async with asyncio.timeout(_START_SECONDS):
            for child in self._children.values():
                await child.started.wait()

    async def _load(self, sampler: Sampler) -> None:
        plan = self._plan
        self._say(f"load for {plan.minutes:g} min; Ctrl-C ends it early, with the report")
        works = [
            self._customers.come(plan.chats, plan.phones),
            self._watch(sampler),
            self._tell(),
            asyncio.sleep(plan.seconds),
            self._stopped.wait(),
            self._floor_ends(),
        ]
        if not plan.no_faults:
            works.append(self._break())
        await first_of(*works)

    def _now(self) -> float:
        return monotonic() - self._began

    async def _watch(self, sampler: Sampler) -> None:
        while True:
            await sampler.look(self._now())
            await asyncio.sleep(self._plan.sample_seconds)

    async def _break(self) -> None:
        for due, fault in schedule(self._plan.seconds):
            await asyncio.sleep(due - self._now())
            mark = Mark(self._now(), fault.what, fault.whom)
            if await commit(fault, self._children, self._ends):
                self._recorded.marks.append(mark)
                self._say(f"{mark.at:.0f} s: {fault.what} {fault.whom}")
        await asyncio.Event().wait()

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(_SAY_EVERY_SECONDS)
            memory = ", ".join(
                f"{name} {self._recorded.last('memory', name):.0f}" for name in self._children
            )
            self._say(
                f"{self._now():.0f} of {self._plan.seconds:.0f} s; own memory, MB: {memory}; "
                f"customers: {dict(self._customers.ended)}"
            )

    async def _floor_ends(self) -> None:
        self._ends.by_themselves.append(str(await self._children[FLOOR].ended_early()))

    async def _settle(self, sampler: Sampler) -> None:
        """Customers' chats and calls end, the floor leaves, and all readers of events catch up."""
        self._say("the load has ended; waiting for what is under way")
        await self._until(sampler, lambda truth: not any(_not_the_floors(truth)))
        await self._children[FLOOR].stop()
        await self._until(sampler, self._at_rest)

    async def _until(self, sampler: Sampler, reached: Callable[[Truth], bool]) -> None:
        """For the longest time to settle at most; what is not over then is found."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._plan.settle_seconds):
                while not self._in_haste and not reached(await self._truth(sampler)):
                    await asyncio.sleep(_LOOK_SECONDS)

    async def _truth(self, sampler: Sampler) -> Truth:
        await sampler.look(self._now())
        await sampler.store(self._now())
        return await asyncio.to_thread(read_store, self._url, self._tenant)

    def _at_rest(self, truth: Truth) -> bool:
        return not (truth.live or self._behind()) and all(map(_is_up, self._others()))

    def _behind(self) -> list[str]:
        recorded, measure = self._recorded, "events behind"
        return [
            f"{of}: {recorded.last(measure, of):g} events"
            for of in recorded.names(measure)
            if recorded.last(measure, of)
        ]

    def _others(self) -> list[Child]:
        return [child for name, child in self._children.items() if name != FLOOR]

    def _findings(self) -> Findings:
        truth = read_store(self._url, self._tenant)
        broken = {
            "lost contacts": list(lost(truth, self._logs / f"{FLOOR}.log")),
            "double assignments": doubled(truth),
            "state against log": truth.violations(),
            "router invariants": list(invariants(self._recorded)),
            "events left behind": self._behind(),
            "ended by themselves": self._ends.by_themselves,
            "not up at the end": [one.spec.name for one in self._others() if not _is_up(one)],
        }
        return Findings(
            self._plan,
            self._ended,
            self._recorded,
            judged(self._recorded, self._plan.warm_up_seconds, self._ended, len(truth.contacts)),
            broken,
            Counter(fields["state"] for fields in truth.contacts.values()),
            self._customers.ended,
            errors(self._logs),
            self._stopped.is_set(),
        )


def _not_the_floors(truth: Truth) -> Iterator[str]:
    """Contacts under way that the floor's agents must still serve: chats, and calls of the bot."""
    return (one for one in truth.live if truth.contacts.get(one, {}).get("node") != FLOOR_NODE)


def _is_up(child: Child) -> bool:
    return child.state is State.READY and child.pid is not None
