"""Whether predictions are right, and what choosing by them is worth: trains and evaluates for real.

Run: `make bench-learning LOG=directory` (under 10 min; `ARGS=--quick`: fewer replications). A log
that is named and missing is refused. Without a name, the log is looked for at its usual place; if
none is there, one is invented, which the first line, the last one and the result say. Steps and
their progress go to standard error. Ends with a JSON line:

- `log`: `given` or `invented`; what an invented one gives says nothing about a real centre.
- `mae_*`, `coverage80`: of `switchyard train`, on days that training has not seen.
- `sim_calls_per_cpu_second`: calls of an M/M/30 at 90 % load that the evaluation's floor plays in
  one second of CPU time; `sim_speedup_vs_simpy`, `sim_speedup_vs_ciw`: CPU time of those for the
  same, as a multiple (`benchmarks/simulator.py`).
- `best_*`, `constraints_kept`: of the weights that `switchyard evaluate --tune` chose on the month
  before, tested on the last month, against longest idle; the constraints by the raw figures, and
  `_by_interval` as far as the days can tell (null: they cannot).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.simulator import compared
from tests.fakes.call_recordings import made_calls, written

CALLS = 100_000
USUAL_LOG = Path("../shared/data/anonymous_bank")
SWITCHYARD = Path(sys.executable).with_name("switchyard")
INVENTED = (
    "no log at %s: an INVENTED one is measured. Its figures say that the machinery works and "
    "nothing about a real centre; give a real log with LOG=directory"
)


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
        "constraints_kept_by_interval": best["constraints_kept_by_interval"],
        "best_weights": best["weights"],
        "late_kinds": best["late_kinds"],
        "oracle_aht_pct": round(parts["oracle"]["aht_pct"], 3),
        "placebo_aht_pct": round(found["parts"]["placebo"][1]["aht_pct"], 3),
    }


def invented(folder: Path) -> Path:
    """A log of seventy days and eight agents, some faster than others."""
    paces = {f"agent{row}": 0.7 + 0.1 * row for row in range(8)}
    return written(made_calls(paces, days=70, calls=600), folder / "log.csv")


def measured(log: Path, folder: Path, quick: bool, jobs: int) -> dict[str, Any]:
    """All steps, one after the other, each told on stderr when it begins."""
    steps: dict[str, Callable[[], dict[str, Any]]] = {
        "train the handle-time model": lambda: learned(log, folder),
        f"play {CALLS:,} calls by three simulators": lambda: compared(CALLS),
        "choose weights and evaluate them": lambda: evaluated(log, quick, jobs),
    }
    found: dict[str, Any] = {}
    for number, (name, step) in enumerate(steps.items(), start=1):
        told(f"{number} of {len(steps)}: {name}")
        begun = time.monotonic()
        found |= step()
        told(f"    {time.monotonic() - begun:.0f} s")
    return found


def told(line: str) -> None:
    """Say something to whoever waits."""
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    """Measure, and print the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    if asked.log is not None and not asked.log.exists():
        parser.error(f"--log {asked.log}: there is no such file or directory")
    log, begun = asked.log or USUAL_LOG, time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder, real = Path(name), log.exists()
        if not real:
            told(INVENTED % log)
            log = invented(folder)
        result = measured(log, folder, asked.quick, asked.jobs)
    if not real:
        told(INVENTED % USUAL_LOG)
    seconds = round(time.monotonic() - begun)
    print(json.dumps({"log": "given" if real else "invented", "seconds": seconds, **result}))


if __name__ == "__main__":
    main()
