"""Asks a packed model what it understands, and scores it on the held-out phrases."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rasa.core.agent import Agent

_NOT_UNDERSTOOD = frozenset({"nlu_fallback", "out_of_scope"})


@dataclass(frozen=True)
class Miss:
    """A phrase that was understood as something else."""

    phrase: str
    expected: str
    got: str
    confidence: float


@dataclass(frozen=True)
class Score:
    """How one language fared. Rates are 0 to 1."""

    phrases: int
    accuracy: float  # of phrases the bot has an answer to
    false_fallback: float  # of the same: taken for not understood
    out_of_scope_rejected: float  # of phrases it has no answer to
    misses: tuple[Miss, ...]

    def summary(self) -> dict[str, Any]:
        """The figures without the phrases."""
        return {
            "phrases": self.phrases,
            "accuracy": round(self.accuracy, 4),
            "false_fallback": round(self.false_fallback, 4),
            "out_of_scope_rejected": round(self.out_of_scope_rejected, 4),
        }


def load(model: Path) -> Agent:
    """Unpacks a model as the server does."""
    return Agent.load(str(model))


def read_heldout(folder: Path) -> dict[str, dict[str, list[str]]]:
    """Phrases by language and intent."""
    return {
        path.stem: {
            intent: [str(phrase) for phrase in phrases]
            for intent, phrases in yaml.safe_load(path.read_text(encoding="utf-8")).items()
        }
        for path in sorted(folder.glob("*.yml"))
    }


async def score(agent: Agent, phrases_by_intent: Mapping[str, list[str]]) -> Score:
    """Parses every phrase. ``out_of_scope`` counts as rejected by fallback, too."""
    known = fallbacks = right = rejected = strange = 0
    misses = []
    for expected, phrases in phrases_by_intent.items():
        for phrase in phrases:
            intent = (await agent.parse_message(phrase))["intent"]
            got = intent["name"]
            turned_down = got in _NOT_UNDERSTOOD
            if expected in _NOT_UNDERSTOOD:
                strange += 1
                rejected += turned_down
                correct = turned_down
            else:
                known += 1
                fallbacks += turned_down
                correct = got == expected
                right += correct
            if not correct:
                misses.append(Miss(phrase, expected, got, float(intent["confidence"])))
    return Score(
        phrases=known + strange,
        accuracy=right / max(known, 1),
        false_fallback=fallbacks / max(known, 1),
        out_of_scope_rejected=rejected / max(strange, 1),
        misses=tuple(misses),
    )
