"""How cost grows with agents signed in and with contacts waiting.

Run: `make bench BENCH=router_growth ARGS="--agents 100 1000 10000 --waiting 0 100 10000"`. The
waiting contacts are in the same queue and need a skill that nobody signed in has, so that every
pass has to see that they cannot be served; beside them contacts that can be come at a fixed rate.
Memory: resident, of the router and of Valkey, whose event log grows with every contact.
"""

import argparse
import asyncio
from collections.abc import Sequence
from typing import Any

import orjson

from benchmarks.load.search import Run
from benchmarks.load.stack import Stack, stack
from benchmarks.load.table import say, show

AGENTS = (100, 1_000, 10_000)
WAITING = (0, 100, 10_000)
RATE = 20.0
_SECONDS = 5.0
_SETTLE_SECONDS = 2.0
_PASS = "switchyard_router_dispatch_pass_seconds"
_HEADS = (
    "agents", "waiting", "create→offer p50 ms", "p99", "pass ms", "router ms/contact", "at rest",
    "router MB", "valkey MB", "load",
)  # fmt: skip


def measure(
    agents: Sequence[int] = AGENTS, waiting: Sequence[int] = WAITING, rate: float = RATE
) -> dict[str, Any]:
    """A run for each pair of agents and waiting contacts, and memory per 1,000 and 10,000."""
    cells: list[Run] = []
    for number in agents:
        cells += asyncio.run(_measure(number, sorted(waiting), rate))
    show(f"Cost of growth at {rate:.0f} contacts/s", _HEADS, [_row(cell) for cell in cells])
    memory = _memory(cells)
    say(f"memory in MB: {memory}")
    return {"cells": cells, "memory_mb": memory}


async def _measure(agents: int, waiting: Sequence[int], rate: float) -> list[Run]:
    say(f"{agents} agents sign in")
    cells: list[Run] = []
    async with stack(1, agents) as running:
        queued = 0
        for number in waiting:
            if number > queued:
                say(f"{number - queued} contacts more wait in vain")
                await running.generator.do("fill", waiting=number - queued)
                queued = number
            cells.append(await _cell(running, agents, number, rate))
    return cells


async def _cell(running: Stack, agents: int, waiting: int, rate: float) -> Run:
    await asyncio.sleep(_SETTLE_SECONDS)
    memory = running.memory_mb()
    rest: Run = await running.generator.do("rest", seconds=_SETTLE_SECONDS)
    before = running.routers[0].metrics()
    run: Run = await running.generator.do("open_loop", rate=rate, seconds=_SECONDS)
    after = running.routers[0].metrics()
    passes = after[f"{_PASS}_count"] - before[f"{_PASS}_count"]
    seconds = after[f"{_PASS}_sum"] - before[f"{_PASS}_sum"]
    if run["problems"] or run["unfinished"]:
        say(f"{agents} × {waiting}: unfinished {run['unfinished']} {run['problems']}")
    return {
        **run,
        "agents": agents,
        "waiting": waiting,
        "rest": rest,
        "memory_mb": memory,
        "pass_ms": round(1000 * seconds / passes, 3) if passes else None,
    }


def _row(cell: Run) -> list[object]:
    offer, memory = cell["create_to_offer_ms"], cell["memory_mb"]
    return [
        cell["agents"], cell["waiting"], offer.get("p50"), offer.get("p99"), cell["pass_ms"],
        cell["cpu_ms_per_contact"]["router"], cell["rest"]["cpu_share"]["router"],
        memory["router"], memory["valkey"], cell["load_average"],
    ]  # fmt: skip


def _memory(cells: Sequence[Run]) -> dict[str, float]:
    """Between the smallest and the largest cell: per 1,000 agents, per 10,000 waiting contacts."""
    few, many = min(cells, key=_size), max(cells, key=_size)
    found: dict[str, float] = {}
    for name in ("router", "valkey"):
        empty = [cell for cell in cells if cell["waiting"] == few["waiting"]]
        agents = max(cell["agents"] for cell in cells) - few["agents"]
        crowd = [cell for cell in cells if cell["agents"] == few["agents"]]
        waiting = many["waiting"] - few["waiting"]
        if agents:
            found[f"{name}_per_1000_agents"] = round(1000 * _spread(empty, name) / agents, 1)
        if waiting:
            found[f"{name}_per_10000_waiting"] = round(10_000 * _spread(crowd, name) / waiting, 1)
    return found


def _size(cell: Run) -> tuple[int, int]:
    return cell["agents"], cell["waiting"]


def _spread(cells: Sequence[Run], name: str) -> float:
    """Memory of the largest less that of the smallest."""
    ordered = sorted(cells, key=_size)
    return float(ordered[-1]["memory_mb"][name] - ordered[0]["memory_mb"][name])


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, nargs="+", default=AGENTS)
    parser.add_argument("--waiting", type=int, nargs="+", default=WAITING)
    parser.add_argument("--rate", type=float, default=RATE)
    options = parser.parse_args()
    print(orjson.dumps(measure(options.agents, options.waiting, options.rate)).decode())


if __name__ == "__main__":
    main()
