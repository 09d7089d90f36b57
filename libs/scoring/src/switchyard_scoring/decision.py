"""Why a contact went to an agent."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent with the terms of the score, in seconds-equivalents; higher is better."""

    agent: str
    score: float
    terms: Mapping[str, float]
    propensity: float
    """Probability with which this agent was chosen; 0 for those who were not."""
    predicted_ms: int = 0
    """Expected conversation plus hold time; 0 where nothing predicts."""
    rejected: str = ""
    """Why the agent could not be chosen; empty: could have been."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a choice was computed from, in whole numbers.

    `values`: one row of `columns` for each of `agents`, row by row. `contact`: what concerns the
    contact alone. `given_to_others`: contact by agent, for better agents whom other contacts of
    the same pass got. scoring.replay computes scores and choice from these and the seed.
    """

    formula: str = ""
    agents: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    values: tuple[int, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    contact: Mapping[str, int] = field(default_factory=dict)
    given_to_others: Mapping[str, str] = field(default_factory=dict)
    scores: tuple[float, ...] = ()
    """As they were then, one for each agent: what a replay is held against."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One choice; times in ms."""

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
    inputs: Inputs = Inputs()
    model_version: str = ""
    arm: str = ""
    degraded: bool = False
    seed: int = 0
    overtaken: int = 0
    """Later contacts with the same needs that had been served first by then."""
    propensity: float = 1.0
    """Probability with which the chosen agent was chosen: the share of the contact's arm."""
    predicted_ms: int = 0
    offer: str = ""
    """The offer it led to; empty for advice."""
    advice: bool = False
    """Somebody asked who it would be; nobody was reserved."""
