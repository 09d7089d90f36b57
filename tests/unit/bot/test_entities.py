"""Values that stand in a message: numbers of every kind, days, times, amounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_bot.entities import NAMES, find
from switchyard_bot.text import normalise

pytestmark = pytest.mark.unit

_PIECES = st.sampled_from(
    [
        *"0123456789一二三两十百:-/.,+¥$@#TtBbSsYy点月日号分期 ",
        *[
            "SY",
            "CS-",
            "20261234",
            "5678",
            "tomorrow",
            "明天",
            "下午",
            "3pm",
            "不是",
            "not ",
            "工单",
        ],
        *["元", " dollars", " instalments", "five ", "a@b.cn", "星", " out of 5"],
    ]
)


def values(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entity in find(normalise(text)):
        found.setdefault(entity.name, []).append(entity.value)
    return found


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("我的订单sy-2026-1234到哪了", "order_number", "SY20261234"),
        ("ＳＹ２０２６１２３４", "order_number", "SY20261234"),
        ("SY twenty twenty-six twelve thirty-four please", "order_number", "SY20261234"),
        ("20261234", "order_number", "SY20261234"),
        ("T2000001怎么样了", "ticket_number", "T2000001"),
        ("ticket t 200 0001", "ticket_number", "T2000001"),
        ("工单2000001", "ticket_number", "T2000001"),
        ("my case number is 4821 0937", "ticket_number", "48210937"),
        ("cs 20260001", "ticket_number", "CS-20260001"),
        ("CS-2026-0001", "ticket_number", "CS-2026-0001"),
        ("bill b 202610 000123", "bill_number", "B202610000123"),
        ("202610000123", "bill_number", "B202610000123"),
        ("打我手机 138 0013 8000", "phone", "13800138000"),
        ("+86 138-0013-8000", "phone", "+8613800138000"),
        ("(555) 010-1234", "phone", "5550101234"),
        ("one three eight double zero one three eight triple zero", "phone", "13800138000"),
        ("幺三八零零幺三八零零零", "phone", "13800138000"),
        ("尾号五六七八", "phone_digits", "5678"),
        ("last four are five six seven eight", "phone_digits", "5678"),
        ("验证码 1 2 3 4 5 6", "digits", "123456"),
        ("我的邮箱是 Wang@Example.COM", "email", "wang@example.com"),
        ("¥1,280.50", "amount", "1280.50"),
        ("三百二十块", "amount", "320"),
        ("每月还200元", "amount", "200"),
        ("two hundred pounds", "amount", "200"),
        ("分三期付", "instalments", "3"),
        ("12期", "instalments", "12"),
        ("分两次付", "instalments", "2"),
        ("in six monthly instalments", "instalments", "6"),
        ("spread it over 6 months", "instalments", "6"),
        ("打4分吧", "rating", "4"),
        ("五星", "rating", "5"),
        ("满分", "rating", "5"),
        ("3 out of 5", "rating", "3"),
        ("four stars", "rating", "4"),
        ("four", "rating", "4"),
        ("明天下午三点", "date", "明天"),
        ("明天下午三点", "time", "下午三点"),
        ("下周三上午10点半", "date", "下周三"),
        ("下周三上午10点半", "time", "上午10点半"),
        ("十二月十二号", "date", "十二月十二号"),
        ("2026-11-25", "date", "2026-11-25"),
        ("next Friday at 3:30 pm", "date", "next Friday"),
        ("next Friday at 3:30 pm", "time", "3:30 pm"),
        ("half past three on Nov 25th", "date", "Nov 25th"),
        ("half past three on Nov 25th", "time", "half past three"),
        ("半小时后打给我", "time", "半小时后"),
        ("第二个", "ordinal", "2"),
        ("the last one", "ordinal", "-1"),
        ("请说英文", "wanted_language", "en"),
        ("mandarin please", "wanted_language", "zh"),
    ],
)
def test_finds_a_value_in_its_usual_form(text: str, name: str, expected: str) -> None:
    assert expected in values(text).get(name, [])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("SY202612345", "order_number"),  # nine digits
        ("XSY20261234", "order_number"),
        ("YL000000123456", "phone"),  # a carrier's number
        ("A12345678", "digits"),
        ("SY20261234", "digits"),
        ("SY20261234", "phone_digits"),
        ("工单48210937", "order_number"),
        ("13800138000", "order_number"),
        ("202610000123", "phone"),
        ("2026年的账单", "phone_digits"),
        ("11月25号", "digits"),
        ("下午3点", "number"),
        ("早上好", "time"),
        ("good afternoon", "time"),
        ("快一点", "time"),
        ("有点慢", "time"),
        ("may I ask something", "date"),
        ("坐3号线", "date"),
        ("5分钟后", "rating"),
        ("15分", "rating"),
        ("等了三天了", "rating"),
        ("不是5678", "phone_digits"),
        ("not SY20261234", "order_number"),
    ],
)
def test_does_not_take_one_thing_for_another(text: str, name: str) -> None:
    assert name not in values(text)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("不是5678，是8765", "phone_digits", ["8765"]),
        ("it's not SY20261234, it's SY20265678", "order_number", ["SY20265678"]),
        ("不是明天，是后天", "date", ["后天"]),
        ("是不是SY20261234", "order_number", ["SY20261234"]),
        ("订单SY20261234，尾号5678", "phone_digits", ["5678"]),
        ("SY20261234 and SY20265678", "order_number", ["SY20261234", "SY20265678"]),
    ],
)
def test_what_is_taken_back_does_not_count(text: str, name: str, expected: list[str]) -> None:
    assert values(text)[name] == expected


@given(st.lists(_PIECES, max_size=30).map("".join))
def test_values_lie_in_the_text_and_have_known_names(text: str) -> None:
    normal = normalise(text)
    for entity in find(normal):
        assert entity.name in NAMES
        assert 0 <= entity.start < entity.end <= len(normal)
        assert entity.value


@given(
    st.integers(0, 99_999_999), st.sampled_from(["SY{}", "sy-{}", "订单 SY {} 到哪了", "s.y.{}?"])
)
def test_any_order_number_is_found_once_and_is_nothing_else(number: int, frame: str) -> None:
    found = find(normalise(frame.format(f"{number:08}")))
    assert [(entity.name, entity.value) for entity in found] == [("order_number", f"SY{number:08}")]


@given(st.text("0123456789", min_size=1, max_size=30))
def test_bare_digits_keep_their_value(digits: str) -> None:
    found = {entity.name: entity.value for entity in find(digits)}
    assert found.get("digits", digits) == digits
    assert len(digits) > 20 or "digits" in found or "bill_number" in found


@given(st.text(max_size=500))
def test_any_text_can_be_looked_through(text: str) -> None:
    find(normalise(text))


@pytest.mark.parametrize("piece", ["1 ", "一", "five ", "1-", "a@", "分", "不是 ", "5,", "SY2"])
def test_long_repetitions_are_read_in_one_go(piece: str) -> None:
    """What would hang for minutes if a pattern backtracked; 500 characters are the most."""
    find(normalise(piece * 500))
