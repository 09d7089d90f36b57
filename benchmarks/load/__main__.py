"""One load on a router of its own: `python -m benchmarks.load --agents 2000 --rate 100`.

`--search` looks for the highest rate that is sustained. `--waiting 500` measures hand-overs with a
full line instead, `--rate` agents becoming free a second. The last line is JSON.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

import orjson
from switchyard_common.logs import configure_logging

from benchmarks.load.search import highest_rate
from benchmarks.load.stack import stack


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--rate", type=float, default=50.0, help="contacts a second")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--talk", type=float, default=0.1, help="mean seconds of a conversation")
    parser.add_argument("--poisson", action="store_true", help="else evenly spaced arrivals")
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--search", action="store_true", help="the highest rate that is sustained")
    parser.add_argument("--waiting", type=int, default=0, help="hand-overs with so many waiting")
    parser.add_argument("--backlog", type=int, default=0, help="contacts that nobody can serve")
    parser.add_argument(
        "--profile",
        type=lambda name: Path(name).resolve(),
        help="file for a cProfile of the first router",
    )
    return parser.parse_args()


async def _run(options: argparse.Namespace) -> dict[str, Any]:
    async with stack(options.replicas, options.agents, options.profile) as running:
        generator = running.generator
        pids = [router.pid for router in running.routers]
        print(f"routers {pids}  valkey {running.valkey_pid}  generator {generator.pid}", flush=True)
        if options.backlog:
            await generator.do("fill", waiting=options.backlog)
        rest = await generator.do("rest", seconds=3.0)
        print("at rest:", rest["cpu_share"], flush=True)
        if options.waiting:
            found = await generator.do(
                "full_line", waiting=options.waiting, seconds=options.seconds, rate=options.rate
            )
        elif options.search:
            load = {"poisson": options.poisson, "talk_seconds": options.talk}
            found = await highest_rate(generator, options.seconds, _tell, **load)
        else:
            found = await generator.do(
                "open_loop",
                rate=options.rate,
                seconds=options.seconds,
                poisson=options.poisson,
                talk_seconds=options.talk,
            )
        return {**found, "memory_mb": running.memory_mb()}


def _tell(run: dict[str, Any], kept: bool) -> None:
    offer = run["create_to_offer_ms"]
    print(
        f"{run['rate']:7.1f}/s {'kept' if kept else 'NOT kept':8} ended {run['ended_per_second']}/s"
        f"  offer p50 {offer.get('p50')} p99 {offer.get('p99')} ms  cpu {run['cpu_ms_per_contact']}"
        f"  {run['problems'] or ''}",
        flush=True,
    )


def main() -> None:
    """Entry point."""
    configure_logging("load", "warning", stream=sys.stderr)
    found = asyncio.run(_run(_arguments()))
    for name, value in found.items():
        print(f"{name:<24} {value}")
    print(orjson.dumps(found).decode())


if __name__ == "__main__":
    main()
