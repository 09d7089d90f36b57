"""Texts of the bot and of menus as clips, pauses and, where nothing else will do, free words."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.saying.pieces import Clip, Free, Pause, Piece
from switchyard_phone.domain.saying.speech import Speech

pytestmark = pytest.mark.unit

ZH, EN = Language.CHINESE, Language.ENGLISH
TEXTS = Path(__file__).parents[3] / "services/ivr_bot/actions/src/switchyard_actions/texts"


def known(language: Language) -> Speech:
    files = [yaml.safe_load(file.read_text("utf-8")) for file in sorted(TEXTS.glob("*.yml"))]
    return Speech(language, [each[language.value] for file in files for each in file.values()])


SPEECH = {ZH: known(ZH), EN: known(EN)}


def shown(pieces: tuple[Piece, ...]) -> str:
    """Clips with blanks between, pauses as /, free words in <>."""
    return " ".join(
        "/" if isinstance(one, Pause) else f"<{one.text}>" if isinstance(one, Free) else one.text
        for one in pieces
    )


def said(language: Language, text: str) -> str:
    return shown(SPEECH[language].pieces(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Please enter your service PIN, four to eight digits.",) * 2,
        (
            "Your bill B202611000123 for November is 128 yuan. It is not paid yet and due tomorrow "
            "(28 November).",
            "Your bill B / two zero two six / one one zero zero / zero one two three for November "
            "is one hundred and twenty-eight yuan / It is not paid yet and due tomorrow / the "
            "twenty-eighth of November",
        ),
        (
            "Order SY20261234 (desk lamp ×2) has been shipped.",
            "Order S Y / two zero two six / one two three four / <desk lamp times two> / "
            "has been shipped",
        ),
        (
            "We will call +8613812345678 as soon as we can. Is that right?",
            "We will call one three eight / one two three four / five six seven eight "
            "as soon as we can. Is that right",
        ),
        ("open now until 6 pm", "open now until six pm"),
        ("Use my PIN", "Use my PIN"),
        ("Something nobody has written.", "<Something nobody has written>"),
        ("Pay $28.99 now", "<Pay twenty-eight dollars and ninety-nine cents now>"),
        ("Fri 27 Nov, 10:30", "Friday / the twenty-seventh of November / ten thirty"),
        ("9 am – 5:30 pm", "nine am to five thirty pm"),
        ("20%", "twenty percent"),
        ("the sun lamp, mar 2", "<the sun lamp, mar two>"),
    ],
)
def test_english_texts(text: str, expected: str) -> None:
    assert said(EN, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("请输入您的服务 PIN 码（4 到 8 位数字）。",) * 2,
        (
            "您的账单 B202611000123（11 月）是 128.05 元，还没有付，请在明天（11 月 28 日）"
            "之前付清。",
            "您的账单 B / 二 零 二 六 / 幺 幺 零 零 / 零 幺 二 三 / 十一月 / 是 一百 二十八 元 零 "
            "五分 / 还没有付，请在 明天 / 十一月 二十八日 之前付清",
        ),
        (
            "订单 SY20261234（台灯 ×2）已发货。",
            "订单 S Y / 二 零 二 六 / 幺 二 三 四 / <台灯两个> / 已发货",
        ),
        (
            "我们将尽快拨打 +8613812345678，对吗？",
            "我们将尽快拨打 幺 三 八 / 幺 二 三 四 / 五 六 七 八 / 对吗",
        ),
        ("正在营业，今天下午 6:30关门", "正在营业，今天 下午 六点 三十分 关门"),
        ("没有人写过的一句话。", "<没有人写过的一句话>"),
        ("11月27日 周五 10:30", "十一月 二十七日 星期五 十点 三十分"),
        ("上午 9 点 – 下午 5 点", "上午 九点 到 下午 五点"),
        ("尾号 0178", "<尾号零幺七八>"),
        ("2 个", "两 个"),
        ("20%", "百分之 二十"),
        ("2026-11-28", "二 零 二 六 年 十一月 二十八日"),
    ],
)
def test_chinese_texts(text: str, expected: str) -> None:
    assert said(ZH, text) == expected


@pytest.mark.parametrize("language", list(Language))
def test_every_text_of_the_bot_without_values_is_one_clip(language: Language) -> None:
    files = [yaml.safe_load(file.read_text("utf-8")) for file in sorted(TEXTS.glob("*.yml"))]
    texts = [each[language.value].strip() for file in files for each in file.values()]
    for text in texts:
        if "{" not in text and any(sign.isalpha() for sign in text):
            assert SPEECH[language].pieces(text) == (Clip(text),)


def test_a_menu_line_is_said_whole_and_a_choice_by_its_parts() -> None:
    speech = Speech(EN, ["{label}: press {key}.", "Use my PIN"])
    assert shown(speech.pieces("Use my PIN: press 2.")) == "Use my PIN / press two"


def test_a_list_is_said_line_by_line() -> None:
    text = "You owe 30 yuan in all:\nB202611000123 for November: 10 yuan, due today\n"
    assert said(EN, text).endswith("for November / ten yuan / due today")
    assert "<" not in said(EN, text)


WORDS = st.sampled_from(
    [
        *("Order ", "订单 ", "SY20261234", "（", "，", "。", "\n", "28 November", "11 月 28 日"),
        *("3:30 pm", "$5", "99.99 元", "{x}", "×2", "foo", "00", "-", "%", " ", "1,000"),
        *("下午", "31 月", "25:61"),
    ]
)


@given(st.lists(WORDS, max_size=12).map("".join), st.sampled_from(list(Language)))
def test_any_text_can_be_said_with_clips_that_there_are(text: str, language: Language) -> None:
    pieces = SPEECH[language].pieces(text)
    inventory = SPEECH[language].inventory()
    for one in pieces:
        assert not isinstance(one, Clip) or one.text in inventory
        assert not isinstance(one, Free) or one.text.strip()
    assert not pieces or not isinstance(pieces[0], Pause)
    assert not pieces or not isinstance(pieces[-1], Pause)


@given(st.text(max_size=60), st.sampled_from(list(Language)))
def test_no_text_is_too_odd_to_be_said(text: str, language: Language) -> None:
    SPEECH[language].pieces(text)
