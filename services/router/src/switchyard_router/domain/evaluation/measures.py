"""What a day came to, in sums that add up over days and replications, and figures of such sums."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from switchyard_router.domain.evaluation.days import Floats, Whole

SUMS = ("offered", "answered", "in_target", "wait_s", "handle_s")
"""Columns of `Tally.sums`; waits and handle times are those of answered calls."""
FIGURES = ("aht_s", "asa_s", "service_level", "abandonment")
"""Mean handle time, mean wait of the answered, answered in target / offered, given up / offered."""
LONGEST_WAIT_S = 3600


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums of one policy, [days, SUMS]; waits of all offered calls by second, [kinds, seconds].

    `spread`: standard deviation of the agents' occupancies, mean of days.
    """

    sums: Floats
    waits: Whole
    spread: float


def figures(sums: Floats) -> Floats:
    """FIGURES of sums, [..., SUMS] to [..., FIGURES]; nan where nothing was answered."""
    offered, answered, in_target, wait_s, handle_s = np.moveaxis(sums, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack(
            [handle_s / answered, wait_s / answered, in_target / offered, 1 - answered / offered],
            axis=-1,
        )


def added(tallies: Sequence[Tally]) -> Tally:
    """Tallies of different replications of the same days, added."""
    return Tally(
        sums=np.sum([each.sums for each in tallies], axis=0),
        waits=np.sum([each.waits for each in tallies], axis=0),
        spread=float(np.mean([each.spread for each in tallies])),
    )


def joined(tallies: Sequence[Tally]) -> Tally:
    """Tallies of different days, one after the other."""
    return Tally(
        sums=np.concatenate([each.sums for each in tallies]),
        waits=np.sum([each.waits for each in tallies], axis=0),
        spread=float(np.mean([each.spread for each in tallies])),
    )


def p95_s(waits: Whole) -> Floats:
    """Wait (s) that 95 % of a kind's calls did not exceed, [kinds]; nan where there were none."""
    cumulated = np.cumsum(waits, axis=1)
    total = cumulated[:, -1:]
    found = np.argmax(cumulated >= 0.95 * total, axis=1).astype(np.float64)
    return np.where(total[:, 0] > 0, found, np.nan)
