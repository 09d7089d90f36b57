"""Calls that come and go for minutes: nothing of them may stay."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean
from time import perf_counter

from benchmarks.load.table import say, show
from benchmarks.phone.rtp import Sound
from benchmarks.phone.sip import Callers, CallFailed
from benchmarks.phone.times import CALLER
from benchmarks.phone.under_test import Noticed, UnderTest

SECONDS = 240.0
PER_SECOND = 5.0
_CALL_SECONDS = 5.0
_KEY_AFTER_SECONDS = 1.0
_LOOK_SECONDS = 15.0
_LAST_SECONDS = 5.0
_WARM_UP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Look:
    at: float
    memory_mb: float
    noticed: Noticed


@dataclass(slots=True)
class _Run:
    began: float
    outcomes: Counter[str] = field(default_factory=Counter)
    looks: list[_Look] = field(default_factory=list)

    async def look(self, phone: UnderTest) -> None:
        """How much there is of everything now."""
        noticed = await phone.look()
        at = perf_counter() - self.began
        self.looks.append(_Look(at, phone.memory_mb, noticed))
        say(f"{at:.0f} s: {dict(self.outcomes)}, {phone.memory_mb:.0f} MB")


async def measure(phone: UnderTest, seconds: float) -> dict[str, float]:
    """Calls at a steady pace, then none; what is left."""
    sound = Sound()
    callers = Callers(phone.ports["sip"], sound)
    sound.start()
    await callers.open()
    run = _Run(perf_counter())
    say(f"{PER_SECOND:g} calls a second of {_CALL_SECONDS:g} s, for {seconds:g} s")
    try:
        await _one(run, callers)  # opens what stays open
        await run.look(phone)
        watching = asyncio.create_task(_watch(run, phone))
        await _come_and_go(run, callers, seconds)
        watching.cancel()
        await asyncio.wait((watching,))
        await asyncio.sleep(_LAST_SECONDS)
        await run.look(phone)
    finally:
        await callers.close()
        await sound.close()
    _show(run.looks)
    return _figures(run)


async def _watch(run: _Run, phone: UnderTest) -> None:
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        await asyncio.shield(asyncio.ensure_future(run.look(phone)))


async def _come_and_go(run: _Run, callers: Callers, seconds: float) -> None:
    under_way: set[asyncio.Task[None]] = set()
    due = perf_counter()
    while due - run.began < seconds:
        await asyncio.sleep(max(0.0, due - perf_counter()))
        task = asyncio.create_task(_one(run, callers))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        due += 1 / PER_SECOND
    if under_way:
        await asyncio.wait(under_way)


async def _one(run: _Run, callers: Callers) -> None:
    try:
        call = await callers.call(CALLER)
        await asyncio.sleep(_KEY_AFTER_SECONDS)
        await call.stream.press("1")
        await asyncio.sleep(_CALL_SECONDS - _KEY_AFTER_SECONDS)
        await callers.end(call)
        run.outcomes["well" if call.spoke.done() else "unheard"] += 1
    except CallFailed as error:
        run.outcomes[str(error)] += 1


def _show(looks: Sequence[_Look]) -> None:
    rows = [
        (
            round(one.at),
            one.memory_mb,
            one.noticed.tasks,
            one.noticed.threads,
            one.noticed.fds,
            one.noticed.objects,
            one.noticed.lag(99),
        )
        for one in looks
    ]
    show("the phone over time", ("s", "MB", "tasks", "threads", "fds", "objects", "lag p99"), rows)


def _figures(run: _Run) -> dict[str, float]:
    first, last = run.looks[0].noticed, run.looks[-1].noticed
    warm = [one.memory_mb for one in run.looks if one.at > _WARM_UP_SECONDS] or [
        one.memory_mb for one in run.looks
    ]
    quarter = max(1, len(warm) // 4)
    return {
        "soak_calls": run.outcomes.total(),
        "soak_failures": run.outcomes.total() - run.outcomes["well"],
        "soak_memory_growth": round(mean(warm[-quarter:]) / mean(warm[:quarter]), 3),
        "soak_tasks_left": last.tasks - first.tasks,
        "soak_fds_left": last.fds - first.fds,
        "soak_threads_left": last.threads - first.threads,
    }
