"""How simulated people behave: what they do, how long it takes, and how often they do not."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Habits:
    """An agent's habits. Times are real seconds, shares are 0 to 1."""

    answer_seconds: tuple[float, float] = (1.0, 4.0)
    """Shortest and longest time until an offer is accepted."""
    decline_share: float = 0.02
    miss_share: float = 0.01
    """Offers left ringing."""
    wrap_up_seconds: float = 5.0
    """Mean paperwork, unless the queue grants less."""
    miss_pause_seconds: float = 20.0
    """How long it takes to notice that a missed offer made one NOT_READY."""


PROMPT = Habits(answer_seconds=(0.0, 0.0), decline_share=0.0, miss_share=0.0, wrap_up_seconds=0.0)
"""Accepts everything at once, has no paperwork."""


def lognormal(rng: random.Random, mean: float, sigma: float) -> float:
    """A draw with this mean; sigma is the standard deviation of its logarithm."""
    return mean * rng.lognormvariate(-sigma * sigma / 2, sigma)
