"""What a day came to, in sums that add up over days and replications, and figures of such sums."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from switchyard_router.domain.evaluation.days import Counts, Day, Floats, Whole

SUMS = ("offered", "answered", "in_target", "wait_s", "handle_s")
"""Columns of `Tally.sums`; waits and handle times are those of answered calls."""
FIGURES = ("aht_s", "asa_s", "service_level", "abandonment")
"""Mean handle time, mean wait of the answered, answered in target / offered, given up / offered."""
LONGEST_WAIT_S = 3600


@dataclass(frozen=True, slots=True)
class Tally:
    """One policy's days: sums [days, replications, SUMS]; waits of all offered calls by second,
    over all replications, [days, kinds, seconds].

    `spread`: standard deviation of the agents' occupancies, [days]. Memory: 4 bytes for each second
    that a call may wait, kind and day: 14 kB, so 2.6 MB for 6 kinds and 30 days.
    """

    sums: Floats
    waits: Counts
    spread: Floats


def figures(sums: Floats) -> Floats:
    """FIGURES of sums, [..., SUMS] to [..., FIGURES]; nan where nothing was answered."""
    offered, answered, in_target, wait_s, handle_s = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack(
            [handle_s / answered, wait_s / answered, in_target / offered, 1 - answered / offered],
            axis=-1,
        )


def added(tallies: Sequence[Tally]) -> Tally:
    """Tallies of different replications of the same days, put together."""
    return Tally(
        sums=np.concatenate([each.sums for each in tallies], axis=1),
        waits=np.sum([each.waits for each in tallies], axis=0, dtype=np.int32),
        spread=np.mean([each.spread for each in tallies], axis=0),
    )


def joined(tallies: Sequence[Tally]) -> Tally:
    """Tallies of different days, one after the other."""
    return Tally(
        sums=np.concatenate([each.sums for each in tallies]),
        waits=np.concatenate([each.waits for each in tallies]),
        spread=np.concatenate([each.spread for each in tallies]),
    )


def p95_s(waits: Counts | Whole | Floats) -> Floats:
    """Wait (s) that 95 % of calls did not exceed; see quantile_s."""
    return quantile_s(waits, 0.95)


def quantile_s(waits: Counts | Whole | Floats, share: float) -> Floats:
    """Wait (s) that a share of calls did not exceed, from calls by second, [..., seconds] to [...].

    nan where there were none.
    """
    cumulated = np.cumsum(waits, axis=-1)
    total = cumulated[..., -1:]
    found = np.argmax(cumulated >= share * total, axis=-1).astype(np.float64)
    return np.where(total[..., 0] > 0, found, np.nan)


def as_recorded(days: Sequence[Day], target_s: float) -> dict[str, float]:
    """What days came to in truth: FIGURES without handle times; nan where nothing was answered.

    A simulation of the policy that was in force should come near them.
    """
    waited = np.concatenate([day.waited_s for day in days])
    answered = ~np.concatenate([day.gave_up for day in days])
    sums = [len(waited), answered.sum(), (waited[answered] <= target_s).sum()]
    found = figures(np.array([*sums, waited[answered].sum(), np.nan], dtype=np.float64))
    return {name: float(found[at]) for at, name in enumerate(FIGURES) if name != "aht_s"}
