"""What a caller keyed in, on its way to the dialogue: a wish and values, never words."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from switchyard_bot.errors import BadRequest
from switchyard_bot.incoming import EVENTS, parse
from switchyard_bot.keys import INTENTS, SLOTS
from switchyard_phone.domain import bot_words

pytestmark = pytest.mark.unit

DOMAIN = Path(__file__).parents[3] / "services/ivr_bot/bot/domain/dialogue.yml"


def body(keys: object, **more: Any) -> dict[str, Any]:
    return {"sender": "call-1", "keys": keys, "metadata": {"language": "zh"}, **more}


def test_a_wish_and_its_values_reach_the_dialogue_but_no_text() -> None:
    keys = {"intent": "order_status", "slots": {"order_number": "20261234"}}
    request = parse(body(keys))
    assert request.rasa_text() == '/order_status{"language": "zh"}'
    assert request.message == ""
    assert request.metadata["keys"] == {"order_number": "20261234"}
    assert "said" not in request.metadata


def test_values_without_a_wish_are_details() -> None:
    request = parse(body({"slots": {"pin": "4711"}}))
    assert request.rasa_text() == '/give_details{"language": "zh"}'
    assert request.meant == "give_details"
    assert request.intent == ""
    assert "4711" not in repr(request.keys)


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ("1", "keys must be an object"),
        ({}, "keys needs an intent or slots"),
        ({"intent": "hand_back"}, "keys.intent must be one of"),
        ({"intent": "ask_person"}, "keys.intent must be one of"),
        ({"slots": {"dialogue": "1"}}, "keys.slots may hold"),
        ({"slots": ["1"]}, "keys.slots may hold"),
        ({"slots": {"pin": "12a4"}}, "1 to 32 digits each"),
        ({"slots": {"pin": 1234}}, "1 to 32 digits each"),
        ({"slots": {"pin": ""}}, "1 to 32 digits each"),
    ],
)
def test_refuses_what_keys_cannot_tell_without_showing_it(keys: object, problem: str) -> None:
    with pytest.raises(BadRequest, match=problem) as caught:
        parse(body(keys))
    assert "12a4" not in str(caught.value)


@pytest.mark.parametrize("more", [{"message": "hello"}, {"intent": "greet"}])
def test_keys_come_alone(more: dict[str, str]) -> None:
    with pytest.raises(BadRequest, match="either message or intent or keys"):
        parse(body({"intent": "callback"}, **more))


def test_metadata_cannot_pass_for_keys() -> None:
    request = parse({"sender": "c", "message": "hi", "metadata": {"keys": {"pin": "1234"}}})
    assert "keys" not in request.metadata


def test_every_wish_is_one_that_the_bot_knows_and_no_event() -> None:
    intents = yaml.safe_load(DOMAIN.read_text(encoding="utf-8"))["intents"]
    assert {name for intent in intents for name in intent} >= INTENTS
    assert not INTENTS & set(EVENTS)


def test_the_telephone_tells_what_the_channel_takes() -> None:
    assert bot_words.INTENTS == INTENTS
    assert bot_words.SLOTS | {bot_words.CHOICE} == SLOTS
