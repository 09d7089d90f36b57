"""Whether a policy harms anybody: by the figures as they came, and as far as the days can tell."""

from collections.abc import Iterable
from enum import StrEnum

from switchyard_router.domain.evaluation.bootstrap import Difference

SPREAD_ALLOWED = 0.02
"""How much wider than under the baseline the agents' occupancies may lie (standard deviation)."""
P95_ALLOWED_S = 1.0
"""How much longer a kind's p95 wait may be: the resolution of the histogram it is read from."""
P95_MARGIN = 0.05
"""A lengthening that matters, as a share of the baseline's p95: what is to be ruled out before a
constraint counts as kept (a margin of non-inferiority, Piaggio et al. 2012, CONSORT)."""


class Reading(StrEnum):
    """What an interval says of a constraint."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_KNOWN = "not_known"


def p95_reading(p95: Difference) -> Reading:
    """Broken: longer for sure. Kept: no lengthening that matters is left in the interval."""
    return _reading(p95, P95_ALLOWED_S, P95_ALLOWED_S + P95_MARGIN * p95.baseline)


def spread_reading(spread: Difference) -> Reading:
    """Broken: wider than allowed for sure. Kept: surely not."""
    return _reading(spread, SPREAD_ALLOWED, SPREAD_ALLOWED)


def together(readings: Iterable[Reading]) -> Reading:
    """Broken if one is; kept if all are."""
    found = set(readings)
    if Reading.BROKEN in found:
        return Reading.BROKEN
    return Reading.NOT_KNOWN if Reading.NOT_KNOWN in found else Reading.KEPT


def _reading(difference: Difference, allowed: float, margin: float) -> Reading:
    if difference.low > allowed:
        return Reading.BROKEN
    return Reading.KEPT if difference.high <= margin else Reading.NOT_KNOWN
