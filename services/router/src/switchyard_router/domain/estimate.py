"""How long a contact will wait."""

import math
from dataclasses import dataclass

METHOD = "erlang-k/1"
_ENOUGH_FINISHED = 20
_Z90 = 1.2815515655446004


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds; `position` counts from 1. Announce it only when `confident`."""

    position: int
    p50_seconds: float
    p90_seconds: float
    confident: bool
    method: str = METHOD
    recent_abs_error_seconds: float = 0.0


def estimate_wait(
    *,
    position: int,
    staffed: int,
    mean_handle_seconds: float,
    finished: int,
    recent_abs_error_seconds: float,
) -> Estimate:
    """Time until `position` agents of `staffed` busy ones become free.

    Departures are taken as a Poisson process of rate staffed / mean_handle_seconds, so the wait is
    Erlang-distributed with `position` stages. The quantiles are the normal approximation of its
    cube root (Wilson and Hilferty 1931, PNAS 17, p. 684). It is confident once 20 contacts were
    finished, and while recent estimates were not off by more than 30 s or half of what they said.
    """
    if staffed == 0 or position == 0 or mean_handle_seconds <= 0:
        return Estimate(position, 0.0, 0.0, confident=False)
    stage_seconds = mean_handle_seconds / staffed
    p50 = stage_seconds * _erlang_quantile(position, 0.0)
    p90 = stage_seconds * _erlang_quantile(position, _Z90)
    honest = recent_abs_error_seconds <= max(30.0, p50 / 2)
    confident = finished >= _ENOUGH_FINISHED and honest
    return Estimate(position, p50, p90, confident, METHOD, recent_abs_error_seconds)


def _erlang_quantile(stages: int, z: float) -> float:
    """Quantile of the Erlang distribution with unit rate at normal quantile `z`."""
    c = 1.0 / (9.0 * stages)
    return float(stages * max(0.0, 1.0 - c + z * math.sqrt(c)) ** 3)
