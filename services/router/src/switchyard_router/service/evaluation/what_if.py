"""Recorded days again under another policy: who would have gone elsewhere, and what for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from switchyard_router.domain.comparison import paired
from switchyard_router.domain.evaluation.bootstrap import (
    FEWEST_DAYS,
    Difference,
    differences,
    mean_difference,
    p95_difference,
    sum_differences,
)
from switchyard_router.domain.evaluation.days import Floats, Whole
from switchyard_router.domain.evaluation.floor import NOBODY
from switchyard_router.domain.evaluation.measures import (
    FIGURES,
    Tally,
    added,
    figures,
    joined,
    p95_s,
)
from switchyard_router.service.evaluation.recorded import Recorded
from switchyard_router.service.evaluation.study import Scenario, drawn_luck, play_day, tally
from switchyard_router.service.evaluation.what_if_change import Change

MOVED = ("elsewhere", "other_agent", "answered_once")
"""Shares of calls: of another fate, with another agent, answered under one of both only."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What days would have been. `moved`: MOVED, shares of calls; `differences`: of FIGURES;
    `p95_s`: of waits by kind of call, given up or not; `spread`: of the agents' occupancies.

    Intervals are of `days` drawn anew (and of worlds, as evaluations have them) from FEWEST_DAYS
    days on, of repetitions below: these do not know how days differ.
    """

    begin: str
    end: str
    days: int
    calls: int
    replications: int
    moved: Mapping[str, Difference]
    differences: Mapping[str, Difference]
    p95_s: Mapping[str, Difference]
    spread: Difference

    @property
    def by_days(self) -> bool:
        """Whether intervals are of days drawn anew."""
        return self.days >= FEWEST_DAYS


def what_if(
    recording: Recorded,
    change: Change,
    replications: int,
    seed: int,
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> WhatIf:
    """Play the days both ways, each repetition of a day with the same luck.

    Cost: two plays for each day and repetition; memory 14 kB for each day and kind, and from
    FEWEST_DAYS days on independent of repetitions. `progress` hears of plays done, and of all.
    """
    days = recording.days
    player = _Player(recording, change, seed, replications * len(days), progress)
    if len(days) >= FEWEST_DAYS:
        found = _by_days(player, replications, seed)
    else:
        found = _by_repetitions(player, replications)
    kinds, size = recording.staff.kinds, len(FIGURES)
    return WhatIf(
        begin=days[0].date,
        end=days[-1].date,
        days=len(days),
        calls=sum(len(day.arrive_s) for day in days),
        replications=replications,
        moved=dict(zip(MOVED, found, strict=False)),
        differences=dict(zip(FIGURES, found[len(MOVED) :], strict=False)),
        p95_s=dict(zip(kinds, found[len(MOVED) + size : -1], strict=True)),
        spread=found[-1],
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """Days both ways; `moved` [days, replications, offered and MOVED], numbers of calls."""

    before: Tally
    after: Tally
    moved: Floats

    def figures(self) -> tuple[Floats, Floats]:
        """MOVED, FIGURES, kinds' p95 waits and the spread, all days together, before and after."""
        moved = self.moved.sum(axis=(0, 1))
        shares = moved[1:] / moved[0]
        return (
            np.concatenate((0 * shares, _figures(self.before))),
            np.concatenate((shares, _figures(self.after))),
        )


def _figures(tally: Tally) -> Floats:
    waits = p95_s(tally.waits.sum(axis=0))
    return np.concatenate((figures(tally.sums.sum(axis=(0, 1))), waits, [tally.spread.mean()]))


class _Player:
    """Plays a repetition of a day, and tells of it."""

    def __init__(
        self,
        recording: Recorded,
        change: Change,
        seed: int,
        plays: int,
        progress: Callable[[int, int], None],
    ) -> None:
        self._recording, self._seed, self._plays = recording, seed, plays
        self._progress, self._done = progress, 0
        self._regimes = (
            (change.before, Scenario(target_s=change.target_s)),
            (change.after, Scenario(wrap_up_s=change.wrap_up_s, target_s=change.target_s)),
        )

    @property
    def days(self) -> range:
        """Numbers of the days."""
        return range(len(self._recording.days))

    def play(self, index: int, replication: int) -> _Case:
        """A repetition of a day."""
        recording, day = self._recording, self._recording.days[index]
        world = recording.in_world(self._seed, replication)
        luck = drawn_luck(world, day, 1.0, (self._seed, index, replication))
        before, after = (
            (scenario, play_day(world, day, luck, contender, scenario, self._seed + replication))
            for contender, scenario in self._regimes
        )
        self._done += 1
        self._progress(self._done, self._plays)
        return _Case(
            before=tally(before[1], luck, day, recording, before[0]),
            after=tally(after[1], luck, day, recording, after[0]),
            moved=_moved(before[1].agent, after[1].agent),
        )


def _moved(before: Whole, after: Whole) -> Floats:
    differ = before != after
    once = differ & ((before == NOBODY) | (after == NOBODY))
    numbers = [len(before), differ.sum(), (differ & ~once).sum(), once.sum()]
    return np.array([[numbers]], dtype=np.float64)


def _by_repetitions(player: _Player, replications: int) -> list[Difference]:
    pairs = [
        _together([player.play(day, number) for day in player.days], joined, 0).figures()
        for number in range(replications)
    ]
    before, after = (np.array(side) for side in zip(*pairs, strict=True))
    return [paired(was.tolist(), now.tolist()) for was, now in zip(before.T, after.T, strict=True)]


def _by_days(player: _Player, replications: int, seed: int) -> list[Difference]:
    days = [
        _together([player.play(day, number) for number in range(replications)], added, 1)
        for day in player.days
    ]
    case = _together(days, joined, 0)
    before, after = case.before, case.after
    nobody = case.moved * [1, 0, 0, 0]
    return [
        *sum_differences(nobody, case.moved, seed, lambda sums: sums[..., 1:] / sums[..., :1]),
        *differences(before.sums, after.sums, seed).values(),
        *(
            p95_difference(before.waits[:, kind], after.waits[:, kind], seed)
            for kind in range(before.waits.shape[1])
        ),
        mean_difference(before.spread, after.spread, seed),
    ]


def _together(cases: Sequence[_Case], put: Callable[[Sequence[Tally]], Tally], axis: int) -> _Case:
    return _Case(
        put([case.before for case in cases]),
        put([case.after for case in cases]),
        np.concatenate([case.moved for case in cases], axis=axis),
    )
