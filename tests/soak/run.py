"""One run: start everything, load it, break it, let it come to rest, judge."""

import asyncio
import random
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import redis.asyncio as redis
from switchyard_launcher.concurrency import first_of
from switchyard_launcher.stack import Stack, target
from switchyard_launcher.supervisor import Supervisor

from tests.fakes.launcher.running import ROOT
from tests.soak.customers import Customers, Doors
from tests.soak.faults import commit, schedule
from tests.soak.findings import Findings, judged
from tests.soak.logged import errors
from tests.soak.plan import Plan
from tests.soak.rest import Rest, Scene, broken
from tests.soak.sampler import Sampler
from tests.soak.series import Mark, Recorded
from tests.soak.stack import FLOOR, SECOND_ROUTER, Ends, Whole, prepared

type Say = Callable[[str], None]

_SAY_EVERY_SECONDS = 30.0
_START_SECONDS = 120.0


async def run(plan: Plan, say: Say) -> Findings:
    """Run and judge; the first Ctrl-C ends the load early, and what there is by then is judged.

    Raises NotPrepared or ProcessFailed if the stack cannot start, NotBegun if not all of it does or
    it is stopped before that.
    """
    with tempfile.TemporaryDirectory(prefix="switchyard-soak-") as folder:
        whole = prepared(plan, Path(folder))
        soak = Soak(plan, whole, say)
        try:
            return await soak.run()
        finally:
            _keep(whole.settings.run.state_dir / "logs", plan.out / "logs")


def _keep(logs: Path, kept: Path) -> None:
    shutil.rmtree(kept, ignore_errors=True)
    if logs.exists():
        shutil.copytree(logs, kept)


class NotBegun(Exception):
    """There was no load, so nothing can be judged; the text says why."""


class Soak:
    """The run itself."""

    def __init__(self, plan: Plan, whole: Whole, say: Say) -> None:
        self._plan = plan
        self._say = say
        settings, ends = whole.settings, Ends()
        logs = settings.run.state_dir / "logs"
        self._supervisor = Supervisor(whole.specs, logs, ends)
        self._scene = Scene(
            {child.spec.name: child for child in self._supervisor.children if child.spec.probe},
            ends,
            Recorded(),
            logs,
            Stack(settings, ROOT).redis_url,
            settings.run.tenant,
        )
        self._routers = {
            "router": target(settings.router, settings.router.metrics_port),
            SECOND_ROUTER: target(settings.router, whole.second_metrics_port),
        }
        doors = Doors(settings.gateway.port, f"sip:2000@127.0.0.1:{settings.phone.sip_port}")
        self._customers = Customers(doors, random.Random(plan.seed))
        self._stopped = asyncio.Event()
        self._in_haste = asyncio.Event()
        self._began = self._ended = 0.0

    async def run(self) -> Findings:
        """From the start to the verdict."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal)
        try:
            return await self._run()
        finally:
            self._scene.ends.leaving = True
            await self._supervisor.stop()

    async def _run(self) -> Findings:
        self._say("starting the stack")
        await self._start()
        client = redis.Redis.from_url(self._scene.url, socket_timeout=3)
        sampler = Sampler(self._scene.recorded, self._scene.children, self._routers, client)
        async with client:
            self._began = monotonic()
            await self._load(sampler)
            self._ended = self._now()
            self._say("the load has ended; waiting for what is under way")
            await self._settle(Rest(self._scene, sampler, self._plan.settle_seconds))
        return await asyncio.to_thread(self._findings)

    def _on_signal(self) -> None:
        if self._stopped.is_set():
            self._in_haste.set()
        self._stopped.set()

    async def _start(self) -> None:
        await first_of(self._stopped.wait(), self._all_up())
        if self._stopped.is_set():
            raise NotBegun("stopped before the load began")

    async def _all_up(self) -> None:
        await self._supervisor.start()
        for name, child in self._scene.children.items():
            try:
                async with asyncio.timeout(_START_SECONDS):
                    await child.started.wait()
            except TimeoutError:
                told = "".join(self._scene.ends.by_themselves)
                raise NotBegun(f"{name} did not start. {told}") from None

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
            if await commit(fault, self._scene.children, self._scene.ends):
                self._scene.recorded.marks.append(mark)
                self._say(f"{mark.at:.0f} s: {fault.what} {fault.whom}")
        await asyncio.Event().wait()

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(_SAY_EVERY_SECONDS)
            scene = self._scene
            memory = ", ".join(
                f"{name} {scene.recorded.last('memory', name):.0f}" for name in scene.children
            )
            self._say(
                f"{self._now():.0f} of {self._plan.seconds:.0f} s; own memory, MB: {memory}; "
                f"customers: {dict(self._customers.ended)}"
            )

    async def _floor_ends(self) -> None:
        self._scene.ends.by_themselves.append(str(await self._scene.children[FLOOR].ended_early()))

    async def _settle(self, rest: Rest) -> None:
        """Customers' chats and calls end, the floor leaves, and all readers of events catch up."""
        await first_of(self._in_haste.wait(), rest.until_customers_are_gone(self._now))
        await self._scene.children[FLOOR].stop()
        await first_of(self._in_haste.wait(), rest.until_nothing_is_left(self._now))

    def _findings(self) -> Findings:
        truth, scene = self._scene.truth(), self._scene
        return Findings(
            self._plan,
            self._ended,
            scene.recorded,
            judged(scene.recorded, self._plan.warm_up_seconds, self._ended, len(truth.contacts)),
            broken(truth, scene),
            Counter(fields["state"] for fields in truth.contacts.values()),
            self._customers.ended,
            errors(scene.logs),
            self._stopped.is_set(),
        )
