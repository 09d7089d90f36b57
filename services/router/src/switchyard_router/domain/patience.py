"""How long customers would wait: known of those who hung up, a lower bound for all others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Survival:
    """Share of customers who still wait after `times_ms` (rising); 1 before the first."""

    times_ms: Floats
    share: Floats

    def beyond(self, waited_ms: float, u: float) -> float:
        """Patience of a customer who has waited so long; `u`: uniform on (0, 1).

        Drawn from the curve given that it is longer. Infinite where the curve does not fall so low:
        nobody was seen to give up later.
        """
        still = self._at(waited_ms)
        lower = np.flatnonzero((self.times_ms > waited_ms) & (self.share <= u * still))
        return float(self.times_ms[lower[0]]) if len(lower) else float("inf")

    def _at(self, waited_ms: float) -> float:
        place = int(np.searchsorted(self.times_ms, waited_ms, side="right"))
        return float(self.share[place - 1]) if place else 1.0


def survival(waits_ms: ArrayLike, gave_up: ArrayLike) -> Survival:
    """The product-limit estimate (Kaplan and Meier 1958, "Nonparametric estimation from incomplete
    observations", eq. 2b): the wait of those who did not give up is a lower bound.

    `waits_ms`: [contacts]; `gave_up`: bool, [contacts]. O(n log n).
    """
    waits = np.asarray(waits_ms, dtype=np.float64)
    deaths = np.asarray(gave_up, dtype=bool)
    times, counts = np.unique(waits[deaths], return_counts=True)
    ordered = np.sort(waits)
    at_risk = len(ordered) - np.searchsorted(ordered, times, side="left")
    return Survival(times, np.cumprod(1.0 - counts / at_risk))
