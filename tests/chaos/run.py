"""One run: start everything, let it work under faults, let it come to rest, and check."""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import redis
from google.protobuf.duration_pb2 import Duration
from switchyard.router.v1 import agent_pb2, queue_pb2
from switchyard.router.v1 import config_service_pb2 as config
from switchyard.router.v1.config_service_pb2_grpc import ConfigServiceStub

from tests.chaos import report, wire
from tests.chaos.checker import Findings, check
from tests.chaos.desktops import Desktop
from tests.chaos.fleet import Fleet
from tests.chaos.journal import Journal
from tests.chaos.nodes import Node
from tests.chaos.plan import CAPACITY, QUEUE_MS, Plan
from tests.chaos.routes import Routes
from tests.fakes.router.truth import Truth, read
from tests.fakes.valkey.servers import Replicated, Server, replicated

QUEUE = "chaos"
_PREFIX = f"sy:{{{wire.TENANT}}}:"
_SIGN_IN_SECONDS = 120.0

type Say = Callable[[str], None]


@dataclass(slots=True)
class Outcome:
    """What a run found."""

    findings: Findings
    journal: Journal
    truth: Truth
    table: str
    router_exits: set[int]
    """Exit codes of routers that were asked to stop."""

    @property
    def sound(self) -> bool:
        """Whether nothing was found that must not be."""
        return self.findings.sound and not report.unexpected(self.journal)


async def run(plan: Plan, say: Say) -> Outcome:
    """Run and check; `say` hears of the progress."""
    with tempfile.TemporaryDirectory(prefix="switchyard-chaos-") as folder:
        async with AsyncExitStack() as stack:
            say("starting the store: master, replica, three Sentinels")
            store = stack.enter_context(replicated(1, 3, down_after_ms=5_000))
            say(f"starting {plan.routers} routers")
            fleet = await stack.enter_async_context(Fleet(store.url, plan, Path(folder)))
            chaos = Chaos(plan, store, fleet, stack, say)
            try:
                outcome = await chaos.run()
            except BaseException:
                _show_logs(Path(folder))
                raise
            if not outcome.sound and not plan.break_fence:
                _show_logs(Path(folder))
            return outcome


