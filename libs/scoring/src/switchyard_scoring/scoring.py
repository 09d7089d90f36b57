"""What an agent is worth for a contact: named terms in seconds-equivalents and their weighted sum.

The inputs are whole numbers (ms, counts, levels), and every operation is elementwise in a fixed
order: scoring one agent, a thousand, or the few that a decision record keeps gives the same bits.
A score is fit + urgency: the fit sets agents apart and alone decides among them, the urgency sets
contacts apart.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from switchyard_scoring.decision import Candidate, Inputs

FORMULA = "2"
"""Version of everything in this module that a replay depends on."""
_ADDED_IN_2 = frozenset({"rescue", "overdue"})
"""Terms that formula 1 did not have; all others are computed as they were then."""

HISTORY_SECONDS = np.float64(60.0)
"""What it is worth that the customer knows the agent."""
BREADTH_SECONDS = np.float64(10.0)
"""What it costs to use an agent, for each queue and skill the agent could serve otherwise."""
RESCUE_SECONDS = np.float64(60.0)
"""What it is worth that a contact can still be answered within its target."""
OVERDUE_TARGETS = 6
"""Targets that a contact may wait before it is long overdue."""

_NOTHING: NDArray[np.float64] = np.zeros(())

type Whole = NDArray[np.int64]
type Scores = NDArray[np.float64]
type Columns = Mapping[str, Whole]
"""Whole numbers by name: for agents and pairs [agents], for contacts [contacts] or one."""


def _handle(columns: Columns) -> Scores:
    return columns["handle_ms"] / -1000.0


def _history(columns: Columns) -> Scores:
    return columns["known"] * HISTORY_SECONDS


def _skill(columns: Columns) -> Scores:
    return columns["skill_ms"] / 1000.0


def _idle(columns: Columns) -> Scores:
    return columns["idle_ms"] / 1000.0


def _rotation(columns: Columns) -> Scores:
    return columns["unoffered_ms"] / 1000.0


def _fairness(columns: Columns) -> Scores:
    return columns["busy_ms"] / -1000.0


def _scarcity(columns: Columns) -> Scores:
    return columns["breadth"] * -BREADTH_SECONDS


def _ending(columns: Columns) -> Scores:
    left = columns["left_ms"]
    overrun = np.maximum(columns["handle_ms"] - left, 0)
    return np.where(left < 0, 0, overrun) / -1000.0


def _urgency(columns: Columns) -> Scores:
    waited = columns["waited_ms"]
    late: Scores = (waited + np.maximum(waited - columns["target_ms"], 0)) / 1000.0
    return late


def _rescue(columns: Columns) -> Scores:
    return (columns["waited_ms"] <= columns["target_ms"]) * RESCUE_SECONDS


def _overdue(columns: Columns) -> Scores:
    late: Scores = np.maximum(columns["waited_ms"] - OVERDUE_TARGETS * columns["target_ms"], 0)
    return late / 1000.0


@dataclass(frozen=True, slots=True)
class Term:
    """A term: the columns it is computed from, what it means, and whether it is learned."""

    columns: tuple[str, ...]
    compute: Callable[[Columns], Scores]
    meaning: str
    learned: bool = False


AGENT_TERMS: Mapping[str, Term] = {
    "idle": Term(("idle_ms",), _idle, "seconds free"),
    "rotation": Term(("unoffered_ms",), _rotation, "seconds since the last offer"),
    "fairness": Term(("busy_ms",), _fairness, "minus the busy seconds of the last hour"),
    "scarcity": Term(("breadth",), _scarcity, "minus 10 s for each skill and queue"),
}
PAIR_TERMS: Mapping[str, Term] = {
    "handle": Term(("handle_ms",), _handle, "minus the expected handle time", learned=True),
    "history": Term(("known",), _history, "60 s for the preferred agent"),
    "skill": Term(("skill_ms",), _skill, "level times weight, over the contact's needs"),
    "ending": Term(
        ("left_ms", "handle_ms"),
        _ending,
        "minus what the conversation would take of a break or of the time after the shift",
        learned=True,
    ),
}
CONTACT_TERMS: Mapping[str, Term] = {
    "urgency": Term(
        ("waited_ms", "target_ms"), _urgency, "seconds waited, twice from the target on"
    ),
    "rescue": Term(("waited_ms", "target_ms"), _rescue, "60 s while the target can still be kept"),
    "overdue": Term(
        ("waited_ms", "target_ms"), _overdue, "seconds waited beyond six times the target"
    ),
}
TERMS: Mapping[str, Term] = {**AGENT_TERMS, **PAIR_TERMS, **CONTACT_TERMS}
"""All terms a weight may be given to."""
_TERMS_OF: Mapping[str, frozenset[str]] = {
    "1": frozenset(TERMS) - _ADDED_IN_2,
    FORMULA: frozenset(TERMS),
}
"""Terms by version: records of older versions replay as long as these say what they said."""


def needed(weights: Mapping[str, float]) -> tuple[str, ...]:
    """Columns that the terms in force are computed from, in a fixed order."""
    names = (name for term in TERMS if weights.get(term) for name in TERMS[term].columns)
    return tuple(dict.fromkeys(names))


def fit(columns: Columns, weights: Mapping[str, float]) -> Scores:
    """What sets agents apart for a contact: weighted terms of agents, then of pairs; [agents]."""
    return _sum(AGENT_TERMS, columns, weights) + _sum(PAIR_TERMS, columns, weights)


def urgency(columns: Mapping[str, Any], weights: Mapping[str, float]) -> Scores:
    """What sets contacts apart: weighted terms of contacts; [contacts], or [] for plain numbers."""
    return _sum(CONTACT_TERMS, columns, weights)


def _sum(terms: Mapping[str, Term], columns: Columns, weights: Mapping[str, float]) -> Scores:
    # One after the other in the order of the table: the bits depend on it.
    total = _NOTHING
    for name, term in terms.items():
        weight = weights.get(name)
        if weight:
            share = weight * term.compute(columns)
            total = share if total is _NOTHING else total + share
    return total


def agent_key(agent_id: str) -> int:
    """64 bits of an agent's id, for drawing lots."""
    return int.from_bytes(hashlib.blake2b(agent_id.encode(), digest_size=8).digest())


