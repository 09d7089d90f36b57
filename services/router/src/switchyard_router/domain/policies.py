"""Policies: what the terms of the score weigh, and which arm of a comparison holds."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from switchyard_scoring.scoring import TERMS

from switchyard_router.domain.queues import Arm, QueueProfile

_CYCLE = 100
"""Periods after which arms of a switchback repeat; shares are exact to one in so many."""
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
    return kept if set(kept) - {"urgency"} else {**kept, "idle": 1.0}


def unknown_terms(weights: Mapping[str, float]) -> list[str]:
    """Names that no term has."""
    return sorted(set(weights) - set(TERMS))


def arm_of(queue: QueueProfile, contact_id: str, known: str, now_ms: int) -> Arm | None:
    """The arm that holds for a contact; None where nothing is compared.

    With a period, the arms take turns, each for its share of the periods (a switchback: who shares
    agents must not be split). Without one, the arm is the one the contact has been given (`known`),
    else a hash of queue and contact decides: everybody computes the same.
    """
    if not queue.arms:
        return None
    if queue.arm_period_ms:
        return queue.arms[_turns(queue.arms)[now_ms // queue.arm_period_ms % _CYCLE]]
    return next((arm for arm in queue.arms if arm.name == known), None) or _drawn(queue, contact_id)


def _drawn(queue: QueueProfile, contact_id: str) -> Arm:
    text = f"{queue.id}\0{contact_id}".encode()
    place = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / 2**64
    for arm in queue.arms:
        place -= arm.share
        if place < 0:
            return arm
    return queue.arms[-1]


@lru_cache(maxsize=256)
def _turns(arms: Sequence[Arm]) -> tuple[int, ...]:
    """Index of the arm of each period: the one that lags most behind its share, the first first."""
    counts = [0] * len(arms)
    turns: list[int] = []
    for period in range(1, _CYCLE + 1):
        behind = [arm.share * period - count for arm, count in zip(arms, counts, strict=True)]
        turn = behind.index(max(behind))
        counts[turn] += 1
        turns.append(turn)
    return tuple(turns)
