"""What a rule that gives each kind of contact an arm of its own would have brought."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from switchyard_router.domain.experiments.offpolicy import OffPolicy, off_policy
from switchyard_router.domain.experiments.trial import Floats, Metric, Trial, Whole
from switchyard_router.service.experiments.dealing import check_any_dealt, refuse_turns
from switchyard_router.service.experiments.ports import Asked, NothingCompared, TrialHistory


@dataclass(frozen=True, slots=True)
class Rule:
    """Arms by kind of contact, and one for all other kinds."""

    by_kind: Mapping[str, str]
    otherwise: str


class EstimateRule:
    """Estimates a rule's mean outcome from contacts that were dealt arms by lot."""

    def __init__(self, history: TrialHistory) -> None:
        self._history = history

    async def execute(
        self, asked: Asked, rule: Rule, metric: Metric, target_seconds: float
    ) -> OffPolicy:
        """The estimates; raises NothingCompared for arms or kinds that are not in the history."""
        await refuse_turns(self._history, asked)
        trial = await self._history.trial(asked)
        check_any_dealt(trial, asked.queue)
        shares = await self._history.shares(asked)
        known = np.array([arm in shares for arm in trial.arms], dtype=np.bool_)
        if not known.any():
            raise NothingCompared(f"no decision in queue {asked.queue!r} logged an arm's share")
        wanted = _wanted(trial, rule, shares)
        counted, values = trial.measured(metric, target_seconds)
        rows = np.flatnonzero(counted & known[trial.arm])
        share = np.array([shares.get(arm, 1.0) for arm in trial.arms])
        chosen = wanted[trial.kind]
        expected = _expected(trial, values, rows, chosen)
        try:
            return off_policy(
                values[rows],
                trial.arm[rows] == chosen[rows],
                share[trial.arm[rows]],
                expected,
            )
        except ValueError as error:
            raise NothingCompared(str(error)) from error


def _wanted(trial: Trial, rule: Rule, shares: Mapping[str, float]) -> Whole:
    """Index of the arm that the rule gives to each kind."""
    for kind in rule.by_kind:
        if kind not in trial.kinds:
            raise NothingCompared(f"no contact of kind {kind!r}; kinds: {', '.join(trial.kinds)}")
    for arm in (*rule.by_kind.values(), rule.otherwise):
        if arm not in shares or arm not in trial.arms:
            raise NothingCompared(f"no contact of arm {arm!r}; arms: {', '.join(sorted(shares))}")
    named = [rule.by_kind.get(kind, rule.otherwise) for kind in trial.kinds]
    return np.array([trial.arms.index(arm) for arm in named], dtype=np.int64)


def _expected(trial: Trial, values: Floats, rows: Whole, chosen: Whole) -> Floats:
    """Mean of kind and arm under the rule, each contact itself left out."""
    arms = len(trial.arms)
    size = arms * len(trial.kinds)
    own = trial.kind[rows] * arms + trial.arm[rows]
    asked = trial.kind[rows] * arms + chosen[rows]
    counts = np.bincount(own, minlength=size).astype(np.float64)
    sums = np.bincount(own, weights=values[rows], minlength=size)
    itself = own == asked
    number = counts[asked] - itself
    total = sums[asked] - np.where(itself, values[rows], 0.0)
    overall = float(values[rows].mean()) if len(rows) else 0.0
    return np.where(number > 0, total / np.maximum(number, 1), overall)
