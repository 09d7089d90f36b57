"""The bot's domain, story and apologies fit together, in both languages."""

import re
from functools import cache
from typing import Any

import pytest
from ruamel.yaml import YAML
from switchyard_actions.entrypoints.rasa.turn_action import ACTION
from switchyard_bot.incoming import EVENTS
from switchyard_bot.project import here

pytestmark = pytest.mark.unit

LANGUAGES = ("zh", "en")


@cache
def load(name: str) -> Any:
    return YAML(typ="safe").load(here().root / name)


def intents() -> list[str]:
    return [next(iter(intent)) for intent in load("domain/dialogue.yml")["intents"]]


def test_each_response_has_one_variant_per_language() -> None:
    for name, variants in load("domain/responses.yml")["responses"].items():
        told = [variant["condition"][0]["value"] for variant in variants]
        assert sorted(told) == sorted(LANGUAGES), name
        for variant in variants:
            han = re.search(r"[\u4e00-\u9fff]", variant["text"]) is not None
            assert han == (variant["condition"][0]["value"] == "zh"), name


def test_domain_names_exactly_the_action_that_exists() -> None:
    assert load("domain/dialogue.yml")["actions"] == [ACTION]


def test_every_event_is_an_intent_and_the_one_story_shows_the_action() -> None:
    assert set(EVENTS) <= set(intents())
    (story,) = load("data/stories.yml")["stories"]
    assert story["steps"] == [{"intent": "greet"}, {"action": ACTION}]


def test_no_slot_sways_the_policy_and_customers_fill_none_but_the_language() -> None:
    slots = load("domain/dialogue.yml")["slots"]
    assert set(slots) == {"language", "dialogue"}
    assert not any(slot["influence_conversation"] for slot in slots.values())
    assert slots["dialogue"]["mappings"] == [{"type": "custom"}]


def test_apology_of_the_channel_has_all_it_needs() -> None:
    # handling.py fills in these three; nothing else speaks when the action server is down.
    assert set(load("domain/responses.yml")["responses"]) == {
        "utter_trouble",
        "utter_trouble_again",
        "utter_trouble_summary",
    }
