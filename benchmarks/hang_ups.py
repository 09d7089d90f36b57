"""Where the agent who hangs up most ranks: by raw times, by real services, and as a router ranks.

Run: `python -m benchmarks.hang_ups --log PATH` (a call log, or a folder of them). Agents with 200
services and more in the last 31 days; rank 0 is the fastest, for the type with most services.
"""

import argparse
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import orjson
from switchyard_router.adapters.models.call_log import Service, read_services
from switchyard_router.domain.handle_time_table import (
    SHORT_BELOW_SECONDS,
    Floats,
    HandleTimeTable,
)
from switchyard_router.domain.short_calls import call_again_odds, with_short_calls

_LAST_SECONDS = 31 * 86_400
_FEWEST = 200


def measure(services: list[Service]) -> dict[str, object]:
    """The ranks, and the share of hang-ups that they are about."""
    slots = {name: slot for slot, name in enumerate(sorted({one.agent for one in services}))}
    table = HandleTimeTable()
    table.reserve(len(slots))
    times: dict[str, list[float]] = defaultdict(list)
    for one in services:
        table.observe(slots[one.agent], one.kind, one.seconds)
        if one.start_seconds > services[-1].start_seconds - _LAST_SECONDS:
            times[one.agent].append(one.seconds)
    busy = [name for name in slots if len(times[name]) >= _FEWEST]
    kind = Counter(one.kind for one in services).most_common(1)[0][0]
    rows = np.array([slots[name] for name in busy])
    shorts = np.array([np.mean(np.array(times[name]) < SHORT_BELOW_SECONDS) for name in busy])
    raw = np.array([np.mean(times[name]) for name in busy])
    real = table.seconds(kind, rows)
    routed = with_short_calls(
        real, call_again_odds(table.short_shares(rows), table.usual_short_share)
    )
    worst = int(shorts.argmax())
    return {
        "agents": len(busy),
        "hang_up_share": round(float(shorts[worst]), 3),
        "rank_by_raw_mean": _rank(raw, worst),
        "rank_by_real_services": _rank(real, worst),
        "rank_of_the_router": _rank(routed, worst),
    }


def _rank(seconds: Floats, of: int) -> int:
    return int((seconds < seconds[of]).sum())


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hang_ups", description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    print(orjson.dumps(measure(read_services(parser.parse_args().log))).decode())


if __name__ == "__main__":
    main()
