"""A pool of engine processes: bounded, patient within limits, and never down for good."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from switchyard_phone.adapters.speech.pool import Pool, PoolRules
from switchyard_phone.service.recognition import RecognizerDown
from switchyard_phone.service.speech_meter import SpeechMeter

pytestmark = pytest.mark.integration

_FAKE = Path(__file__).parents[2] / "fakes" / "phone" / "fake_engine.py"
_PATIENCE_SECONDS = 60.0


class Counted(SpeechMeter):
    """What the pool told."""

    def __init__(self) -> None:
        self.failures: Counter[str] = Counter()
        self.restarts = 0
        self.works = 0
        self.taken = 0

    def queued(self, engine: str, seconds: float) -> None:
        self.taken += 1

    def failed(self, engine: str, why: str) -> None:
        self.failures[why] += 1

    def restarted(self, engine: str) -> None:
        self.restarts += 1

    def worked(self, engine: str, seconds: float) -> None:
        self.works += 1


class World:
    """A pool of fake engines, with pauses that are written down instead of made."""

    def __init__(self, folder: Path, mode: str, rules: PoolRules) -> None:
        self.folder = folder
        self.meter = Counted()
        self.pauses: list[float] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        argv = (sys.executable, "-I", str(_FAKE), str(folder), mode)
        self.pool = Pool(argv, rules, self.meter, self._pause)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await self.go_on.wait()
        await asyncio.sleep(0.05)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not holds():
                await asyncio.sleep(0.02)

    async def asked(self, question: bytes) -> bytes:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await self.pool.ask(question)

    def pids(self) -> set[int]:
        return {int(path.name) for path in self.folder.iterdir()}


OpenWorld = Callable[..., AbstractAsyncContextManager[World]]


@pytest.fixture
def world_of(tmp_path: Path) -> OpenWorld:
    @asynccontextmanager
    async def opened(
        mode: str = "works", processes: int = 1, waiting: int = 2, deadline: float = 100.0
    ) -> AsyncIterator[World]:
        folder = tmp_path / "starts"
        folder.mkdir()
        world = World(folder, mode, PoolRules("text", processes, waiting, deadline))
        async with world.pool:
            yield world
        await world.until(lambda: not any(_lives(pid) for pid in world.pids()))

    return opened


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_engines_are_started_ahead_and_answer(world_of: OpenWorld) -> None:
    async with world_of(processes=2) as world:
        assert world.pool.ready == 2
        answers = await asyncio.gather(*(world.asked(bytes([n])) for n in range(2)))
        assert answers == [b"\0", b"\1"]
        assert world.meter.works == 2


async def test_more_than_may_wait_are_refused_at_once(world_of: OpenWorld, tmp_path: Path) -> None:
    async with world_of(waiting=2) as world:
        gate = tmp_path / "gate"
        working = asyncio.create_task(world.asked(f"wait {gate}".encode()))
        await world.until(lambda: world.meter.taken == 1)
        waiting = [asyncio.create_task(world.asked(b"later")) for _ in range(2)]
        await world.until(lambda: world.pool.waiting == 2)
        with pytest.raises(RecognizerDown, match="busy"):
            await world.asked(b"one more")
        gate.touch()
        await working
        assert await asyncio.gather(*waiting) == [b"later"] * 2
        assert world.meter.failures == {"busy": 1}


async def test_an_engine_that_dies_is_told_and_started_anew(
    world_of: OpenWorld,
) -> None:
    async with world_of() as world:
        with pytest.raises(RecognizerDown, match="died"):
            await world.asked(b"die")
        await world.until(lambda: world.pool.ready == 1)
        assert await world.asked(b"again") == b"again"
        assert (world.meter.failures, world.meter.restarts) == ({"died": 1}, 1)


async def test_an_engine_that_is_killed_while_idle_is_started_anew(
    world_of: OpenWorld,
) -> None:
    async with world_of() as world:
        world.go_on.clear()
        for pid in world.pids():
            os.kill(pid, signal.SIGKILL)
        await world.until(lambda: world.pool.ready == 0)
        with pytest.raises(RecognizerDown, match="down"):
            await world.asked(b"hello")
        world.go_on.set()
        await world.until(lambda: world.pool.ready == 1)
        assert await world.asked(b"again") == b"again"


async def test_an_engine_that_takes_too_long_is_thrown_away(
    world_of: OpenWorld,
) -> None:
    async with world_of(deadline=0.5) as world:
        before = world.pids()
        with pytest.raises(RecognizerDown):
            await world.asked(b"hang")
        await world.until(lambda: not any(_lives(pid) for pid in before))
        await world.until(lambda: world.pool.ready == 1)
        assert world.pids() > before


async def test_what_waits_behind_a_dying_engine_is_told(
    world_of: OpenWorld, tmp_path: Path
) -> None:
    async with world_of() as world:
        gate = tmp_path / "gate"
        working = asyncio.create_task(world.asked(f"wait {gate}".encode()))
        await world.until(lambda: world.meter.taken == 1)
        waiting = asyncio.create_task(world.asked(b"later"))
        await world.until(lambda: world.pool.waiting == 1)
        for pid in world.pids():
            os.kill(pid, signal.SIGKILL)
        results = await asyncio.gather(working, waiting, return_exceptions=True)
        assert all(isinstance(result, RecognizerDown) for result in results)


async def test_whoever_leaves_does_not_hold_up_the_others(
    world_of: OpenWorld, tmp_path: Path
) -> None:
    async with world_of() as world:
        gate = tmp_path / "gate"
        leaving = asyncio.create_task(world.asked(f"wait {gate}".encode()))
        await world.until(lambda: world.meter.taken == 1)
        leaving.cancel()
        staying = asyncio.create_task(world.asked(b"mine"))
        gate.touch()
        assert await staying == b"mine"
        with pytest.raises(asyncio.CancelledError):
            await leaving


@pytest.mark.parametrize("mode", ["broken", "babbles"])
async def test_engines_that_cannot_start_are_tried_ever_more_rarely(
    world_of: OpenWorld, mode: str
) -> None:
    async with world_of(mode) as world:
        assert world.pool.ready == 0
        with pytest.raises(RecognizerDown, match="down"):
            await world.asked(b"hello")
        await world.until(lambda: len(world.pauses) >= 4)
        assert world.pauses[:4] == [0.2, 0.4, 0.8, 1.6]


async def test_an_engine_that_never_loads_is_given_up(tmp_path: Path) -> None:
    rules = PoolRules("text", 1, 1, 1.0, start_seconds=0.5)
    world = World(tmp_path, "stuck", rules)
    world.go_on.clear()
    async with world.pool:
        with pytest.raises(RecognizerDown, match="down"):
            await world.asked(b"hello")
        assert not any(_lives(pid) for pid in world.pids())


async def test_a_start_that_fails_once_is_made_up_for(world_of: OpenWorld) -> None:
    async with world_of("twice") as world:
        await world.until(lambda: world.pool.ready == 1)
        assert await world.asked(b"hello") == b"hello"
        world.pauses.clear()
        with pytest.raises(RecognizerDown):
            await world.asked(b"die")
        await world.until(lambda: world.pool.ready == 1)
        assert world.pauses == [0.2]


async def test_closing_tells_whoever_still_waits(world_of: OpenWorld) -> None:
    async with world_of() as world:
        asking = asyncio.create_task(world.pool.ask(b"hang"))
        await world.until(lambda: world.meter.taken == 1)
    with pytest.raises(RecognizerDown, match="closed"):
        await asking


async def test_an_interpreter_that_is_not_there_is_down() -> None:
    rules = PoolRules("text", 1, 1, 1.0)
    async with Pool(("/no/such/python",), rules, SpeechMeter()) as pool:
        with pytest.raises(RecognizerDown, match="down"):
            await pool.ask(b"hello")
