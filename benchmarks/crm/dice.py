"""Random choices that are the same for the same seed."""

from collections.abc import Sequence

import numpy as np


class Dice:
    """Random choices, drawn in blocks: one call of numpy per choice would take most of the time."""

    def __init__(self, seed: int) -> None:
        self._numbers = np.random.default_rng(seed)
        self._block: list[float] = []

    def roll(self) -> float:
        """From 0 to less than 1."""
        if not self._block:
            self._block = self._numbers.random(65_536).tolist()
        return self._block.pop()

    def chance(self, probability: float) -> bool:
        """True that often."""
        return self.roll() < probability

    def number(self, below: int) -> int:
        """From 0 to less than `below`."""
        return int(self.roll() * below)

    def one_of[T](self, choices: Sequence[T]) -> T:
        """Each as likely as the others."""
        return choices[int(self.roll() * len(choices))]

    def common(self, choices: Sequence[str]) -> str:
        """One of a list that has the commonest first, as names are spread: a few have most."""
        return choices[int(self.roll() ** 2 * len(choices))]

    def weighted(self, weights: Sequence[float]) -> int:
        """An index, as likely as its weight is heavy."""
        left = self.roll() * sum(weights)
        for index, weight in enumerate(weights):
            left -= weight
            if left < 0:
                return index
        return len(weights) - 1