def lots(keys: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """One lot for each agent: who is equal otherwise goes by the higher one.

    The finaliser of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
    generators", fig. 17).
    """
    mixed = keys ^ np.uint64(seed)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    drawn: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return drawn


def best_first(fits: Scores, drawn: NDArray[np.uint64], most: int = 0) -> NDArray[np.intp]:
    """Indices by fit, the highest first, equals by lot; only the first `most` (0: all).

    O(n log n), or O(n) where only few are wanted.
    """
    if 0 < most < len(fits) // 2:
        least = np.partition(fits, len(fits) - most)[len(fits) - most]
        among = np.flatnonzero(fits >= least)
        return among[np.lexsort((drawn[among], fits[among]))[::-1]][:most]
    order: NDArray[np.intp] = np.lexsort((drawn, fits))[::-1]
    return order[:most] if most else order


@dataclass(frozen=True, slots=True)
class Replayed:
    """A decision computed anew: every candidate that was kept, in the order kept."""

    candidates: tuple[Candidate, ...]
    chosen: str


def replay(inputs: Inputs, seed: int, propensity: float = 1.0) -> Replayed:
    """Scores and choice from what a decision kept; equal bit for bit to what was computed then.

    `propensity`: with which probability the policy was in force. Raises ValueError for a formula
    that is not known, for unknown terms or missing columns, and where nobody could be chosen.
    """
    _check(inputs)
    table = np.array(inputs.values, dtype=np.int64).reshape(len(inputs.agents), -1)
    columns = {name: table[:, index] for index, name in enumerate(inputs.columns)}
    columns |= {name: np.array(value) for name, value in inputs.contact.items()}
    fits = np.broadcast_to(fit(columns, inputs.weights), len(inputs.agents))
    drawn = lots(np.array([agent_key(agent) for agent in inputs.agents], dtype=np.uint64), seed)
    free = [agent not in inputs.given_to_others for agent in inputs.agents]
    chosen = next(int(index) for index in best_first(fits, drawn) if free[index])
    scores = fits + urgency(columns, inputs.weights)
    chances = np.where(np.arange(len(scores)) == chosen, propensity, 0.0)
    return Replayed(tuple(_candidates(inputs, columns, scores, chances)), inputs.agents[chosen])


def _check(inputs: Inputs) -> None:
    if inputs.formula not in _TERMS_OF:
        known = ", ".join(repr(version) for version in _TERMS_OF)
        raise ValueError(f"formula {inputs.formula!r} is none of {known}")
    if unknown := set(inputs.weights) - _TERMS_OF[inputs.formula]:
        raise ValueError(f"unknown terms: {', '.join(sorted(unknown))}")
    if missing := set(needed(inputs.weights)) - {*inputs.columns, *inputs.contact}:
        raise ValueError(f"missing columns: {', '.join(sorted(missing))}")
    if all(agent in inputs.given_to_others for agent in inputs.agents):
        raise ValueError("no candidate was free")


def _candidates(
    inputs: Inputs, columns: Columns, scores: Scores, chances: Scores
) -> list[Candidate]:
    shares = {
        name: np.broadcast_to(weight * TERMS[name].compute(columns), scores.shape)
        for name, weight in inputs.weights.items()
        if weight
    }
    handle = np.broadcast_to(columns.get("handle_ms", np.int64(0)), scores.shape)
    return [
        Candidate(
            agent=agent,
            score=float(scores[index]),
            terms={name: float(share[index]) for name, share in shares.items()},
            propensity=float(chances[index]),
            predicted_ms=int(handle[index]),
        )
        for index, agent in enumerate(inputs.agents)
    ]
