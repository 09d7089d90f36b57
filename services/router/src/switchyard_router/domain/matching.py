"""Who gets whom: lanes of waiting contacts against free agents, at most one contact each.

A lane holds contacts that the same agents fit equally well, in the order of their places. Agents
who fit several lanes tie these together into one pool; pools are matched one by one.

Strict pools go by place: each contact takes the best agent left. Where every lane of a pool may
trade, agents and contacts are matched as an assignment problem: as many as possible, and then the
highest sum of fit and urgency (Kuhn 1955; scipy's solver is Crouse 2016, "On implementing 2D
rectangular assignment algorithms"). More contacts than `EXACT` are matched in blocks of `BLOCK`,
the most urgent first: with 500 of each that costs a tenth of the time, and 0.2 s of fit a contact.
Of a lane no more agents than contacts of the block are looked at, its best: an optimum never needs
others. Time is bounded by EXACT^2 x agents, or contacts x BLOCK x agents; memory by lanes x agents.

Nobody is overtaken in a strict pool; in others passing.py holds the bound of the queue.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from switchyard_scoring.scoring import Scores

from switchyard_router.domain.lanes import Given, Lane, Place, Rows
from switchyard_router.domain.passing import Passing

EXACT = 64
BLOCK = 24


class Match(NamedTuple):
    """A contact (`lane`, and `at` which place in it) and an agent (by row, and rank in the lane).

    `overtakes`: ids of contacts.
    """

    lane: int
    at: int
    row: int
    rank: int
    overtakes: tuple[str, ...] = ()


def match(lanes: Sequence[Lane], size: int) -> list[Match]:
    """Match lanes with agents (rows below `size`); contacts in order of their places."""
    matches: list[Match] = []
    for pool in _pools(lanes, size):
        # One lane alone has nothing to trade: its best agents go to its first contacts.
        if len(pool) > 1 and all(lanes[index].trades for index in pool):
            matches += _Trade(lanes, pool, size).matches()
        else:
            matches += _in_turn(lanes, pool, size)
    matches.sort(key=lambda found: lanes[found.lane].contacts[found.at])
    return matches


def _pools(lanes: Sequence[Lane], size: int) -> list[list[int]]:
    """Lanes that share agents, directly or through others; O(lanes x agents)."""
    if len(lanes) == 1:
        return [[0]]
    pools: dict[int, list[int]] = {}
    pool_of = np.full(size, -1, dtype=np.intp)
    for index, lane in enumerate(lanes):
        if not len(lane.rows) or not lane.contacts:
            continue
        joined = [index]
        for known in np.unique(pool_of[lane.rows]).tolist():
            if known >= 0:
                joined += pools.pop(known)
        for member in joined:
            pool_of[lanes[member].rows] = index
        pools[index] = sorted(joined)
    return list(pools.values())


def _in_turn(lanes: Sequence[Lane], pool: list[int], size: int) -> list[Match]:
    """Each contact takes the best agent left, in the order of places; nobody is overtaken."""
    taken = np.zeros(size, dtype=bool).tolist()
    waiting = sorted(
        (place, index, position)
        for index in pool
        for position, place in enumerate(lanes[index].contacts[: len(lanes[index].rows)])
    )
    left = {index: enumerate(lanes[index].rows.tolist()) for index in pool}
    matches: list[Match] = []
    for _, index, position in waiting:
        for rank, row in left[index]:
            if not taken[row]:
                taken[row] = True
                matches.append(Match(index, position, row, rank))
                break
    return matches


class _Trade:
    """One pool of several lanes that all trade."""

    def __init__(self, lanes: Sequence[Lane], pool: list[int], size: int) -> None:
        self._lanes = {index: lanes[index] for index in pool}
        self._free = np.ones(size, dtype=bool)
        self._given: Given = {index: [] for index in pool}
        self._rank = np.full((len(lanes), size), size, dtype=np.intp)
        self._fit = np.full((len(lanes), size), -np.inf)
        for index, lane in self._lanes.items():
            self._rank[index, lane.rows] = np.arange(len(lane.rows))
            self._fit[index, lane.rows] = lane.fit

    def matches(self) -> list[Match]:
        """The pool's matches."""
        for block in self._blocks():
            self._solve(block)
        while any(self._swap(index) for index in self._given):
            pass
        self._sort()
        passing = Passing(self._lanes)
        while passing.give_back(self._given):
            self._sort()
        return [
            Match(index, at, row, rank, passing.by(self._given, index, at))
            for index, rows in self._given.items()
            for at, (row, rank) in enumerate(
                zip(rows, self._rank[index, rows].tolist(), strict=True)
            )
        ]

    def _blocks(self) -> Iterator[list[tuple[float, Place, int]]]:
        """(-urgency, place, lane) of every contact that could be served, the most urgent first."""
        waiting = sorted(
            (-urgency, place, index)
            for index, lane in self._lanes.items()
            for place, urgency in zip(
                lane.contacts[: len(lane.rows)], lane.urgency.tolist(), strict=False
            )
        )
        size = EXACT if len(waiting) <= EXACT else BLOCK
        for start in range(0, len(waiting), size):
            yield waiting[start : start + size]

    def _solve(self, block: Sequence[tuple[float, Place, int]]) -> None:
        """Assign free agents to the contacts of a block."""
        indices = [index for _, _, index in block]
        wanted = np.zeros(len(self._free), dtype=bool)
        for index in set(indices):
            rows = self._lanes[index].rows
            wanted[rows[self._free[rows]][: len(block)]] = True
        columns = np.flatnonzero(wanted)
        value = self._fit[np.array(indices)[:, None], columns]
        value -= np.array([hurry for hurry, _, _ in block])[:, None]
        lines, chosen = _assigned(value)
        taken = columns[chosen]
        self._free[taken] = False
        for line, row in zip(lines.tolist(), taken.tolist(), strict=True):
            self._given[indices[line]].append(row)

    def _swap(self, index: int) -> bool:
        """Exchange a lane's worst agent for a better free one: equals go by lot, solvers round."""
        given = self._given[index]
        if not given:
            return False
        ranks = self._rank[index, given]
        worst = int(ranks.argmax())
        better = self._lanes[index].rows[: ranks[worst]]
        free = better[self._free[better]]
        if not len(free):
            return False
        self._free[given[worst]], self._free[free[0]] = True, False
        given[worst] = int(free[0])
        return True

    def _sort(self) -> None:
        """The best agents of a lane first, for its first contacts."""
        for index, rows in self._given.items():
            ranks = np.sort(self._rank[index, rows])
            rows[:] = self._lanes[index].rows[ranks].tolist()


def _assigned(value: Scores) -> tuple[Rows, Rows]:
    """Lines and columns of the pairs of an optimal assignment; -inf pairs are never made.

    As many pairs as possible come first: each is worth more than all differences together.
    """
    possible = value > -np.inf
    if not possible.any():
        nothing = np.zeros(0, dtype=np.intp)
        return nothing, nothing
    low, high = value.min(where=possible, initial=np.inf), value.max()
    worth = (high - low + 1.0) * min(value.shape)
    # Eligible pairs gain at least `worth`, all others nothing.
    lines, columns = linear_sum_assignment(np.maximum(value + (worth - low), 0.0), maximize=True)
    made = possible[lines, columns]
    return lines[made], columns[made]
