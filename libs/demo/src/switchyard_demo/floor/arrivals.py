"""Who calls the demo company, when, and how long they wait and talk."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from switchyard_demo.company.model import Customer
from switchyard_demo.company.queues import BILLING, COMPLAINTS, GENERAL, ORDERS, TECHNICAL
from switchyard_demo.floor.call import CallScript
from switchyard_demo.floor.habits import lognormal

WAVE_SECONDS = 3_600.0
"""Demo time from one busy period to the next."""
WAVE_HEIGHT = 0.6
"""How far the rate swings about its mean."""
_WITHHELD_SHARE = 0.08
_AGENT_HANGS_UP_SHARE = 0.3
_TALK_SIGMA = 0.8
_PATIENCE_SIGMA = 1.0


@dataclass(frozen=True, slots=True)
class CallKind:
    """Callers of one queue; means are demo seconds."""

    queue: str
    share: float
    talk_seconds: float
    patience_seconds: float


KINDS = (
    CallKind(ORDERS, 0.33, 280.0, 240.0),
    CallKind(BILLING, 0.22, 320.0, 260.0),
    CallKind(TECHNICAL, 0.18, 460.0, 360.0),
    CallKind(COMPLAINTS, 0.09, 420.0, 420.0),
    CallKind(GENERAL, 0.18, 200.0, 200.0),
)


class Callers:
    """A Poisson process of calls whose rate swings about its mean.

    `calls_per_minute` is in real time; talk and patience are compressed by `compression`.
    """

    def __init__(
        self,
        customers: Sequence[Customer],
        calls_per_minute: float,
        compression: float,
        rng: random.Random,
        run_id: str,
    ) -> None:
        self._customers = customers
        self._per_second = calls_per_minute / 60
        self._compression = compression
        self._rng = rng
        self._run_id = run_id

    def moments(self) -> Iterator[float]:
        """Real seconds from the beginning at which calls arrive, for ever.

        Thinning (Lewis and Shedler 1979): moments of the highest rate, each kept with the
        probability of the rate at that moment.
        """
        highest = self._per_second * (1 + WAVE_HEIGHT)
        moment = 0.0
        while True:
            moment += self._rng.expovariate(highest)
            if self._rng.random() * highest < self._rate(moment):
                yield moment

    def script(self, number: int) -> CallScript:
        """What the caller with this number means to do."""
        rng = self._rng
        kind = rng.choices(KINDS, [kind.share for kind in KINDS])[0]
        customer = rng.choice(self._customers)
        withheld = rng.random() < _WITHHELD_SHARE
        return CallScript(
            external_id=f"{self._run_id}-{number:06d}",
            queue=kind.queue,
            patience_seconds=self._drawn(kind.patience_seconds, _PATIENCE_SIGMA),
            talk_seconds=self._drawn(kind.talk_seconds, _TALK_SIGMA),
            caller="" if withheld else customer.phone,
            # Who withholds the number has chosen a language on the telephone.
            language=customer.language if withheld else "",
            agent_hangs_up=rng.random() < _AGENT_HANGS_UP_SHARE,
        )

    def _rate(self, moment: float) -> float:
        turns = moment * self._compression / WAVE_SECONDS
        return self._per_second * (1 + WAVE_HEIGHT * math.sin(2 * math.pi * turns))

    def _drawn(self, mean: float, sigma: float) -> float:
        return lognormal(self._rng, mean, sigma) / self._compression
