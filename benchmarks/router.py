"""`make bench-router`: everything that is measured of the router, in one run.

A table for each part, and in the end one line of JSON. `--only path handover` runs some parts.
Milliseconds of a busy machine say little: the load average stands with every figure, and the floor
of the transport, measured in the same run, says what the machine gave.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import orjson
from switchyard_common.logs import configure_logging

from benchmarks import router_floor, router_growth, router_handover, router_path
from benchmarks.load.table import say, show

type Found = dict[str, Any]

_SLOWEST_HANDOVER_RATE = 10.0


def floor(_: Mapping[str, Any]) -> Found:
    """What a trivial gRPC server does here."""
    found = router_floor.measure()
    show(
        "Floor of the transport: an echo server in Python",
        ("", "per second", "server µs", "client µs", "load"),
        [
            [name, int(found[f"{name}_per_second"]), int(found[f"{name}_server_us"]),
             int(found[f"{name}_client_us"]), found["load_average"]]
            for name in ("unary", "stream")
        ],
    )  # fmt: skip
    return {"transport_floor": found}


def elsewhere(module: str) -> Callable[[Mapping[str, Any]], Found]:
    """A part that prints its own table and returns its figures."""

    def part(_: Mapping[str, Any]) -> Found:
        found: Found = importlib.import_module(f"benchmarks.{module}").measure()
        return found

    return part


def path(_: Mapping[str, Any]) -> Found:
    """Lifecycles a second with 2,000 agents, and offers at half of that."""
    found = router_path.measure()
    offer = found["half"]["create_to_offer_ms"]
    return {
        "lifecycles_per_second": found["sustained"]["rate"],
        "lifecycles_per_second_two_replicas": found["replicas"]["sustained"]["rate"],
        "offer_p50_ms": offer["p50"],
        "offer_p99_ms": offer["p99"],
        "path": found,
    }


def handover(before: Mapping[str, Any]) -> Found:
    """Hand-overs at half of the sustained rate, where that was measured; the slowest count."""
    rate = router_handover.RATE
    if "lifecycles_per_second" in before:
        rate = max(_SLOWEST_HANDOVER_RATE, round(before["lifecycles_per_second"] / 2))
    runs = router_handover.measure(rate=rate)
    return {
        "free_to_offer_p50_ms": max(run["free_to_offer_ms"]["p50"] for run in runs.values()),
        "free_to_offer_p99_ms": max(run["free_to_offer_ms"]["p99"] for run in runs.values()),
        "cpu_ms_per_contact": {
            str(agents): run["cpu_ms_per_contact"]["router"] for agents, run in runs.items()
        },
        "handover": {str(agents): run for agents, run in runs.items()},
    }


def growth(_: Mapping[str, Any]) -> Found:
    """Agents × waiting contacts."""
    return {"growth": router_growth.measure()}


PARTS: dict[str, Callable[[Mapping[str, Any]], Found]] = {
    "floor": floor,
    "dispatch_pass": elsewhere("dispatch_pass"),
    "scoring": elsewhere("scoring"),
    "path": path,
    "handover": handover,
    "growth": growth,
}


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="make bench-router", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=tuple(PARTS), default=tuple(PARTS))
    names = parser.parse_args().only
    configure_logging("bench", "warning", stream=sys.stderr)
    found: Found = {"cores": os.cpu_count()}
    for name in names:
        started = perf_counter()
        print(f"== {name} (load average {os.getloadavg()[0]:.2f})", flush=True)
        found |= PARTS[name](found)
        say(f"{name} took {perf_counter() - started:.0f} s")
    print(orjson.dumps(found).decode())


if __name__ == "__main__":
    main()
