"""Contenders on the same days with the same luck: what is played, and what comes of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from switchyard_router.domain.evaluation.bootstrap import (
    Difference,
    differences,
    mean_difference,
    p95_difference,
)
from switchyard_router.domain.evaluation.constraints import (
    P95_ALLOWED_S,
    SPREAD_ALLOWED,
    Reading,
    p95_reading,
    spread_reading,
    together,
)
from switchyard_router.domain.evaluation.contenders import Contender
from switchyard_router.domain.evaluation.days import Day, Floats, Luck
from switchyard_router.domain.evaluation.floor import NOBODY, Floor, Played, presence_s
from switchyard_router.domain.evaluation.measures import LONGEST_WAIT_S, Tally, added, joined
from switchyard_router.service.evaluation.recorded import Recorded

_LEAST_PRESENCE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """Conditions of a comparison. `load`: calls, as a share of the recorded ones."""

    load: float = 1.0
    wrap_up_s: float = 0.0
    target_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """A contender against the baseline. `p95_s`: waits by kind; `spread`: of occupancies."""

    contender: Contender
    differences: Mapping[str, Difference]
    p95_s: Mapping[str, Difference]
    spread: Difference

    @property
    def late_kinds(self) -> tuple[str, ...]:
        """Kinds whose p95 wait got longer, by the figures as they came."""
        return tuple(kind for kind, p95 in self.p95_s.items() if p95.change > P95_ALLOWED_S)

    @property
    def constraints_kept(self) -> bool:
        """No kind waits longer at its 95th percentile, and work is spread as evenly: raw."""
        return not self.late_kinds and self.spread.change <= SPREAD_ALLOWED

    @property
    def readings(self) -> Mapping[str, Reading]:
        """What the intervals say of each kind's p95 wait, and of the spread."""
        waits = {kind: p95_reading(p95) for kind, p95 in self.p95_s.items()}
        return {**waits, "spread": spread_reading(self.spread)}

    @property
    def judged(self) -> Mapping[str, Reading]:
        """Readings that count; kinds that came on too few days for an interval are left out."""
        few = {kind for kind, p95 in self.p95_s.items() if not isfinite(p95.high)}
        return {name: found for name, found in self.readings.items() if name not in few}

    @property
    def reading(self) -> Reading:
        """Those that count, together."""
        return together(self.judged.values())


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be played."""

    contenders: tuple[Contender, ...]
    scenario: Scenario
    replications: int
    seed: int


type EachDay = Callable[[Callable[[int], list[Tally]], int], Iterable[list[Tally]]]
"""Carries a function out for each number below the second argument, in their order."""


def one_by_one(play: Callable[[int], list[Tally]], days: int) -> Iterable[list[Tally]]:
    """Day after day, in this process."""
    return map(play, range(days))


class DayPlayer:
    """Plays one day of a recording; can be sent to another process."""

    def __init__(self, recording: Recorded, order: Order) -> None:
        self._recording, self._order = recording, order

    def __call__(self, index: int) -> list[Tally]:
        """Tallies of a day, by contender."""
        order, recording = self._order, self._recording
        day = recording.days[index]
        tallies: list[list[Tally]] = [[] for _ in order.contenders]
        for replication in range(order.replications):
            world = recording.in_world(order.seed, replication)
            seed = (order.seed, index, replication)
            luck = drawn_luck(world, day, order.scenario.load, seed)
            for at, contender in enumerate(order.contenders):
                played = play_day(
                    world, day, luck, contender, order.scenario, order.seed + replication
                )
                tallies[at].append(tally(played, luck, day, recording, order.scenario))
        return [added(each) for each in tallies]


def play_day(
    world: Recorded, day: Day, luck: Luck, contender: Contender, scenario: Scenario, seed: int
) -> Played:
    """One day once under a contender."""
    return Floor(
        day, luck, world.staff, contender, scenario.wrap_up_s, scenario.target_s, seed
    ).play()


def compare(
    recording: Recorded, order: Order, each_day: EachDay = one_by_one
) -> tuple[Verdict, ...]:
    """All contenders against the first, which is the baseline; it comes first again."""
    by_day = list(each_day(DayPlayer(recording, order), len(recording.days)))

    def tally_of(at: int) -> Tally:
        return joined([day[at] for day in by_day])

    baseline = tally_of(0)
    return tuple(
        _verdict(contender, baseline, tally_of(at), recording.staff.kinds, order.seed)
        for at, contender in enumerate(order.contenders)
    )


def _verdict(
    contender: Contender, baseline: Tally, candidate: Tally, kinds: Sequence[str], seed: int
) -> Verdict:
    p95 = {
        kind: p95_difference(baseline.waits[:, at], candidate.waits[:, at], seed)
        for at, kind in enumerate(kinds)
    }
    return Verdict(
        contender=contender,
        differences=differences(baseline.sums, candidate.sums, seed),
        p95_s=p95,
        spread=mean_difference(baseline.spread, candidate.spread, seed),
    )


def drawn_luck(recording: Recorded, day: Day, load: float, seed: Sequence[int]) -> Luck:
    """One replication's luck: handle times by kind, patience as logged or beyond.

    Under another load calls are left out, or come twice within a minute, by lot.
    """
    draw = np.random.default_rng(list(seed))
    size = len(day.arrive_s)
    noise_u, patience_u, load_u, shift_u = draw.random((4, size))
    patience = np.array(
        [
            float(day.waited_s[at])
            if day.gave_up[at]
            else recording.patience[kind].beyond(float(day.waited_s[at]) * 1000, u) / 1000
            for at, (kind, u) in enumerate(zip(day.kind.tolist(), patience_u.tolist(), strict=True))
        ]
    )
    noise = np.array(
        [
            recording.noise[kind][int(u * len(recording.noise[kind]))]
            for kind, u in zip(day.kind.tolist(), noise_u.tolist(), strict=True)
        ]
    )
    kept = np.flatnonzero(load_u < load)
    doubled = np.flatnonzero(load_u < load - 1)
    chosen = np.concatenate((kept, doubled))
    arrive = np.concatenate((day.arrive_s[kept], day.arrive_s[doubled] + 60 * shift_u[doubled]))
    chosen, arrive = chosen[order := np.argsort(arrive, kind="stable")], arrive[order]
    return Luck(arrive, day.kind[chosen], noise[chosen], patience[chosen])


def tally(played: Played, luck: Luck, day: Day, recording: Recorded, scenario: Scenario) -> Tally:
    """A played day in sums."""
    answered = played.agent != NOBODY
    waited = played.waited_s
    sums = [
        len(waited),
        np.count_nonzero(answered),
        np.count_nonzero(waited[answered] <= scenario.target_s),
        waited[answered].sum(),
        played.handle_s[answered].sum(),
    ]
    waits = np.zeros((1, len(recording.staff.kinds), LONGEST_WAIT_S + 1), dtype=np.int32)
    seconds = np.minimum(np.ceil(waited), LONGEST_WAIT_S).astype(np.int64)
    np.add.at(waits[0], (luck.kind, seconds), 1)
    return Tally(
        sums=np.array([[sums]], dtype=np.float64),
        waits=waits,
        spread=np.array([_spread(played.busy_s, day)]),
    )


def _spread(busy_s: Floats, day: Day) -> float:
    there = presence_s(day, len(busy_s))
    counted = there >= _LEAST_PRESENCE_S
    return float((busy_s[counted] / there[counted]).std()) if counted.any() else 0.0
