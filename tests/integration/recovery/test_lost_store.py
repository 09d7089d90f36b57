"""The restore drill: the store dies with all its data, under load, and everybody goes on.

Real routers, a real Valkey, platform nodes and desktops that attach anew. Once with nothing left,
where the routers put the configuration back that they know; once with an old snapshot in place of
the data. Nobody does anything but start the store again.
"""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import pytest
import pytest_asyncio
import redis
from switchyard_common.embedded import EmbeddedValkey
from switchyard_router.domain.states import TERMINAL

from tests.chaos import wire
from tests.chaos.checker import accepted_twice
from tests.chaos.desktops import Desktop
from tests.chaos.fleet import Fleet
from tests.chaos.journal import Journal
from tests.chaos.nodes import Node
from tests.chaos.plan import Plan
from tests.chaos.routes import Routes
from tests.chaos.run import QUEUE, configure
from tests.fakes.router.truth import Truth, read
from tests.fakes.valkey.servers import Server

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

PLAN = Plan(routers=2, agents=3, nodes=2, late_accepts=0.0, call_seconds=10.0)
PATIENCE_SECONDS = 180.0
AGAIN = "-again"
NO_QUEUE = "CreateContact: NOT_FOUND QUEUE"
PREFIX = f"sy:{{{wire.TENANT}}}:"


@dataclass
class Drill:
    """What the drill saw."""

    snapshot: bool
    """An old snapshot was put in place of the data; otherwise there was nothing."""
    live: set[str] = field(default_factory=set)
    """Contacts that platforms held while there was no store."""
    journal: Journal = field(default_factory=Journal)
    truth: Truth = field(default_factory=Truth)
    facts: dict[str, float] = field(default_factory=dict)


async def until(holds: Callable[[], bool]) -> float:
    """Seconds until it is so."""
    began = monotonic()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():
            await asyncio.sleep(0.05)
    return monotonic() - began


class Scene:
    """Agents and platforms at their routers, and callers who go on coming."""

    def __init__(self, routes: Routes, drill: Drill) -> None:
        chance = random.Random(1)
        journal = drill.journal
        self.journal = journal
        self.desktops = [Desktop(n, PLAN, routes, journal, chance) for n in range(PLAN.agents)]
        self.nodes = [
            Node(f"pbx-{n}", QUEUE, routes, journal, chance, PLAN.call_seconds)
            for n in range(PLAN.nodes)
        ]

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for desktop in self.desktops:
                group.create_task(desktop.run())
            for node in self.nodes:
                group.create_task(node.run())

    async def present(self) -> None:
        """Everybody has signed in."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            for desktop in self.desktops:
                await desktop.signed_in.wait()
            for node in self.nodes:
                await node.attached.wait()

    async def calls(self, number: int) -> None:
        """So many callers and chatters, three a second."""
        for turn in range(number):
            self.nodes[turn % len(self.nodes)].call_in(chat=turn % 4 == 0)
            await asyncio.sleep(1 / 3)

    def lines(self) -> set[str]:
        """Contacts that platforms hold."""
        return {name for node in self.nodes for name in node.lines}

    def at_rest(self) -> bool:
        """Nobody is on a line, and nothing is left to be told."""
        return not self.lines() and not any(node.busy for node in self.nodes)


def raw_of(server: EmbeddedValkey) -> redis.Redis:
    return redis.Redis(host="127.0.0.1", port=server.port)


@asynccontextmanager
async def played(scene: Scene) -> AsyncIterator[None]:
    task = asyncio.create_task(scene.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["nothing", "snapshot"])
async def drill(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Drill]:
    """The drill, done once; its findings."""
    folder = tmp_path_factory.mktemp("drill")
    done = Drill(snapshot=request.param == "snapshot")
    with Server({"dir": str(folder)}) as store:
        url = f"redis://127.0.0.1:{store.port}/0"
        async with (
            Fleet(url, PLAN, folder) as fleet,
            Routes(fleet.targets, random.Random(2)) as ways,
        ):
            await configure(ways, PLAN)
            scene = Scene(ways, done)
            async with played(scene):
                await scene.present()
                await scene.calls(18)
                store.ask("SAVE")
                await scene.calls(6)
                await until(lambda: len(scene.lines()) >= 3)  # some wait, some talk
                await _lose(store, scene, folder, done)
                with Server({"dir": str(folder)}, port=store.port) as again:
                    await _restore(again, scene, done)
    for what, value in done.facts.items():
        print(f"drill, {request.param} left: {what}: {value:.1f}")
    yield done


async def _lose(store: Server, scene: Scene, folder: Path, done: Drill) -> None:
    os.kill(store.pid, signal.SIGKILL)
    if not done.snapshot:
        (folder / "dump.rdb").unlink()
    await asyncio.sleep(0.5)  # the last news from before is heard
    done.live = scene.lines()
    await asyncio.sleep(0.5)  # calls end, and callers hang up, while nobody can be told


async def _restore(again: Server, scene: Scene, done: Drill) -> None:
    back, accepted = monotonic(), len(scene.journal.accepts)
    callers = asyncio.create_task(scene.calls(12))
    with raw_of(again) as raw:
        await until(lambda: raw.scard(f"{PREFIX}agents") == PLAN.agents)
    done.facts["seconds until its configuration is back"] = monotonic() - back
    await until(lambda: len(scene.journal.accepts) > accepted)
    done.facts["seconds until the next offer is accepted"] = monotonic() - back
    await callers
    with raw_of(again) as raw:
        await until(lambda: scene.at_rest() and not raw.zcard(f"{PREFIX}live"))
        done.truth = read(raw, PREFIX)
    done.facts["contacts that platforms held"] = len(done.live)
    done.facts["of them lost"] = len(done.live & set(done.journal.lost))
    done.facts["created anew"] = len(anew(done.truth))


def anew(truth: Truth) -> list[str]:
    """Contacts that platforms made again."""
    return [cid for cid, one in truth.contacts.items() if one["external"].endswith(AGAIN)]


async def test_the_configuration_is_back(drill: Drill) -> None:
    assert set(drill.truth.queues) == {QUEUE}
    assert len(drill.truth.agents) == PLAN.agents
    assert drill.journal.endings[NO_QUEUE] == 0, "nobody was told that there is no such queue"


async def test_every_contact_that_platforms_held_is_kept_or_named_as_lost(drill: Drill) -> None:
    kept = {wire.name_of("contacts", cid) for cid in drill.truth.contacts}
    assert drill.live
    over = set(drill.journal.hung_up_ms)
    assert drill.live <= set(drill.journal.lost) | over | kept
    assert drill.snapshot or not drill.live & kept


async def test_who_was_created_anew_or_came_later_is_served_to_an_end(drill: Drill) -> None:
    assert anew(drill.truth)
    assert {one["state"] for one in drill.truth.contacts.values()} <= set(TERMINAL)
    came = {name.rpartition("/")[2] for name in drill.journal.created} & set(drill.truth.contacts)
    assert came


async def test_nothing_of_before_comes_back_to_disturb(drill: Drill) -> None:
    assert list(accepted_twice(drill.truth.events)) == []
    assert drill.truth.violations() == []
    fences = [int(one["fence"]) for one in drill.truth.contacts.values() if int(one["fence"])]
    assert fences
    # Given by the clock, not counted from one: a fence of before is never good again.
    assert min(fences) > 1_000_000_000_000
