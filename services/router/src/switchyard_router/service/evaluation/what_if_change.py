"""What is tried on recorded days, from a plan file's contents."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TypeGuard

from switchyard_router.domain.evaluation.contenders import BASELINE, Contender, of_policy
from switchyard_router.domain.policies import POLICIES, unknown_terms

_KEYS = frozenset({"policy", "weights", "wrap_up_seconds", "target_seconds", "instead_of"})


class PlanRefused(Exception):
    """A plan file that cannot be tried; the text names the field and what it may be."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is tried instead of what; the baseline has no wrap-up."""

    before: Contender
    after: Contender
    wrap_up_s: float = 0.0
    target_s: float = 20.0


def change_of(plan: object) -> Change:
    """A plan file's contents as a change. Raises PlanRefused."""
    if not isinstance(plan, Mapping):
        raise PlanRefused("the plan is a mapping with a policy: policy: predictive")
    if unknown := sorted(map(str, set(plan) - _KEYS)):
        raise PlanRefused(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(_KEYS))}")
    weights = plan.get("weights") or {}
    if not isinstance(weights, Mapping) or not all(map(_is_number, weights.values())):
        raise PlanRefused("weights: a number for each term, as in {idle: 0.1}")
    weights = {str(term): weight for term, weight in weights.items()}
    if terms := unknown_terms(weights):
        raise PlanRefused(f"weights: no term is called {', '.join(terms)}")
    return Change(
        before=of_policy(_policy(plan, "instead_of")),
        after=of_policy(_policy(plan, "policy"), weights),
        wrap_up_s=_seconds(plan, "wrap_up_seconds", 0.0),
        target_s=_seconds(plan, "target_seconds", 20.0),
    )


def _policy(plan: Mapping[str, object], key: str) -> str:
    name = plan.get(key, BASELINE)
    if not isinstance(name, str) or name not in POLICIES:
        raise PlanRefused(f"{key}: {name!r} is no policy; there are {', '.join(POLICIES)}")
    return name


def _seconds(plan: Mapping[str, object], key: str, usual: float) -> float:
    value = plan.get(key, usual)
    if not (_is_number(value) and 0 <= value <= 3600):
        raise PlanRefused(f"{key}: {value!r} is no number of seconds from 0 to 3600")
    return float(value)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
