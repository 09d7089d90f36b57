"""How honest comparisons are: false alarms of looking often, and what one-step estimates overstate.

Run: `make bench BENCH=ab_looks` (or `python -m benchmarks.ab_looks`). One JSON line:

- *false_alarms*: of 1,000 comparisons of equal arms with heavy-tailed handle times (log-normal,
  sigma 0.9), looked at 40 times, every 100 contacts: the share in which any look shows a
  difference, by the look-safe interval and by the one for a single look.
- *false_stops*: of 400 comparisons of equal arms, calls and waits of two types, looked at ten times
  with all guard-rails: the share in which any look says harm, better, or one of them.
- *overstated*: agents of different speed, Poisson arrivals, first come first served; the fastest
  free agent against the one idle longest. What contacts dealt both ways by lot say of mean handle
  times (IPS, in per cent), over what switching the whole centre brings, at several loads.
"""

import asyncio
import heapq
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from switchyard_router.domain.experiments.intervals import difference, once
from switchyard_router.domain.experiments.offpolicy import off_policy
from switchyard_router.domain.experiments.trial import Flags, Floats, Metric, Trial, Units
from switchyard_router.domain.experiments.verdict import Verdict
from switchyard_router.service.experiments.ports import Asked
from switchyard_router.service.experiments.reporting import ReportComparison, Terms

_COMPARISONS, _LOOKS, _EVERY = 1_000, 40, 100
_REPORTS, _REPORT_LOOKS, _REPORT_EVERY = 400, 10, 400
_ALPHA = 0.05
_AGENTS, _MEAN_SECONDS, _SPEED_SPREAD = 20, 120.0, 0.25
_CALLS = 40_000


def main() -> None:
    """Measure, and print one line."""
    alarms = {f"{share:g}": false_alarms(share) for share in (0.5, 0.2)}
    gains = {f"{load:g}": overstated(load) for load in (0.5, 0.7, 0.9)}
    stops = asyncio.run(false_stops())
    print(json.dumps({"false_alarms": alarms, "false_stops": stops, "overstated": gains}))


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


@dataclass(frozen=True, slots=True)
class _History:
    """The part of TrialHistory that a report by contact needs."""

    whole: Trial

    async def trial(self, asked: Asked) -> Trial:
        return self.whole


async def false_stops() -> dict[str, float]:
    """Share of comparisons of equal arms in which any look says harm, better, or either."""
    generator = np.random.default_rng(23)
    terms = Terms(Metric.HANDLE, "old", "new", 0.0, 1_000, _ALPHA, 20.0, share=0.5)
    harm = better = 0
    for _ in range(_REPORTS):
        whole = _equal_arms(generator, _REPORT_LOOKS * _REPORT_EVERY)
        said = set()
        for number in range(_REPORT_EVERY, len(whole) + 1, _REPORT_EVERY):
            seen: Any = _History(whole.only(np.arange(len(whole)) < number))
            report = await ReportComparison(seen).execute(Asked("q", 0, 0), terms)
            said.add(report.verdict)
        harm += Verdict.HARM in said
        better += Verdict.BETTER in said
    either = harm + better
    return {"harm": harm / _REPORTS, "better": better / _REPORTS, "sum": either / _REPORTS}


def _equal_arms(generator: np.random.Generator, contacts: int) -> Trial:
    talk = generator.lognormal(4.6, 0.9, contacts)
    everybody = np.arange(contacts)
    return Trial(
        arms=("old", "new"),
        kinds=("VOICE en", "VOICE zh"),
        arm=generator.integers(0, 2, contacts),
        kind=generator.integers(0, 2, contacts),
        turn=everybody,
        arrived_ms=everybody * 60_000,
        wait_seconds=generator.exponential(20.0, contacts),
        talk_seconds=talk,
        handle_seconds=talk,
        answered=generator.random(contacts) < 0.95,
    )


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
