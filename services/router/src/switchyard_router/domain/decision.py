"""Why a contact went to an agent."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """An eligible agent with its terms, in seconds-equivalents; higher is better."""

    agent: str
    score: float
    terms: Mapping[str, float]
    propensity: float


@dataclass(frozen=True, slots=True)
class Decision:
    """One choice. `candidates`: the best few, the chosen one first; times in ms."""

    id: str
    contact: str
    agent: str
    queue: str
    policy: str
    plan_version: int
    step: int
    time_ms: int
    waited_ms: int
    eligible_count: int
    rejected_counts: Mapping[str, int]
    candidates: tuple[Candidate, ...]
