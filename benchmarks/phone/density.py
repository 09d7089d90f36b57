"""How many calls a core carries, with sound both ways; and what that is beside other ways.

Each caller hears the menu and speaks all the time. Processor time is that of the measured process
with all its threads; the callers are another one.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from statistics import median

from switchyard_phone.domain.audio import FRAME_SECONDS

from benchmarks.load.table import say, show
from benchmarks.phone.audiosocket import AudioSocketCallers
from benchmarks.phone.rtp import Sound
from benchmarks.phone.sip import Callers
from benchmarks.phone.under_test import UnderTest

SIZES = (10, 30, 60, 100)
SIDE_BY_SIDE = 60
_SETTLE_SECONDS = 2.0
_BATCH = 10
_ENOUGH = 0.97
"""Of the packets that are due: more missing, and callers hear holes."""


@dataclass(frozen=True, slots=True)
class Carried:
    """So many calls for a while."""

    way: str
    calls: int
    core: float
    loop: float
    heard: float
    """Share of the packets due that the callers got."""
    lag_p50_ms: float
    lag_p99_ms: float
    memory_mb: float

    @property
    def per_core(self) -> float:
        """Calls that one core carries."""
        return self.calls / self.core

    @property
    def core_per_call(self) -> float:
        """Share of a core for one call."""
        return self.core / self.calls


type Way = Callable[[int, float], Coroutine[None, None, Carried]]


async def by_sip(name: str, process: UnderTest, calls: int, seconds: float) -> Carried:
    """Calls by SIP."""
    sound = Sound()
    callers = Callers(process.ports["sip"], sound)
    sound.start()
    await callers.open()
    try:
        live = []
        for first in range(0, calls, _BATCH):
            batch = range(first, min(calls, first + _BATCH))
            live += await asyncio.gather(*(callers.call() for _ in batch))
        return await _measured(
            name, process, calls, seconds, lambda: sum(call.stream.heard for call in live)
        )
    finally:
        await callers.close()
        await sound.close()


async def by_audiosocket(process: UnderTest, calls: int, seconds: float) -> Carried:
    """Calls by AudioSocket."""
    callers = AudioSocketCallers(process.ports["audiosocket"])
    await callers.open(calls)
    try:
        return await _measured("audiosocket", process, calls, seconds, lambda: callers.heard)
    finally:
        await callers.close()


async def _measured(
    way: str, process: UnderTest, calls: int, seconds: float, heard: Callable[[], int]
) -> Carried:
    await asyncio.sleep(_SETTLE_SECONDS)
    await process.look()
    process.begin()
    before = heard()
    await asyncio.sleep(seconds)
    spent, got = process.spent(), heard() - before
    noticed = await process.look()
    return Carried(
        way=way,
        calls=calls,
        core=spent.core,
        loop=spent.loop,
        heard=got / (calls * spent.seconds / FRAME_SECONDS),
        lag_p50_ms=noticed.lag(50),
        lag_p99_ms=noticed.lag(99),
        memory_mb=process.memory_mb,
    )


async def sizes(phone: UnderTest, seconds: float, calls: Sequence[int]) -> dict[str, float]:
    """The phone with more and more calls at once."""
    found = []
    for size in calls:
        say(f"{size} calls at once")
        found.append(await by_sip("sip", phone, size, seconds))
    _show("calls with sound both ways", found)
    whole = [one for one in found if one.heard >= _ENOUGH]
    best = max(whole, key=lambda one: one.calls, default=None)
    memory = (found[-1].memory_mb - found[0].memory_mb) / max(1, found[-1].calls - found[0].calls)
    at = min(found, key=lambda one: abs(one.calls - SIDE_BY_SIDE))
    return {
        "calls_per_core": round(best.per_core) if best else 0,
        "calls_at_once": best.calls if best else 0,
        "sound_heard": round(min(one.heard for one in found), 4),
        "loop_lag_p50_ms": at.lag_p50_ms,
        "loop_lag_p99_ms": at.lag_p99_ms,
        "memory_per_call_kb": round(memory * 1024),
        **{f"core_at_{one.calls}": round(one.core, 3) for one in found},
    }


async def beside(
    phone: UnderTest, echo: UnderTest, seconds: float, rounds: int, calls: int
) -> dict[str, float]:
    """The phone by SIP, a bare echo and the phone by AudioSocket, taking turns."""
    found: list[Carried] = []
    for number in range(1, rounds + 1):
        say(f"{calls} calls each by SIP, with a bare echo and by AudioSocket: {number} of {rounds}")
        found.append(await by_sip("sip", phone, calls, seconds))
        found.append(await by_sip("bare echo", echo, calls, seconds))
        found.append(await by_audiosocket(phone, calls, seconds))
    _show("side by side", found)
    cost = {
        way: median(one.core_per_call for one in found if one.way == way)
        for way in ("sip", "bare echo", "audiosocket")
    }
    return {
        "core_vs_bare_echo": round(cost["sip"] / cost["bare echo"], 2),
        "core_vs_audiosocket": round(cost["sip"] / cost["audiosocket"], 2),
    }


def _show(title: str, found: Sequence[Carried]) -> None:
    heads = ("", "calls", "core %", "loop %", "calls a core", "heard %", "lag p50 ms", "p99", "MB")
    rows = [
        (
            one.way,
            one.calls,
            100 * one.core,
            100 * one.loop,
            round(one.per_core),
            100 * one.heard,
            one.lag_p50_ms,
            one.lag_p99_ms,
            round(one.memory_mb),
        )
        for one in found
    ]
    show(title, heads, rows)
