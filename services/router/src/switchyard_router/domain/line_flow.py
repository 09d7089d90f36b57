"""When agents who serve several lines get round to each place, if everything took its mean time.

Agents fall into classes by the lines they serve. Contacts are taken in the order of their places,
as dispatching does: what a line asks for goes to those of its classes who would be free first,
until they are all free at the same time (water filling, the fluid limit of serving first come,
first served at the agent who is free first). So an agent of two lines gives each as much time as
falls to it, and a line that nobody serves takes nobody's time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Whole = NDArray[np.int64]
type Mask = NDArray[np.bool_]

_MOST_POURED = 200_000
"""Classes raised in all fillings of a flow (a filling counts as 100 at least): about 30 ms."""
_FEWEST_BLOCKS, _MOST_BLOCKS = 10, 100


@dataclass(frozen=True, slots=True)
class Demand:
    """One line. `orders`: places in ms, ascending; `serves`: bool per agent; `seconds`: mean time
    of a whole service; `places`: contacts that one of its agents serves at once."""

    orders: Whole
    serves: Mask
    seconds: float
    places: float


@dataclass(frozen=True, slots=True)
class Flow:
    """`orders`: all places in ms, ascending. `levels`: seconds until each class (a column) has
    served the first contacts, `edges` says how many.

    `class_of`: the class of each agent; the last class serves none of the lines, and is free.
    """

    orders: Whole
    edges: Whole
    levels: Floats
    class_of: NDArray[np.intp]

    def classes(self, agents: Mask) -> NDArray[np.intp]:
        """The classes of some agents; those who joined since are in the last class."""
        known = len(self.class_of)
        found = np.unique(self.class_of[agents[:known]])
        joined = agents[known:].any()
        return np.append(found, self.levels.shape[1] - 1) if joined else found

    def seconds(self, order_ms: int, classes: NDArray[np.intp]) -> float:
        """When the first of some classes has served everybody before a place; 0 for none."""
        if not len(classes):
            return 0.0
        before = int(np.searchsorted(self.orders, order_ms))
        row = int(np.searchsorted(self.edges, before, side="right")) - 1
        here = float(self.levels[row, classes].min())
        done = before - self.edges[row]
        if not done:
            return here
        after = float(self.levels[row + 1, classes].min())
        return here + (after - here) * float(done / (self.edges[row + 1] - self.edges[row]))


def flow(demands: Sequence[Demand], agents: int) -> Flow:
    """The flow of some lines.

    Cost: O(contacts + lines x agents), and about 30 ms of water filling; with thousands of classes
    of agents, ten times the lines fillings over them.
    """
    class_of, members, reach = _classes(demands, agents)
    orders = np.concatenate([np.zeros(0, np.int64), *(each.orders for each in demands)])
    line_of = np.repeat(np.arange(len(demands)), [len(each.orders) for each in demands])
    in_order = np.argsort(orders, kind="stable")
    orders, line_of = orders[in_order], line_of[in_order]
    edges = _edges(len(orders), sum(100 + len(mine) for mine in reach))
    level = np.zeros(len(members))
    levels = [level]
    for start, end in pairwise(edges.tolist()):
        level = level.copy()
        counts = np.bincount(line_of[start:end], minlength=len(demands))
        for line in np.flatnonzero(counts).tolist():
            mine, demand = reach[line], demands[line]
            if len(mine):
                speeds = members[mine] * demand.places / demand.seconds
                level[mine] = fill(level[mine], speeds, float(counts[line]))
        levels.append(level)
    return Flow(orders, edges, np.array(levels), class_of)


def fill(levels: Floats, speeds: Floats, amount: float) -> Floats:
    """Levels after an amount was poured in: the lowest rise together until it is used up."""
    in_order = np.argsort(levels)
    low, width = levels[in_order], np.cumsum(speeds[in_order])
    # What it takes to raise all lower ones to each level.
    needed = np.cumsum(np.diff(low, prepend=low[0]) * np.concatenate(([0.0], width[:-1])))
    rising = int(np.searchsorted(needed, amount, side="right")) - 1
    surface = low[rising] + (amount - needed[rising]) / width[rising]
    raised: Floats = np.maximum(levels, surface)
    return raised


def _classes(
    demands: Sequence[Demand], agents: int
) -> tuple[NDArray[np.intp], Floats, list[NDArray[np.intp]]]:
    """Class of each agent, agents in each class, and the classes that serve each line."""
    serves = np.zeros((max(1, len(demands)), agents), dtype=bool)
    for line, demand in enumerate(demands):
        serves[line] = demand.serves
    bits = np.ascontiguousarray(np.packbits(serves, axis=0).T)
    kinds = bits.view(np.dtype((np.void, bits.shape[1]))).ravel()
    _, first, class_of = np.unique(kinds, return_index=True, return_inverse=True)
    busy = serves[:, first].any(axis=0)
    # Those who serve none of the lines are one class, the last.
    number = np.where(busy, np.cumsum(busy) - 1, np.count_nonzero(busy))
    class_of = number[class_of].astype(np.intp)
    members = np.bincount(class_of, minlength=np.count_nonzero(busy) + 1).astype(np.float64)
    reach = [number[np.flatnonzero(row[first])].astype(np.intp) for row in serves]
    return class_of, members, reach


def _edges(contacts: int, poured: int) -> Whole:
    """How many contacts are before each block and, last, all; classes raised in one block."""
    blocks = int(np.clip(_MOST_POURED // max(1, poured), _FEWEST_BLOCKS, _MOST_BLOCKS))
    return np.unique(np.linspace(0, contacts, min(blocks, contacts) + 1).astype(np.int64))
