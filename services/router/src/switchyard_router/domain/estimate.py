"""How long a contact will wait, and whether to say so."""

from dataclasses import dataclass

_ERROR_WEIGHT = 0.1
_TOLERATED_SECONDS = 30.0
_TOLERATED_SHARE = 0.5
_ENOUGH_CHECKS = 10
_FEWEST_UNDER_P90 = 0.7
_ENOUGH_OBSERVED = 20


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds; `position` counts from 1. Announce it only when `confident`."""

    position: int
    p50_seconds: float
    p90_seconds: float
    confident: bool
    method: str
    recent_abs_error_seconds: float = 0.0


@dataclass(slots=True)
class Record:
    """How right a queue's recent estimates were, weighted exponentially over about ten of them."""

    abs_error_seconds: float = 0.0
    under_p90: float = 1.0
    """Share of waits that were no longer than the p90 promised."""
    checks: int = 0

    def came_true(self, p50_seconds: float, p90_seconds: float, waited_seconds: float) -> None:
        """A wait that was promised is over."""
        self._note(abs(waited_seconds - p50_seconds), waited_seconds <= p90_seconds)

    def left_early(self, p50_seconds: float, p90_seconds: float, waited_seconds: float) -> None:
        """A customer left before the wait was over: that tells something only if it was longer."""
        if waited_seconds > p50_seconds:
            self._note(waited_seconds - p50_seconds, waited_seconds <= p90_seconds)

    def honest(self, p50_seconds: float) -> bool:
        """Whether recent estimates were good enough to announce one of this size.

        Not when they were off by more than 30 s and more than half of what is now said, nor when
        more than three of ten waits were longer than the p90 promised.
        """
        tolerated = max(_TOLERATED_SECONDS, _TOLERATED_SHARE * p50_seconds)
        seldom_longer = self.checks < _ENOUGH_CHECKS or self.under_p90 >= _FEWEST_UNDER_P90
        return self.abs_error_seconds <= tolerated and seldom_longer

    def _note(self, abs_error_seconds: float, under_p90: bool) -> None:
        weight = _ERROR_WEIGHT if self.checks else 1.0
        self.checks += 1
        self.abs_error_seconds += weight * (abs_error_seconds - self.abs_error_seconds)
        self.under_p90 += _ERROR_WEIGHT * (float(under_p90) - self.under_p90)


def nobody(position: int, method: str, record: Record) -> Estimate:
    """Silence: nobody serves such contacts, or they do not wait."""
    return Estimate(position, 0.0, 0.0, False, method, record.abs_error_seconds)


def estimate(
    position: int,
    p50_seconds: float,
    p90_seconds: float,
    *,
    method: str,
    observed: float,
    record: Record,
) -> Estimate:
    """An estimate, confident once 20 services were seen and while the record is good."""
    confident = observed >= _ENOUGH_OBSERVED and record.honest(p50_seconds)
    return Estimate(position, p50_seconds, p90_seconds, confident, method, record.abs_error_seconds)
