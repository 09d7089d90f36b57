"""The bot's texts and examples are complete in both languages."""

import re
from functools import cache
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from ruamel.yaml import YAML
from switchyard_actions.entrypoints.rasa.actions import BotActions
from switchyard_actions.metrics import ActionsMetrics
from switchyard_actions.service.check_details import CheckDetails
from switchyard_bot.incoming import GREET, HAND_BACK
from switchyard_bot.project import here
from switchyard_bot.text import normalise

from tests.fakes.actions.orders import FakeOrderDirectory

pytestmark = pytest.mark.unit

LANGUAGES = ("zh", "en")
_ANNOTATION = re.compile(r"\[([^]]+)\]\(\w+\)")


@cache
def load(name: str) -> Any:
    return YAML(typ="safe").load(here().root / name)


def examples(language: str) -> dict[str, list[str]]:
    """Training phrases by intent, without annotations."""
    entries = [entry for entry in load(f"data/nlu/{language}.yml")["nlu"] if "intent" in entry]
    return {
        entry["intent"]: [
            _ANNOTATION.sub(r"\1", line.removeprefix("- "))
            for line in entry["examples"].splitlines()
        ]
        for entry in entries
    }


def heldout(language: str) -> dict[str, list[str]]:
    return {
        intent: [str(phrase) for phrase in phrases]
        for intent, phrases in load(f"heldout/{language}.yml").items()
    }


def intents() -> list[str]:
    return [next(iter(intent)) for intent in load("domain/dialogue.yml")["intents"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_intent_has_enough_different_examples(language: str) -> None:
    learnt = set(intents()) - {HAND_BACK, "nlu_fallback"}
    found = examples(language)
    assert set(found) == learnt
    for intent, phrases in found.items():
        assert len(set(phrases)) >= 40, intent


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_teaches_two_intents(language: str) -> None:
    owners: dict[str, str] = {}
    for intent, phrases in examples(language).items():
        for phrase in phrases:
            assert owners.setdefault(normalise(phrase).lower(), intent) == intent, phrase


@pytest.mark.parametrize("language", LANGUAGES)
def test_heldout_phrases_cover_every_intent_and_were_never_trained(language: str) -> None:
    trained = {
        normalise(phrase).lower() for phrases in examples(language).values() for phrase in phrases
    }
    found = heldout(language)
    assert set(found) == set(examples(language))
    for intent, phrases in found.items():
        assert len(set(phrases)) >= 15, intent
        # Bare numbers look alike in every set; what is learnt from them is their shape.
        words = {normalise(phrase).lower() for phrase in phrases if re.search(r"[^\d\s]", phrase)}
        known = {phrase for phrase in words & trained if not re.fullmatch(r"(sy)?\d+", phrase)}
        assert not known, intent


def test_each_response_has_one_variant_per_language() -> None:
    for name, variants in load("domain/responses.yml")["responses"].items():
        told = [variant["condition"][0]["value"] for variant in variants]
        assert sorted(told) == sorted(LANGUAGES), name
        for variant in variants:
            han = re.search(r"[\u4e00-\u9fff]", variant["text"]) is not None
            assert han == (variant["condition"][0]["value"] == "zh"), name


def test_domain_names_exactly_the_actions_that_exist() -> None:
    metrics = ActionsMetrics(CollectorRegistry())
    actions = BotActions(CheckDetails(FakeOrderDirectory()), metrics).by_name()
    assert sorted(load("domain/dialogue.yml")["actions"]) == sorted(actions)


def test_rules_use_what_the_domain_knows() -> None:
    responses = set(load("domain/responses.yml")["responses"])
    domain = load("domain/dialogue.yml")
    actions = responses | set(domain["actions"]) | set(domain["forms"])
    steps = [step for rule in load("data/rules.yml")["rules"] for step in rule["steps"]]
    used = {step["action"] for step in steps if "action" in step}
    assert used - actions == {"action_deactivate_loop", "action_listen"}  # Rasa's own
    heard = {step["intent"] for step in steps if "intent" in step}
    assert heard == set(intents())
    assert {GREET, HAND_BACK} <= heard
