"""Hand-over under load: how soon an agent who becomes free has the next contact.

Run: `make bench BENCH=router_handover ARGS="--agents 50 200 500 2000 --rate 25"`. All agents talk
and 500 contacts wait. Conversations end at a fixed rate; the time runs from the message that frees
the agent (the hang-up, sent by the generator) to the agent's next offer, received by the same
process. Beside it, what a contact costs the router in CPU by number of agents.
"""

import argparse
import asyncio
from collections.abc import Sequence
from typing import Any

import orjson

from benchmarks.load.search import Run
from benchmarks.load.stack import stack
from benchmarks.load.table import say, show

AGENTS = (50, 200, 500, 2_000)
WAITING = 500
RATE = 25.0
_SECONDS = 8.0


def measure(
    agents: Sequence[int] = AGENTS, rate: float = RATE, waiting: int = WAITING
) -> dict[int, Run]:
    """A run for each number of agents, all at the same rate."""
    runs = {number: asyncio.run(_measure(number, rate, waiting)) for number in agents}
    show(
        f"Hand-over: {waiting} waiting, {rate:.0f} agents become free a second",
        ("agents", "free→offer p50 ms", "p90", "p99", "router ms/contact", "valkey", "at rest",
         "load"),
        [_row(number, run) for number, run in runs.items()],
    )  # fmt: skip
    return runs


async def _measure(agents: int, rate: float, waiting: int) -> Run:
    say(f"{agents} agents take a contact each, {waiting} more wait")
    async with stack(1, agents) as running:
        rest: Run = await running.generator.do("rest", seconds=2.0)
        run: Run = await running.generator.do(
            "full_line", waiting=waiting, rate=rate, seconds=_SECONDS
        )
    for problem in ("problems", "unfinished", "nobody_talked"):
        if run[problem]:
            say(f"{agents} agents: {problem} {run[problem]}")
    return {**run, "rest": rest}


def _row(agents: int, run: Run) -> list[object]:
    handover, cpu = run["free_to_offer_ms"], run["cpu_ms_per_contact"]
    share: dict[str, Any] = run["rest"]["cpu_share"]
    return [
        agents, handover.get("p50"), handover.get("p90"), handover.get("p99"),
        cpu["router"], cpu["valkey"], share["router"], run["load_average"],
    ]  # fmt: skip


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, nargs="+", default=AGENTS)
    parser.add_argument("--rate", type=float, default=RATE, help="agents who become free a second")
    parser.add_argument("--waiting", type=int, default=WAITING)
    options = parser.parse_args()
    found = measure(options.agents, options.rate, options.waiting)
    print(orjson.dumps(found, option=orjson.OPT_NON_STR_KEYS).decode())


if __name__ == "__main__":
    main()
