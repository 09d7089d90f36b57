"""Weights on the frontier: searched on some days, to be tested on others."""

from collections.abc import Sequence
from itertools import product

from switchyard_router.domain.evaluation.contenders import Contender, tuned
from switchyard_router.service.evaluation.study import Verdict

AHT_AIM, SERVICE_LEVEL_AIM = -0.025, 0.02
"""Relative change of handle time, and points of service level, that a tuned policy aims at."""
_HANDLE = (0.02, 0.05, 0.15)
_URGENT = ((1.0, 0.5, 2.0), (1.0, 1.0, 4.0), (1.0, 1.5, 4.0), (1.0, 2.0, 4.0))
"""Weights of urgency, rescue and overdue."""


def family(quick: bool = False) -> tuple[Contender, ...]:
    """The contenders that are searched; only few of them if it is to be quick."""
    handles, urgent = (_HANDLE[1:], _URGENT[1::2]) if quick else (_HANDLE, _URGENT)
    return tuple(tuned(handle, *rest) for handle, rest in product(handles, urgent))


def frontier(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those that no other beats in handle time and service level at once, the shortest first."""
    best: list[Verdict] = []
    for each in sorted(verdicts, key=lambda one: (_aht(one), -_service_level(one))):
        if not best or _service_level(each) > _service_level(best[-1]):
            best.append(each)
    return best


def chosen(verdicts: Sequence[Verdict]) -> Verdict:
    """The one to test: constraints first (the fewest kinds late), then both aims in proportion."""
    return max(verdicts, key=lambda one: (-_broken(one), _gain(one)))


def _broken(verdict: Verdict) -> int:
    return 0 if verdict.constraints_kept else max(1, len(verdict.late_kinds))


def _gain(verdict: Verdict) -> float:
    return _aht(verdict) / AHT_AIM + _service_level(verdict) / SERVICE_LEVEL_AIM


def _aht(verdict: Verdict) -> float:
    return verdict.differences["aht_s"].relative


def _service_level(verdict: Verdict) -> float:
    return verdict.differences["service_level"].change
