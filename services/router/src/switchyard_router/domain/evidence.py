"""Evidence that one prediction has become worse than another, which may be looked at all the time.

Testing by betting (Ville 1939; Shafer 2021, "Testing by betting"; Waudby-Smith and Ramdas 2024,
"Estimating means of bounded random variables by betting"). A gambler who has 1 bets before each
service that the challenged prediction will err more than its rival:

    capital <- capital * (1 + f x),   x = (error - rival's error) / scale,   0 < f < 1.

Two predictions' absolute errors differ by no more than the predictions do, so that a scale of at
least their gap, known before the service ends, keeps x within -1 and 1. As long as the challenged
prediction errs no more than its rival on average, whatever has been seen before, no bet is in the
gambler's favour and the capital ever reaches 1 / alpha with a probability of at most alpha, however
often it is looked at (Ville's inequality).

Nobody knows how much worse it will become nor when, so the capital is divided beforehand: equally
among the fractions f, and among the services to begin at, service k getting 1 / (k (k + 1)); what
is for later ones lies idle (restarts as in Shin, Ramdas and Rinaldo 2023, "E-detectors"). Sums of
bets that are fair are fair, so the bound stays; and a model that was right for n services costs the
evidence a factor of about n squared when it breaks, not all that it gained by being right.
"""

import math
from dataclasses import dataclass, field

_FRACTIONS = (1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32)
_SCALE_WEIGHT = 0.02
_MOST_CAPITAL = 1e250
"""Far beyond any threshold, far below infinity."""


def threshold(alpha: float) -> float:
    """Capital that an innocent prediction reaches, ever, with a probability of at most alpha."""
    return 1 / alpha if alpha > 0 else math.inf


@dataclass(slots=True)
class Evidence:
    """Capital that was made from a prediction's errors. O(1) time and memory for each service."""

    services: int = 0
    _scale: float = 0.0
    _running: list[float] = field(default_factory=lambda: [0.0] * len(_FRACTIONS))

    @property
    def capital(self) -> float:
        """1 at the start; the larger, the less likely that the prediction is as good as its rival.

        Unlike a p-value it may be read at any time, and stays what it says.
        """
        return sum(self._running) / len(_FRACTIONS) + 1 / (self.services + 1)

    def service(self, predicted: float, rival: float, actual: float) -> None:
        """A service ended for which two predictions had been made. Any unit, the same for all."""
        gap = abs(predicted - rival)
        self.services += 1
        if gap == 0:
            self._bet(0.0)
            return
        self._scale += _SCALE_WEIGHT * (gap - self._scale)
        self._bet((abs(actual - predicted) - abs(actual - rival)) / max(gap, self._scale))

    def _bet(self, x: float) -> None:
        # A difference of large numbers may stray a little over its bound.
        x = min(max(x, -1.0), 1.0)
        fresh = 1 / (self.services * (self.services + 1))
        self._running = [
            min((capital + fresh) * (1 + fraction * x), _MOST_CAPITAL)
            for capital, fraction in zip(self._running, _FRACTIONS, strict=True)
        ]
