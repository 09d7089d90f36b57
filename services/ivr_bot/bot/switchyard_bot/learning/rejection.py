"""When to say "I did not understand": learned from the examples alone. Pure.

How well a sentence fits is a weighted sum of three things (``evidence``): the best class's answer,
the mean of the next three, and the likeness to the best class's three nearest examples. What lies
beyond the known classes is taken from examples said to be out of scope; if there are none, from
each class as the others see it when it is left out. The weights are those of a logistic regression
that tells the two apart (Cox, 1958), the threshold is a quantile of what is in scope.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

NEAREST = 3
_NEXT = 3
# What large sets teach, for sets too small to teach it: what to weigh the three things with.
_USUAL = np.array([1.0, -2.0, 0.4])
_LEAST_TAUGHT = 200  # examples on each side
_PENALTY = 1e-3
_STEPS = 30


@dataclass(frozen=True)
class Cut:
    """A threshold and what it does to the examples; rates are 0 to 1."""

    threshold: float
    kept: float
    rejected: float


def evidence(answers: Any, nearness: Any) -> Any:
    """What speaks for the best class, a row of three per sentence.

    ``answers`` (sentences, known classes), ``nearness`` (sentences): mean likeness to the best
    class's nearest examples.
    """
    count = min(_NEXT, answers.shape[1] - 1)
    best = answers.max(axis=1)
    if not count:
        return np.column_stack([best, np.zeros(len(best)), nearness])
    top = np.partition(answers, answers.shape[1] - count - 1, axis=1)[:, -count - 1 :]
    return np.column_stack([best, (top.sum(axis=1) - best) / count, nearness])


def nearness(likeness: Any) -> Any:
    """Mean of the largest few of each row (sentences, examples of one class)."""
    count = min(NEAREST, likeness.shape[1])
    return np.partition(likeness, likeness.shape[1] - count, axis=1)[:, -count:].mean(axis=1)


def weights(inside: Any, outside: Any) -> Any:
    """What to weigh the evidence with so that it tells the two sides apart; the first is 1."""
    if min(len(inside), len(outside)) < _LEAST_TAUGHT:
        return _USUAL
    rows = np.vstack([inside, outside])
    centre, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    known = np.repeat([1.0, 0.0], [len(inside), len(outside)])
    importance = np.repeat([0.5 / len(inside), 0.5 / len(outside)], [len(inside), len(outside)])
    slopes = _logistic((rows - centre) / spread, known, importance) / spread
    return slopes / slopes[0] if slopes[0] > 0 else _USUAL


def cut(inside: Any, outside: Any, least: float, most: float) -> Cut:
    """The threshold at which most is kept of ``inside`` and rejected of ``outside``.

    At least ``least`` and at most ``most`` of ``inside`` is kept (0 to 1). An example that counts
    as rejected whatever the threshold has −∞.
    """
    shares = np.arange(least, most + 1e-9, 0.0025)
    found = [
        _at(float(np.quantile(inside, 1 - share, method="lower")), inside, outside)
        for share in shares
    ]
    return max(found, key=lambda one: (one.kept + one.rejected, one.kept))


def _logistic(rows: Any, known: Any, importance: Any) -> Any:
    """Slopes by Newton's method; both sides count the same."""
    design = np.column_stack([rows, np.ones(len(rows))])
    penalty = np.diag([_PENALTY] * rows.shape[1] + [0.0])
    found = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
        slope = design.T @ (importance * (known - said)) - penalty @ found
        bend = (design * (importance * said * (1 - said))[:, np.newaxis]).T @ design + penalty
        step = np.linalg.solve(bend + 1e-9 * np.eye(len(bend)), slope)
        found = found + step
        if float(np.abs(step).max()) < 1e-6:
            break
    return found[:-1]


def _at(threshold: float, inside: Any, outside: Any) -> Cut:
    rejected = float((outside < threshold).mean()) if len(outside) else 0.0
    return Cut(threshold, float((inside >= threshold).mean()), rejected)