class Chaos:
    """The run itself."""

    def __init__(
        self, plan: Plan, store: Replicated, fleet: Fleet, stack: AsyncExitStack, say: Say
    ) -> None:
        self._plan = plan
        self._store = store
        self._fleet = fleet
        self._stack = stack
        self._say = say
        self._chance = random.Random(plan.seed)
        self._journal = Journal()
        self._failovers: list[tuple[float, float]] = []
        self._facts: dict[str, str] = {}
        self._rolled = asyncio.Event()
        if not plan.rolling:
            self._rolled.set()
        self._routes = Routes(fleet.targets, self._chance)
        self._desktops = [
            Desktop(number, plan, self._routes, self._journal, self._chance)
            for number in range(plan.agents)
        ]
        self._nodes = [
            Node(
                f"pbx-{number}",
                QUEUE,
                self._routes,
                self._journal,
                self._chance,
                plan.call_seconds,
            )
            for number in range(plan.nodes)
        ]

    async def run(self) -> Outcome:
        """From sign-in to the verdict."""
        async with self._routes, _crowd() as crowd:
            crowd(self._watch_master())
            await configure(self._routes, self._plan)
            self._say(f"signing in {self._plan.agents} agents, attaching {self._plan.nodes} nodes")
            for desktop in self._desktops:
                crowd(desktop.run())
            for node in self._nodes:
                crowd(node.run())
            async with asyncio.timeout(_SIGN_IN_SECONDS):
                for desktop in self._desktops:
                    await desktop.signed_in.wait()
                for node in self._nodes:
                    await node.attached.wait()
            await self._work()
            await self._settle()
        await self._fleet.stop()
        return self._judge()

    async def _work(self) -> None:
        plan = self._plan
        faults: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            "routers": self._rolling if plan.rolling else self._kill_routers,
            "pauses": self._pause_routers,
            "desktops": self._break_desktops,
            "nodes": self._break_nodes,
            "failover": self._fail_over,
            "progress": self._tell_progress,
        }
        tasks = [asyncio.create_task(fault(), name=name) for name, fault in faults.items()]
        try:
            await self._calls_come_in()
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _calls_come_in(self) -> None:
        began, made = monotonic(), 0
        while (passed := monotonic() - began) < self._plan.seconds or not self._rolled.is_set():
            while made < passed * self._plan.contacts_per_second:
                chat = self._chance.random() < self._plan.chats
                self._nodes[made % len(self._nodes)].call_in(chat)
                made += 1
            await asyncio.sleep(0.01)
        self._facts["contacts asked for"] = f"{made} in {monotonic() - began:.0f} s"

    async def _kill_routers(self) -> None:
        if not self._plan.kill_router_every:
            return
        for turn in range(10_000):
            await asyncio.sleep(self._plan.kill_router_every)
            await self._fleet.kill(turn % self._plan.routers)
            self._journal.count("routers killed -9")

    async def _rolling(self) -> None:
        for index in range(self._plan.routers):
            await asyncio.sleep(2.0)
            await self._fleet.restart(index)
            self._journal.count("routers restarted")
        self._rolled.set()

    async def _pause_routers(self) -> None:
        if not self._plan.pause_router_every:
            return
        for turn in range(10_000):
            await asyncio.sleep(self._plan.pause_router_every)
            self._journal.count(f"routers paused for {self._plan.pause_seconds:.0f} s")
            await self._fleet.pause((turn + 1) % self._plan.routers, self._plan.pause_seconds)

    async def _break_desktops(self) -> None:
        await self._break(
            self._plan.desktop_streams_killed_per_second, self._desktops, "desktop streams broken"
        )

    async def _break_nodes(self) -> None:
        await self._break(
            self._plan.node_streams_killed_per_second, self._nodes, "node streams broken"
        )

    async def _break(self, per_second: float, clients: list[Any], what: str) -> None:
        while per_second:
            await asyncio.sleep(self._chance.expovariate(per_second))
            self._chance.choice(clients).break_stream()
            self._journal.count(what)

    async def _fail_over(self) -> None:
        if not self._plan.fail_over_at:
            return
        await asyncio.sleep(self._plan.seconds * self._plan.fail_over_at)
        began = monotonic()
        dead = await asyncio.to_thread(self._store.kill_master)
        while (master := await asyncio.to_thread(self._store.master)) is dead:
            await asyncio.sleep(0.05)
        self._failovers.append((began, monotonic()))
        self._facts["store's master killed"] = f"another one after {monotonic() - began:.1f} s"
        options = {"replicaof": f"127.0.0.1 {master.port}", "repl-diskless-sync-delay": "0"}
        again = await self._stack.enter_async_context(Server(options, port=dead.port))
        self._store.servers[self._store.servers.index(dead)] = again

    async def _watch_master(self) -> None:
        """Also failovers that nobody asked for, because the machine was too busy, may lose."""
        known, since = await asyncio.to_thread(self._store.master), monotonic()
        last_ms = time.time() * 1000
        while True:
            await asyncio.sleep(0.2)
            master = await asyncio.to_thread(self._store.master)
            now_ms = time.time() * 1000
            if not await asyncio.to_thread(_may_write, master):
                self._journal.outages_ms.append((last_ms, now_ms))
            last_ms = now_ms
            if master.port != known.port:
                self._failovers.append((since, monotonic()))
                self._journal.count("times another server was the store's master")
            known, since = master, monotonic()

    async def _tell_progress(self) -> None:
        began, seen = monotonic(), 0
        while True:
            await asyncio.sleep(5.0)
            journal, now = self._journal, monotonic() - began
            rate, seen = (len(journal.accepts) - seen) / 5.0, len(journal.accepts)
            waiting = sum(not line.joined for node in self._nodes for line in node.lines.values())
            self._say(
                f"{now:4.0f} s: {len(journal.created)} contacts acknowledged, {rate:.0f} accepted "
                f"a second, {waiting} callers not served, "
                f"{journal.counts['routers killed -9']} routers killed"
            )

    async def _settle(self) -> None:
        """No more calls and no more faults: everything must come to its end by itself."""
        self._say("no more calls: waiting for what is under way")
        began = monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._plan.settle_seconds):
                while await asyncio.to_thread(self._live):
                    await asyncio.sleep(0.5)
        self._facts["came to rest"] = f"after {monotonic() - began:.1f} s"

    def _live(self) -> bool:
        """Whether a contact is not over yet; nobody knows while the store has no master."""
        try:
            with self._raw() as raw:
                return bool(raw.zcard(f"{_PREFIX}live"))
        except redis.ConnectionError:
            return True

    def _raw(self) -> Any:
        return redis.Redis(host="127.0.0.1", port=self._store.master().port)

    def _judge(self) -> Outcome:
        self._say("reading the event log and the final state")
        with self._raw() as raw:
            truth = read(raw, _PREFIX)
        away = sum(ended - began for began, ended in self._journal.outages_ms) / 1000
        self._facts["no server was the store's master"] = f"for {away:.1f} s in all"
        findings = check(truth, self._journal, self._failovers)
        for ended in self._fleet.ended_by_themselves:
            self._journal.ended("by itself", ended)
        lines = report.rows(self._plan, truth, self._journal, findings, self._facts)
        exits = set(self._fleet.exit_codes)
        return Outcome(findings, self._journal, truth, report.table(lines), exits)


async def configure(routes: Routes, plan: Plan) -> None:
    """The queue, and agents for it."""
    queue = queue_pb2.Queue(name=wire.name_of("queues", QUEUE), rona_limit=2)
    for name, value in QUEUE_MS.items():
        duration = Duration()
        duration.FromMilliseconds(value)
        getattr(queue, name).CopyFrom(duration)
    stub = ConfigServiceStub(routes.any())
    await stub.UpsertQueue(config.UpsertQueueRequest(queue=queue), timeout=10)
    for number in range(plan.agents):
        agent = agent_pb2.Agent(
            name=wire.name_of("agents", wire.agent_id(number)),
            endpoint=f"sip:{number}@127.0.0.1",
            channel_capacity=CAPACITY,
            queues=[queue.name],
        )
        await stub.UpsertAgent(config.UpsertAgentRequest(agent=agent), timeout=10)


@asynccontextmanager
async def _crowd() -> AsyncIterator[Callable[[Coroutine[Any, Any, None]], None]]:
    """Starts tasks that are cancelled with the block; one that fails ends it."""
    made: list[asyncio.Task[None]] = []
    async with asyncio.TaskGroup() as group:
        yield lambda work: made.append(group.create_task(work))
        for task in made:
            task.cancel()


def _may_write(server: Server) -> bool:
    try:
        return bool(server.ask("ROLE")[0] == b"master")
    except redis.RedisError:
        return False


def _show_logs(folder: Path) -> None:
    for log in sorted(folder.glob("*.log")):
        last = log.read_text(errors="replace").splitlines()[-25:]
        print(f"{log.name}: …", *last, sep="\n  ", file=sys.stderr)
