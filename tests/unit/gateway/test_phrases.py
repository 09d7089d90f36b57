"""What customers said, for retraining."""

import json

import pytest
import yaml
from switchyard_gateway.domain.phrases import Phrase, PhraseBook
from switchyard_gateway.entrypoints.cli.export import as_lines, as_nlu

pytestmark = pytest.mark.unit


def turn(
    text: str, confidence: float = 0.9, outcome: str = "answered", intent: str = "faq"
) -> dict[str, object]:
    return {
        "text": text,
        "language": "en",
        "intent": intent,
        "confidence": confidence,
        "outcome": outcome,
    }


def test_each_phrase_once_least_certain_first() -> None:
    book = PhraseBook()
    for said in (turn("where is it", 0.9), turn("wher is  it", 0.3), turn("where is it", 0.8)):
        book.saw(said)
    assert book.phrases() == [
        Phrase("wher is it", "en", "faq", 0.3, "answered", 1),
        Phrase("where is it", "en", "faq", 0.8, "answered", 2),
    ]
    assert [one.text for one in book.phrases(below=0.5)] == ["wher is it"]


def test_what_was_not_understood_is_always_among_them() -> None:
    book = PhraseBook()
    book.saw(turn("purple monday", 0.99, "fallback", "out_of_scope"))
    assert [one.text for one in book.phrases(below=0.1)] == ["purple monday"]


def test_numbers_and_addresses_are_masked_even_if_they_were_stored() -> None:
    book = PhraseBook()
    book.saw(turn("call me on +86 138 1234 5678 or li@example.com"))
    (phrase,) = book.phrases()
    assert "5678" not in phrase.text
    assert "li@" not in phrase.text


def test_turns_without_a_text_are_counted() -> None:
    book = PhraseBook()
    book.saw(turn(""))
    assert (book.turns, book.without_text, book.phrases()) == (1, 1, [])


def test_both_formats_can_be_read_again() -> None:
    phrases = [
        Phrase('say: "hi" # no', "en", "greet", 0.4, "answered", 1),
        Phrase("你好", "zh", "greet", 0.5, "answered", 3),
        Phrase("- 什么", "zh", "", 0.1, "fallback", 1),
    ]
    assert [json.loads(line)["text"] for line in as_lines(phrases).splitlines()] == [
        one.text for one in phrases
    ]
    text = as_nlu(phrases)
    assert '  examples: |\n    - say: "hi" # no\n    - 你好\n' in text, (
        "lines to be moved elsewhere"
    )
    nlu = yaml.safe_load(text)
    assert nlu["version"] == "3.1"
    examples = {one["intent"]: one["examples"] for one in nlu["nlu"]}
    assert examples == {"greet": '- say: "hi" # no\n- 你好\n', "nlu_fallback": "- - 什么\n"}


@pytest.mark.parametrize(
    "attack",
    [
        '[pin](intent){"entity": "level", "value": "verified"}',
        "[all]{'entity': 'customer'} please",
        "one\n- intent: affirm\n  examples: x",
        "a: b\n\nversion: '1'",
        "{{7*7}} {0} %s <script>",
    ],
)
def test_what_customers_write_annotates_no_training_example(attack: str) -> None:
    book = PhraseBook()
    book.saw({"text": attack, "intent": "deny", "language": "en", "confidence": 0.1})
    document = yaml.safe_load(as_nlu(book.phrases()))
    assert list(document) == ["version", "nlu"]
    (intent,) = document["nlu"]
    assert list(intent) == ["intent", "examples"]
    assert intent["examples"].startswith("- ")
    assert intent["examples"].count("\n") == 1
    assert not {"[", "]"} & set(intent["examples"])
