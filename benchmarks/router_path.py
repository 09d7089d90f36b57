"""The whole path: how many full lifecycles a second the router sustains, and how fast it offers.

Run: `make bench BENCH=router_path ARGS="--agents 2000 --replicas 2"`. Each lifecycle is create,
offer, accept, bridge, complete, with every contact followed to its end; heartbeats of all agents go
on meanwhile. At half the sustained rate: create → offer delivered. Then the same with more replicas
on the same store.
"""

import argparse
import asyncio
from typing import Any

import orjson

from benchmarks.load.search import Run, highest_rate
from benchmarks.load.stack import stack
from benchmarks.load.table import say, show

AGENTS = 2_000
REPLICAS = 2
_RUN_SECONDS = 5.0
_HALF_SECONDS = 10.0
_REST_SECONDS = 3.0
_HEADS = (
    "", "contacts/s", "offer p50 ms", "p90", "p99", "accept→connected p50 ms", "p99",
    "router ms/contact", "valkey", "generator", "load",
)  # fmt: skip


def measure(agents: int = AGENTS, replicas: int = REPLICAS) -> dict[str, Any]:
    """Figures of one replica, and the rate that several sustain."""
    one = asyncio.run(_measure(agents, 1))
    if replicas > 1:
        one["replicas"] = asyncio.run(_measure(agents, replicas))
    return one


async def _measure(agents: int, replicas: int) -> dict[str, Any]:
    say(f"{agents} agents sign in at {replicas} router(s)")
    async with stack(replicas, agents) as running:
        generator = running.generator
        rest: Run = await generator.do("rest", seconds=_REST_SECONDS)
        best = await highest_rate(generator, _RUN_SECONDS, _tell, poisson=True)
        half: Run = await generator.do(
            "open_loop", rate=best["rate"] / 2, seconds=_HALF_SECONDS, poisson=True
        )
        memory = running.memory_mb()
    show(
        f"{agents} agents signed in, {replicas} router(s), Poisson arrivals",
        _HEADS,
        [_row("sustained", best), _row("at half of it", half)],
    )
    say(f"at rest (heartbeats of all agents), share of a core: {rest['cpu_share']}")
    return {"sustained": best, "half": half, "rest": rest, "memory_mb": memory}


def _tell(run: Run, kept: bool) -> None:
    offer = run["create_to_offer_ms"]
    say(
        f"{run['rate']:.1f}/s {'kept' if kept else 'not kept'}: ended {run['ended_per_second']}/s, "
        f"offers p50 {offer.get('p50')} p99 {offer.get('p99')} ms {run['problems'] or ''}"
    )


def _row(name: str, run: Run) -> list[object]:
    offer, joined = run["create_to_offer_ms"], run["accept_to_connected_ms"]
    cpu = run["cpu_ms_per_contact"]
    return [
        name, run["rate"], offer.get("p50"), offer.get("p90"), offer.get("p99"),
        joined.get("p50"), joined.get("p99"),
        cpu["router"], cpu["valkey"], cpu["generator"], run["load_average"],
    ]  # fmt: skip


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=AGENTS)
    parser.add_argument("--replicas", type=int, default=REPLICAS)
    options = parser.parse_args()
    print(orjson.dumps(measure(options.agents, options.replicas)).decode())


if __name__ == "__main__":
    main()
