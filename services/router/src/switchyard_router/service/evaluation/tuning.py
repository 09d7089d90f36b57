"""Weights on the frontier: searched on some days, to be tested on others.

The search halves successively (Jamieson and Talwalkar 2016, "Non-stochastic best arm
identification and hyperparameter optimization"): all sets of weights with few replications, the
best of them with many.
"""

from collections.abc import Sequence
from itertools import product

from switchyard_router.domain.evaluation.constraints import Reading
from switchyard_router.domain.evaluation.contenders import Contender, tuned
from switchyard_router.service.evaluation.study import Verdict

AHT_AIM, SERVICE_LEVEL_AIM = -0.025, 0.02
"""Relative change of handle time, and points of service level, that a tuned policy aims at."""
FINALISTS = 8
_HANDLE = (0.02, 0.05, 0.1, 0.15)
_URGENT = (
    (1.0, 1.0, 4.0), (1.0, 2.0, 4.0), (1.0, 3.0, 16.0), (1.0, 6.0, 64.0),
    (0.2, 3.0, 16.0), (0.2, 6.0, 16.0), (0.2, 6.0, 64.0),
)  # fmt: skip
"""Weights of urgency, rescue and overdue: the last protects who waits long, most of all in kinds
that few agents serve."""
_SCARCITY = (0.0, 0.1)
"""Of sparing agents who can do much, for the kinds that others cannot do."""


def family(quick: bool = False) -> tuple[Contender, ...]:
    """The contenders that are searched; only few of them if it is to be quick."""
    handles, urgent = (_HANDLE[1::2], _URGENT[1:4:2]) if quick else (_HANDLE, _URGENT)
    return tuple(
        tuned({
            "handle": handle, "scarcity": scarcity,
            "urgency": urgency, "rescue": rescue, "overdue": overdue,
        })
        for handle, (urgency, rescue, overdue), scarcity in product(handles, urgent, _SCARCITY)
    )  # fmt: skip


def finalists(verdicts: Sequence[Verdict]) -> tuple[Contender, ...]:
    """Whom to play again with more replications: the best as `chosen` judges."""
    best = sorted(verdicts, key=_merit, reverse=True)[:FINALISTS]
    return tuple(each.contender for each in best)


def frontier(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those that no other beats in handle time and service level at once, the shortest first."""
    best: list[Verdict] = []
    for each in sorted(verdicts, key=lambda one: (_aht(one), -_service_level(one))):
        if not best or _service_level(each) > _service_level(best[-1]):
            best.append(each)
    return best


def chosen(verdicts: Sequence[Verdict]) -> Verdict:
    """The one to test: the fewest constraints broken for sure, then both aims in proportion.

    What raw figures say of rare kinds is chance, and choosing by it is choosing by lot.
    """
    return max(verdicts, key=_merit)


def _merit(verdict: Verdict) -> tuple[int, float]:
    broken = list(verdict.readings.values()).count(Reading.BROKEN)
    return -broken, _gain(verdict)


def _gain(verdict: Verdict) -> float:
    return _aht(verdict) / AHT_AIM + _service_level(verdict) / SERVICE_LEVEL_AIM


def _aht(verdict: Verdict) -> float:
    return verdict.differences["aht_s"].relative


def _service_level(verdict: Verdict) -> float:
    return verdict.differences["service_level"].change
