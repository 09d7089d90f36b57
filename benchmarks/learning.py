"""Whether predictions are right, and what choosing by them is worth: trains and evaluates for real.

Run: `make bench-learning LOG=directory` (under 10 min; `ARGS=--quick`: fewer replications). Without
a log, one is invented, and the result says so. Ends with a JSON line:

- `mae_*`, `coverage80`: of `switchyard train`, on days that training has not seen.
- `sim_calls_per_cpu_second`: calls of an M/M/30 at 90 % load that the evaluation's floor plays in
  one second of CPU time; `sim_speedup_vs_simpy`: CPU time of simpy for the same, as a multiple.
  Both give every call the same wait; the difference is told.
- `best_*`, `constraints_kept`: of the weights that `switchyard evaluate --tune` chose on the month
  before, tested on the last month, against longest idle.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray
from switchyard_router.domain.evaluation.contenders import of_policy
from switchyard_router.domain.evaluation.days import Day, Luck, Presence, Staff
from switchyard_router.domain.evaluation.floor import Floor

from tests.fakes.call_recordings import made_calls, written

AGENTS, CALLS, LOAD, MEAN_S = 30, 100_000, 0.9, 180.0
SWITCHYARD = Path(sys.executable).with_name("switchyard")

type Floats = NDArray[np.float64]


def simulator() -> dict[str, float]:
    """Our floor and simpy on the same calls."""
    draw = np.random.default_rng(1)
    arrive = np.cumsum(draw.exponential(MEAN_S / AGENTS / LOAD, CALLS))
    noise = draw.exponential(1.0, CALLS)
    begun = time.process_time()
    ours = on_floor(arrive, noise)
    mine_s = time.process_time() - begun
    begun = time.process_time()
    theirs = on_simpy(arrive, noise * MEAN_S)
    simpy_s = time.process_time() - begun
    return {
        "sim_calls_per_cpu_second": round(CALLS / mine_s),
        "sim_speedup_vs_simpy": round(simpy_s / mine_s, 2),
        "sim_largest_difference_s": float(np.abs(ours - theirs).max()),
        "sim_mean_wait_s": round(float(ours.mean()), 3),
    }


def on_floor(arrive: Floats, noise: Floats) -> Floats:
    """Waits of one kind of calls with agents who are always there."""
    means = np.full((1, AGENTS), MEAN_S)
    staff = Staff(tuple(f"agent{row}" for row in range(AGENTS)), ("all",), means > 0, means)
    kind, nothing = np.zeros(CALLS, dtype=np.int64), np.zeros(CALLS)
    there = tuple(Presence(row, 0.0, 1e9) for row in range(AGENTS))
    day = Day("", arrive, kind, nothing, nothing > 0, there, means)
    luck = Luck(arrive, kind, noise, np.full(CALLS, np.inf))
    return Floor(day, luck, staff, of_policy("longest_idle")).play().waited_s


def on_simpy(arrive: Floats, service: Floats) -> Floats:
    """The same with simpy: a store hands out the agent who was given back first."""
    waits = np.zeros(len(arrive))
    world = simpy.Environment()
    agents = simpy.Store(world)
    agents.items.extend(range(AGENTS))

    def call(at: int) -> Generator[simpy.Event, Any, Any]:
        agent = yield agents.get()
        waits[at] = world.now - arrive[at]
        yield world.timeout(service[at])
        yield agents.put(agent)

    def source() -> Generator[simpy.Event, Any, Any]:
        for at, moment in enumerate(arrive.tolist()):
            yield world.timeout(max(0.0, moment - world.now))
            world.process(call(at))

    world.process(source())
    world.run()
    return waits


def command(*arguments: str) -> dict[str, Any]:
    """What a command of ours says with --json; its progress goes to stderr."""
    done = subprocess.run(
        [str(SWITCHYARD), *arguments, "--json"], stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def named(found: object, key: str) -> Any:
    """The first value of a name anywhere in an object."""
    if isinstance(found, dict):
        if key in found:
            return found[key]
        values: list[object] = list(found.values())
    else:
        values = found if isinstance(found, list) else []
    return next((value for each in values if (value := named(each, key)) is not None), None)


def learned(log: Path, folder: Path) -> dict[str, Any]:
    """Errors of `switchyard train`."""
    found = command("train", "--log", str(log), "--out", str(folder / "model"))
    return {
        key: named(found, key) for key in ("mae_type", "mae_table", "mae_lightgbm", "coverage80")
    }


def evaluated(log: Path, quick: bool, jobs: int) -> dict[str, Any]:
    """What the chosen weights and the oracle did on the days tested."""
    more = ["--quick"] if quick else []
    found = command("evaluate", "--log", str(log), "--tune", "--jobs", str(jobs), *more)
    parts = {one["policy"]: one for one in found["parts"]["policies"]}
    best = parts["tuned"]
    return {
        "best_aht_pct": round(best["aht_pct"], 3),
        "best_sl20_pp": round(best["sl_pp"], 3),
        "constraints_kept": best["constraints_kept"],
        "best_weights": best["weights"],
        "late_kinds": best["late_kinds"],
        "oracle_aht_pct": round(parts["oracle"]["aht_pct"], 3),
        "placebo_aht_pct": round(found["parts"]["placebo"][1]["aht_pct"], 3),
    }


def invented(folder: Path) -> Path:
    """A log of seventy days and eight agents, some faster than others."""
    paces = {f"agent{row}": 0.7 + 0.1 * row for row in range(8)}
    return written(made_calls(paces, days=70, calls=600), folder / "log.csv")


def main() -> None:
    """Measure, and print the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, default=Path("../shared/data/anonymous_bank"))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, real = Path(name), asked.log.exists()
        log = asked.log if real else invented(folder)
        if not real:
            print(f"{asked.log} is not there: measured on an invented log", file=sys.stderr)
        result = learned(log, folder) | simulator() | evaluated(log, asked.quick, asked.jobs)
    print(json.dumps({"log": "given" if real else "invented", **result}))


if __name__ == "__main__":
    main()
