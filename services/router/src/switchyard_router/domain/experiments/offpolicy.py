"""What another rule would have brought, estimated from what was tried with known probability.

Source: Dudik, Langford, Li (2011), "Doubly robust policy evaluation and learning", equations (1)
to (3); SNIPS: Swaminathan and Joachims (2015). Each is about one step: that a contact's handling
changes who is free for the next one is not in it.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from switchyard_router.domain.experiments.trial import Flags, Floats


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean outcome and its standard error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class OffPolicy:
    """Estimates of the mean outcome had the rule decided for all.

    `effective`: number of equally weighted contacts that would say as much.
    """

    ips: Estimate
    snips: Estimate
    doubly_robust: Estimate
    effective: float
    matched: int
    contacts: int


def off_policy(values: Floats, matches: Flags, propensity: Floats, expected: Floats) -> OffPolicy:
    """Estimate a rule's mean outcome from logged ones. O(n).

    `matches`: what was done is what the rule would do; `propensity`: the probability with which
    the log did what it did; `expected`: a model's outcome under the rule, made without the contact
    itself. Raises ValueError for propensities outside (0, 1], and where nothing matches.
    """
    if not ((propensity > 0) & (propensity <= 1)).all():
        raise ValueError("propensities must be above 0 and at most 1")
    if not matches.any():
        raise ValueError("the log never did what the rule would do; nothing can be estimated")
    weights = np.where(matches, 1 / propensity, 0.0)
    snips = float((weights * values).sum() / weights.sum())
    share = weights / weights.mean()
    return OffPolicy(
        ips=_mean(weights * values),
        snips=Estimate(snips, _mean(share * (values - snips)).error),
        doubly_robust=_mean(expected + weights * (values - expected)),
        effective=float(weights.sum() ** 2 / (weights**2).sum()),
        matched=int(matches.sum()),
        contacts=len(values),
    )


def _mean(parts: Floats) -> Estimate:
    return Estimate(float(parts.mean()), float(parts.std() / sqrt(len(parts))))
