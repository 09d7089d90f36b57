"""How sure one can be of what an engine understood: numbers of the model in, 0 to 1 out.

The curves were fitted to phrases spoken by synthetic voices and to words that fit no phrase, at
8 kHz; docs/telephony.md says how and what they reach. They hold for Whisper's probabilities; an
engine that brings a confidence of its own does not need them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

_NO_SPEECH = 0.6
_UNSURE_LOG_PROBABILITY = -0.8
_REPEATED = 2.4
_SURE_LOG_PROBABILITY = -0.2
_LOST_LOG_PROBABILITY = -1.4
_STEEPNESS = 1.3
_MIDDLE = -3.0
_WORDS_WEIGHT = 1.5
_ALIKE = 0.8
_ALONE_MARGIN = 2.0
_HIGHEST_MARGIN = 3.0


@dataclass(frozen=True, slots=True)
class PhraseFit:
    """How well what was heard fits one expected phrase."""

    log_probability: float
    """Mean natural logarithm of the probability that each of its tokens was said."""
    likeness: float
    """How much the text that was understood sounds like it, or holds it; 0 to 1."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What an engine made of an utterance."""

    text: str
    log_probability: float
    """Mean natural logarithm of the probability of each token of the text."""
    no_speech: float
    """Probability that nobody spoke, 0 to 1."""
    compression: float
    """How many times smaller the text becomes when packed: high for words that repeat."""
    phrases: Mapping[str, PhraseFit] = field(default_factory=dict)
    """By id of the expected phrase; the best of the ways to say it."""


def text_confidence(heard: Understood) -> float:
    """How sure the text is; 0 if it is none at all (silence, noise, a loop)."""
    if not heard.text or heard.compression > _REPEATED:
        return 0.0
    if heard.no_speech > _NO_SPEECH and heard.log_probability < _UNSURE_LOG_PROBABILITY:
        return 0.0
    span = _SURE_LOG_PROBABILITY - _LOST_LOG_PROBABILITY
    return _within((heard.log_probability - _LOST_LOG_PROBABILITY) / span)


def best_phrase(heard: Understood) -> tuple[str, float]:
    """The expected phrase that fits best, and how sure that is; ("", 0.0) without phrases.

    Three things count: how much less likely the phrase is than what the model would have written
    freely, how far the next phrase is behind, and whether the text sounds alike.
    """
    if not heard.phrases:
        return "", 0.0
    worth = {
        name: fit.log_probability + _WORDS_WEIGHT * fit.likeness
        for name, fit in heard.phrases.items()
    }
    first, *others = sorted(worth, key=lambda name: -worth[name])
    margin = worth[first] - worth[others[0]] if others else _ALONE_MARGIN
    fit = heard.phrases[first]
    free = heard.log_probability if heard.text else _LOST_LOG_PROBABILITY
    evidence = (
        fit.log_probability - free + _WORDS_WEIGHT * fit.likeness + min(margin, _HIGHEST_MARGIN)
    )
    scored = 1 / (1 + math.exp(-_STEEPNESS * (evidence - _MIDDLE - _WORDS_WEIGHT)))
    return first, max(scored, _by_words(heard, fit, margin))


def _by_words(heard: Understood, fit: PhraseFit, margin: float) -> float:
    """Somebody may say more than the phrase; then only the words tell."""
    if fit.likeness < _ALIKE or margin <= 0:
        return 0.0
    return fit.likeness * (0.5 + 0.5 * text_confidence(heard))


def _within(value: float) -> float:
    return min(1.0, max(0.0, value))
