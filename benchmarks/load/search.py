"""The highest rate of contacts that routers keep up with."""

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.load.stack import Generator

_FALLS_BEHIND = 0.97
"""Fewer contacts ended per created one: a line is growing."""
_FALLS_SHORT = 0.9
"""Fewer created than asked for, beyond what chance makes: the generator itself is behind."""
_SLOW_MS = 1000.0
_FIRST_STEP, _LATER_STEP = 1.15, 1.5
_CLOSE = 1.06
_FIRST_SHARE = 0.85
_TRIES = 2
"""Somebody else's work on the machine spoils a run now and then: a rate has two chances."""
_UNDER_WAY = 100
_SATURATION_SECONDS = 4.0
_MOST_RUNS = 12
_LOWEST_RATE = 10.0

type Run = dict[str, Any]


def sustained(run: Mapping[str, Any]) -> bool:
    """Whether all contacts came to a good end, in pace with those that arrived.

    An offer within a second for 99 % says that no line is growing.
    """
    return bool(
        run["unfinished"] == 0
        and not run["problems"]
        and run["ended_per_second"] >= _FALLS_BEHIND * run["created_per_second"]
        and run["created_per_second"] >= _FALLS_SHORT * run["rate"]
        and run["create_to_offer_ms"].get("p99", _SLOW_MS) < _SLOW_MS
    )


async def highest_rate(
    generator: Generator,
    seconds: float,
    tell: Callable[[Run, bool], None],
    **load: object,
) -> Run:
    """The run at the highest rate that is sustained, to about 6 %.

    Begins a little below what the routers do when they always have enough to do; goes up or down
    until one rate is sustained and a higher one is not, then halves the gap. Raises RuntimeError
    if no rate is sustained.
    """
    full = await generator.do("saturation", contacts=_UNDER_WAY, seconds=_SATURATION_SECONDS)
    rate = max(_LOWEST_RATE, _FIRST_SHARE * float(str(full["ended_per_second"])))
    best: Run = {}
    good, bad, step = 0.0, 0.0, _FIRST_STEP
    for _ in range(_MOST_RUNS):
        run, kept = await _try(generator, rate, seconds, tell, load)
        if kept:
            good, best = rate, run
        else:
            bad = rate
        if bad and good and bad / good <= _CLOSE:
            break
        rate, step = _next(good, bad, step), _LATER_STEP
    if not best:
        raise RuntimeError("no rate was sustained")
    return {**best, "saturated_per_second": full["ended_per_second"]}


async def _try(
    generator: Generator,
    rate: float,
    seconds: float,
    tell: Callable[[Run, bool], None],
    load: Mapping[str, object],
) -> tuple[Run, bool]:
    run: Run = {}
    kept = False
    for _ in range(_TRIES):
        run = await generator.do("open_loop", rate=round(rate, 1), seconds=seconds, **load)
        kept = sustained(run)
        tell(run, kept)
        if kept:
            break
    return run, kept


def _next(good: float, bad: float, step: float) -> float:
    if not bad:
        return good * step
    return (good + bad) / 2 if good else bad / step
