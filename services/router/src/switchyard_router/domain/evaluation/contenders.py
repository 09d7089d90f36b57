"""What is compared: the router's policies, and bounds of what choosing agents can do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from switchyard_router.domain.policies import DEFAULT_POLICY, POLICIES, weights_of


class Knowledge(StrEnum):
    """Which handle times a contender sees."""

    LEARNED = "learned"
    TRUE = "true"


@dataclass(frozen=True, slots=True)
class Contender:
    """Weights of the router's terms (none: agents by lot); `trades` as in Policy."""

    name: str
    weights: Mapping[str, float]
    trades: bool = False
    knowledge: Knowledge = Knowledge.LEARNED
    bound: bool = False
    """Not a policy to use: it shows what chance, or knowing everything, would do."""


BASELINE = DEFAULT_POLICY
_UNTOLD = frozenset({"most_skilled"})
"""Policies that go by what a call log does not tell."""
ORACLE = Contender("oracle", {"handle": 1.0}, knowledge=Knowledge.TRUE, bound=True)
BOUNDS = (
    Contender("random", {}, bound=True),
    Contender("slowest_first", {"handle": -1.0}, knowledge=Knowledge.TRUE, bound=True),
    ORACLE,
)


def of_policy(name: str, weights: Mapping[str, float] | None = None) -> Contender:
    """A named policy, some of its weights replaced. KeyError for a name that is none."""
    policy = POLICIES[name]
    return Contender(name, weights_of(policy, weights or {}), policy.trades)


def all_contenders() -> tuple[Contender, ...]:
    """The baseline first, then the other policies that a log can tell apart, then the bounds."""
    names = [name for name in POLICIES if name not in {BASELINE, *_UNTOLD}]
    return (*(of_policy(name) for name in (BASELINE, *names)), *BOUNDS)


def tuned(weights: Mapping[str, float]) -> Contender:
    """A contender of the family that is searched; its name tells the weights."""
    kept = {term: weight for term, weight in weights.items() if weight}
    name = " ".join(f"{term}={weight:g}" for term, weight in kept.items())
    return Contender(name, {**kept, "idle": 1e-6}, trades=True)
