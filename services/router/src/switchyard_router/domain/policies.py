"""Policies: what the terms of the score weigh."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from switchyard_scoring.scoring import CONTACT_TERMS, TERMS

_TIE = 1e-6
"""Weight of a term that only settles ties: a million seconds free count as one second."""


class HandleTimeSource(StrEnum):
    """Where a policy's handle times come from."""

    NONE = ""
    MEANS = "means"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Policy:
    """Weights of terms, in seconds-equivalents per second of the term.

    `trades`: contacts that wait for the same agents may go before each other if that is worth more
    than the seconds they waited; otherwise they go strictly by their place.
    """

    name: str
    weights: Mapping[str, float]
    handle_times: HandleTimeSource = HandleTimeSource.NONE
    trades: bool = False


DEFAULT_POLICY = "longest_idle"

POLICIES: Mapping[str, Policy] = {
    policy.name: policy
    for policy in (
        Policy(DEFAULT_POLICY, {"idle": 1.0}),
        Policy("round_robin", {"rotation": 1.0, "idle": _TIE}),
        Policy("least_occupied", {"fairness": 1.0, "idle": _TIE}),
        Policy("most_skilled", {"skill": 1.0, "idle": _TIE}),
        Policy("least_flexible_first", {"scarcity": 1.0, "idle": _TIE}),
        Policy("fastest_mean", {"handle": 1.0, "idle": _TIE}, HandleTimeSource.MEANS),
        Policy("weighted", {"idle": 1.0, "urgency": 1.0}, trades=True),
        Policy(
            "predictive",
            {
                "handle": 1.0,
                "history": 1.0,
                "skill": 1.0,
                "idle": 0.05,
                "fairness": 0.02,
                "scarcity": 1.0,
                "ending": 1.0,
                "urgency": 1.0,
            },
            HandleTimeSource.MODEL,
            trades=True,
        ),
        Policy(
            "in_time",
            {"handle": 0.15, "urgency": 1.0, "rescue": 2.0, "overdue": 4.0, "idle": _TIE},
            HandleTimeSource.MODEL,
            trades=True,
        ),
    )
}


def weights_of(policy: Policy, own: Mapping[str, float], learned: bool = True) -> dict[str, float]:
    """The weights in force: the policy's, replaced by the queue's own; zeros left out.

    `learned` False leaves out the learned terms; where nothing is left, idle time decides.
    """
    weights = {**policy.weights, **own}
    kept = {
        name: weights[name]
        for name in TERMS
        if weights.get(name) and (learned or not TERMS[name].learned)
    }
    return kept if set(kept) - set(CONTACT_TERMS) else {**kept, "idle": 1.0}


def unknown_terms(weights: Mapping[str, float]) -> list[str]:
    """Names that no term has."""
    return sorted(set(weights) - set(TERMS))
