"""How honest comparisons are: false alarms of looking often, and what one-step estimates overstate.

Run: `make bench BENCH=ab_looks` (or `python -m benchmarks.ab_looks`). One JSON line:

- *false_alarms*: of 1,000 comparisons of equal arms with heavy-tailed handle times (log-normal,
  sigma 0.9), looked at 40 times, every 100 contacts: the share in which any look shows a
  difference, by the look-safe interval and by the one for a single look.
- *overstated*: agents of different speed, Poisson arrivals, first come first served; the fastest
  free agent against the one idle longest. What contacts dealt both ways by lot say of mean handle
  times (IPS, in per cent), over what switching the whole centre brings, at several loads.
"""

import heapq
import json

import numpy as np
from switchyard_router.domain.experiments.intervals import difference, once
from switchyard_router.domain.experiments.offpolicy import off_policy
from switchyard_router.domain.experiments.trial import Flags, Floats, Units

_COMPARISONS, _LOOKS, _EVERY = 1_000, 40, 100
_AGENTS, _MEAN_SECONDS, _SPEED_SPREAD = 20, 120.0, 0.25
_CALLS = 40_000


def main() -> None:
    """Measure, and print one line."""
    alarms = {f"{share:g}": false_alarms(share) for share in (0.5, 0.2)}
    gains = {f"{load:g}": overstated(load) for load in (0.5, 0.7, 0.9)}
    print(json.dumps({"false_alarms": alarms, "overstated": gains}))


def false_alarms(share: float) -> dict[str, float]:
    """Share of comparisons of equal arms in which any look shows a difference."""
    generator = np.random.default_rng(20)
    safe = single = 0
    for _ in range(_COMPARISONS):
        treated = generator.random(_LOOKS * _EVERY) < share
        values = generator.lognormal(4.6, 0.9, len(treated))
        looks = [
            difference(Units(treated[:n], np.ones(n), values[:n], share))
            for n in range(_EVERY, len(treated) + 1, _EVERY)
        ]
        safe += any(look.told for look in looks)
        single += any(low > 0 or high < 0 for low, high in map(once, looks))
    return {"look_safe": safe / _COMPARISONS, "single_look": single / _COMPARISONS}


def overstated(load: float) -> dict[str, float]:
    """Per cent of handle time that the fastest free agent saves, by one step and for the centre."""
    chance = np.random.default_rng(21).random(_CALLS) < 0.5
    everybody = np.ones(_CALLS, dtype=np.bool_)
    mixed, old, new = (served(load, arm) for arm in (chance, ~everybody, everybody))
    half = np.full(_CALLS, 0.5)
    values = [
        off_policy(mixed, chance == arm, half, np.full(_CALLS, mixed.mean())).snips.value
        for arm in (False, True)
    ]
    one_step = 100 * (values[1] / values[0] - 1)
    whole = 100 * (float(new.mean()) / float(old.mean()) - 1)
    return {
        "one_step_pct": round(one_step, 2),
        "whole_centre_pct": round(whole, 2),
        "ratio": round(one_step / whole, 2),
    }


def served(load: float, fastest: Flags) -> Floats:
    """Handle seconds of each call; `fastest`: it gets the fastest free agent, not the idlest."""
    generator = np.random.default_rng(22)
    pace = np.exp(generator.normal(0, _SPEED_SPREAD, _AGENTS))
    pace *= _MEAN_SECONDS / pace.mean()
    arrivals = np.cumsum(generator.exponential(_MEAN_SECONDS / (_AGENTS * load), _CALLS))
    work = generator.exponential(1.0, _CALLS)
    free = dict.fromkeys(range(_AGENTS), 0.0)
    busy: list[tuple[float, int]] = []
    handled = np.zeros(_CALLS)
    for call, arrival in enumerate(arrivals):
        begin = float(arrival)
        while busy and (busy[0][0] <= begin or not free):
            ended, agent = heapq.heappop(busy)
            begin = max(begin, ended)
            free[agent] = ended
        chosen = min(free, key=pace.__getitem__ if fastest[call] else free.__getitem__)
        del free[chosen]
        handled[call] = pace[chosen] * work[call]
        heapq.heappush(busy, (begin + handled[call], chosen))
    return handled


if __name__ == "__main__":
    main()
