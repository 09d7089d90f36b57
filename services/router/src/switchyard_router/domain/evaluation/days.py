"""A recorded day as the evaluation plays it: who called, who was there, what luck each call has."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Whole = NDArray[np.int64]
type Counts = NDArray[np.int32]
type Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Presence:
    """An agent (by row) who is there from one second of the day to another."""

    agent: int
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Staff:
    """Agents by row; `serves` [kinds, agents]; `true_s` [kinds, agents]: their mean handle time."""

    ids: tuple[str, ...]
    kinds: tuple[str, ...]
    serves: Mask
    true_s: Floats


@dataclass(frozen=True, slots=True)
class Day:
    """Calls in the order they came, seconds from midnight; one element each.

    `known_s` [kinds, agents]: mean handle times as they could be known when the day began.
    """

    date: str
    arrive_s: Floats
    kind: Whole
    waited_s: Floats
    gave_up: Mask
    presences: tuple[Presence, ...]
    known_s: Floats


@dataclass(frozen=True, slots=True)
class Luck:
    """What one replication draws for each call of a day, the same for every policy.

    `noise`: the handle time is the agent's true mean times this. `patience_s`: from the arrival on.
    """

    arrive_s: Floats
    kind: Whole
    noise: Floats
    patience_s: Floats
