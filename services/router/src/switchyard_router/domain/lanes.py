"""Lanes: waiting contacts that the same agents fit equally well, in the order of their places."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from switchyard_scoring.scoring import Scores

type Rows = NDArray[np.intp]
type Place = tuple[int, str]
"""Order (ms) and contact id: lower goes first."""
type Given = dict[int, list[int]]
"""Agents (rows) given to each lane, the best first; the lane's first contacts have them."""


@dataclass(frozen=True, slots=True)
class Lane:
    """`rows`: eligible agents, the best first, and their `fit` in seconds-equivalents.

    `contacts`: all that wait, in order. `urgency`: of the first of them, at least as many as there
    are rows (or all), in seconds-equivalents, never rising; unused where nothing is traded.
    `needs`: the same for contacts that may overtake each other `max_overtakes` times. `overtaken`:
    how often contacts have been, if at all.
    """

    rows: Rows
    fit: Scores
    contacts: Sequence[Place]
    urgency: Scores
    needs: Hashable = ()
    trades: bool = False
    max_overtakes: int = 0
    overtaken: Mapping[str, int] = field(default_factory=dict)
