"""All texts exist in both languages and have what the code fills in."""

import re
from pathlib import Path

import pytest
import switchyard_actions
from hypothesis import given
from hypothesis import strategies as st
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.say import Choice, Say
from switchyard_actions.domain.texts import BadTexts, Texts

from tests.fakes.actions.talk import the_texts

pytestmark = pytest.mark.unit

CODE = Path(switchyard_actions.__file__).parent
ZH, EN = Language.CHINESE, Language.ENGLISH
_HAN = re.compile(r"[\u4e00-\u9fff]")
_KEY = re.compile(r'f?"((?:dialogue|verification|handover)\.[a-z0-9_{}.]+)"')
_REASON = re.compile(
    r'(?:\bPerson|OfferPerson|_offer_person|give)\(\s*(?:stage,\s*)?"(\w+)"|"ask_person",\s*"(\w+)"'
)
_MINE = ("dialogue", "verification", "handover")


def test_chinese_is_chinese_and_english_is_not() -> None:
    texts = the_texts()
    for key in texts.keys:
        values = dict.fromkeys(texts.placeholders(key), "")
        chinese, english = (texts.render(Say(key, values), language) for language in (ZH, EN))
        assert not _HAN.search(english), key
        if len(english) > 20:
            assert _HAN.search(chinese), key


def test_every_key_that_the_code_names_exists_and_every_text_is_used() -> None:
    named = {
        match[1] for path in CODE.rglob("*.py") for match in _KEY.finditer(path.read_text("utf-8"))
    }
    whole = {key for key in named if "{" not in key}
    starts = tuple(key.partition("{")[0] for key in named if "{" in key)
    texts = the_texts()
    assert {key for key in whole if key not in texts} == set()
    unused = {
        key
        for key in texts.keys
        if key.startswith(_MINE) and key not in whole and not key.startswith(starts)
    }
    assert unused == set()


def test_every_reason_for_a_person_can_be_told() -> None:
    reasons = {
        match[1] or match[2]
        for path in CODE.rglob("*.py")
        for match in _REASON.finditer(path.read_text("utf-8"))
    }
    assert {"asked", "fallback", "verification_failed", "tries", "file"} <= reasons
    assert {reason for reason in reasons if f"handover.reason_{reason}" not in the_texts()} == set()


@pytest.mark.parametrize(
    ("variants", "problem"),
    [
        ({"en": "Hi"}, "exactly zh and en"),
        ({"en": "Hi", "zh": "你好", "fr": "Salut"}, "exactly zh and en"),
        ({"en": "Hi", "zh": " "}, "empty"),
        ({"en": "Hi {name}", "zh": "你好"}, "different placeholders"),
    ],
)
def test_incomplete_texts_are_refused(variants: dict[str, str], problem: str) -> None:
    with pytest.raises(BadTexts, match=problem):
        Texts({"a.b": variants})


def test_missing_value_is_an_error_not_a_gap() -> None:
    texts = Texts({"a.b": {"en": "Hi {name}", "zh": "{name}你好"}})
    with pytest.raises(KeyError):
        texts.render(Say("a.b"), EN)


@given(st.text(), st.text())
def test_values_are_put_in_as_they_are(one: str, two: str) -> None:
    texts = Texts({"a.b": {"en": "{one}-{two}", "zh": "{two}-{one}"}})
    say = Say("a.b", {"one": one, "two": two})
    assert texts.render(say, EN) == f"{one}-{two}"
    assert texts.render(say, ZH) == f"{two}-{one}"


def test_title_of_a_choice_is_a_text_or_itself() -> None:
    assert the_texts().title(Choice(key="dialogue.yes"), ZH) == "是"
    assert the_texts().title(Choice(title="SY20261234"), ZH) == "SY20261234"
