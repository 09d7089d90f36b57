"""The training examples: complete in both languages, without contradictions, apart from heldout."""

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from ruamel.yaml import YAML
from switchyard_bot import language as languages
from switchyard_bot.incoming import EVENTS, GREET
from switchyard_bot.project import here
from switchyard_bot.text import normalise

pytestmark = pytest.mark.unit

LANGUAGES = languages.LANGUAGES
LEAST = 45
LEAST_OUT_OF_SCOPE = 200


def load(path: Any) -> Any:
    return YAML(typ="safe").load(path)


@cache
def examples(language: str) -> dict[str, tuple[str, ...]]:
    """Training phrases by intent."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((here().root / "data" / "nlu" / language).glob("*.yml")):
        for entry in load(path)["nlu"]:
            assert entry["intent"] not in found, "an intent's examples stand in one file"
            lines = entry["examples"].splitlines()
            found[entry["intent"]] = tuple(line.removeprefix("- ") for line in lines)
    return found


def intents() -> set[str]:
    domain = load(here().root / "domain" / "dialogue.yml")
    return {
        next(iter(intent)) if isinstance(intent, dict) else intent for intent in domain["intents"]
    }


def key(phrase: str) -> str:
    """What makes two phrases the same for the classifier: neither case nor punctuation."""
    return re.sub(r"[\W_]+", " ", normalise(phrase).lower()).strip() or normalise(phrase)


def fingerprint(phrase: str) -> str:
    return hashlib.sha256(key(phrase).encode()).hexdigest()[:16]


def every_phrase() -> Iterator[tuple[str, str, str]]:
    for language in LANGUAGES:
        for intent, phrases in examples(language).items():
            for phrase in phrases:
                yield language, intent, phrase


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_intent_that_words_can_have_has_enough_examples(language: str) -> None:
    learnt = intents() - (set(EVENTS) - {GREET}) - {"nlu_fallback"}
    found = examples(language)
    assert set(found) == learnt
    for intent, phrases in found.items():
        least = LEAST_OUT_OF_SCOPE if intent == "out_of_scope" else LEAST
        assert len({key(phrase) for phrase in phrases}) >= least, intent


def test_no_phrase_teaches_two_intents() -> None:
    owners: dict[str, str] = {}
    for _, intent, phrase in every_phrase():
        assert owners.setdefault(key(phrase), intent) == intent, phrase


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_is_taught_twice(language: str) -> None:
    taught = [
        normalise(phrase).lower() for phrases in examples(language).values() for phrase in phrases
    ]
    assert len(taught) == len(set(taught))


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_are_not_mixed_up(language: str) -> None:
    """Mixed sentences belong; a language's own words are in most of its examples."""
    for intent, phrases in examples(language).items():
        told = [languages.choose(normalise(phrase), None) for phrase in phrases]
        other = sum(spoken not in (language, None) for spoken in told)
        assert other / len(phrases) <= 0.15, intent


def test_examples_are_plain_text_that_reaches_the_classifier() -> None:
    for _, intent, phrase in every_phrase():
        assert phrase == phrase.strip(), (intent, phrase)
        assert normalise(phrase), (intent, phrase)
        assert not re.search(r"\]\(|\]\{", phrase), "entities are found by patterns, not annotated"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_heldout_phrase_was_taught(language: str) -> None:
    """Compared by fingerprint, so that a failure tells the intent and not the phrase."""
    taught = {fingerprint(phrase) for _, _, phrase in every_phrase()}
    heldout = load(here().root / "heldout" / f"{language}.yml")
    known: dict[str, list[str]] = {}
    for intent, phrases in heldout.items():
        for phrase in map(str, phrases):
            # Bare numbers look alike in every set; what is learnt from them is their shape.
            if fingerprint(phrase) in taught and not re.fullmatch(r"[a-z]{0,2}[\d ]+", key(phrase)):
                known.setdefault(intent, []).append(fingerprint(phrase))
    assert not known


@pytest.mark.parametrize("language", LANGUAGES)
def test_heldout_phrases_cover_the_same_intents(language: str) -> None:
    heldout = load(here().root / "heldout" / f"{language}.yml")
    assert set(heldout) == set(examples(language))
