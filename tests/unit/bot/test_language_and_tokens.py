"""Which language to answer in, and how text is cut into tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_bot import language, tokens

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "page", "expected"),
    [
        ("我的订单到哪了", None, "zh"),
        ("where is my order", None, "en"),
        ("我的 order 到哪了", None, "zh"),
        ("我的订单到哪了", "en", "zh"),
        ("where is my order", "zh", "en"),
        ("OK", "zh", "zh"),
        ("thanks", "zh-CN", "zh"),
        ("where is my 台灯", "en", "en"),
        ("where is my 台灯", None, "en"),
        ("帮我 book 一个 appointment", "en", "zh"),
        ("bill 多少", "zh", "zh"),
        ("扫地机器人R2怎么连wifi", "en", "zh"),
        ("CS-20260001", None, None),
        ("wang.wei@example.com", None, None),
        ("https://example.com/how/to/do", "zh", "zh"),
        ("SY20261234", "zh", "zh"),
        ("SY20261234", None, None),
        ("5678", "en-GB", "en"),
        ("5678", None, None),
        ("👍", None, None),
        ("hello", "fr", "en"),
        ("hello", 7, "en"),
    ],
)
def test_page_rules_unless_the_message_is_clearly_in_the_other_language(
    text: str, page: object, expected: str | None
) -> None:
    assert language.choose(text, page) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("查订单", ["查", "订", "单"]),
        ("我的 order 到哪了", ["我", "的", "order", "到", "哪", "了"]),
        ("SY20261234吗?", ["SY", "20261234", "吗"]),
        ("I don't know", ["I", "don't", "know"]),
        ("café", ["café"]),
        ("?!", ["?!"]),
    ],
)
def test_han_characters_words_and_digits_are_tokens(text: str, expected: list[str]) -> None:
    assert [token for _, token in tokens.split(text)] == expected


@given(st.text(min_size=1, max_size=80))
def test_tokens_lie_where_they_say_and_are_never_none(text: str) -> None:
    found = tokens.split(text)
    assert found
    assert all(text[start : start + len(token)] == token for start, token in found)
