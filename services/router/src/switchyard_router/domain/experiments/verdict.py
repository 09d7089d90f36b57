"""What to do with a comparison now: go on, or stop and why."""

from collections.abc import Sequence
from enum import StrEnum
from math import log

from switchyard_router.domain.experiments.intervals import Difference

MISMATCH_ALPHA = 0.001


class Verdict(StrEnum):
    """Stop rules, the first that holds."""

    MISMATCH = "mismatch"
    TOO_FEW = "too_few"
    HARM = "harm"
    BETTER = "better"
    FUTILE = "futile"
    NO_DIFFERENCE_YET = "no_difference_yet"


def verdict_of(
    primary: Difference,
    *,
    lower_is_better: bool,
    worth: float,
    guards_broken: Sequence[str],
    mismatch: float,
) -> Verdict:
    """Apply the stop rules in order of what they save.

    `worth`: the least difference worth having, in the metric's unit, above 0; `mismatch`: log
    evidence that arms came in other shares; `guards_broken`: guard-rails that are surely worse.
    """
    if mismatch > -log(MISMATCH_ALPHA):
        return Verdict.MISMATCH
    if primary.high == float("inf"):
        return Verdict.TOO_FEW
    sign = -1 if lower_is_better else 1
    low, high = sorted((sign * primary.low, sign * primary.high))
    if guards_broken or high < 0:
        return Verdict.HARM
    if low > 0:
        return Verdict.BETTER
    return Verdict.FUTILE if high < worth else Verdict.NO_DIFFERENCE_YET
