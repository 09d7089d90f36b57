"""Order numbers and the end of phone numbers."""

import pytest
from switchyard_actions.domain.details import parse_order_number, parse_phone_last4

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("text", ["SY20261234", "sy20261234", "20261234", " SY20261234 "])
def test_reads_an_order_number(text: str) -> None:
    assert parse_order_number(text) == "SY20261234"


@pytest.mark.parametrize(
    "text", ["", "SY", "SY2026123", "SY202612345", "AB20261234", "SY2026123a", "SY20261234 5678"]
)
def test_refuses_what_is_no_order_number(text: str) -> None:
    assert parse_order_number(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5678", "5678"), ("13800135678", "5678"), ("8613800135678", "5678"), ("0210005678", "5678")],
)
def test_reads_the_last_four_digits(text: str, expected: str) -> None:
    assert parse_phone_last4(text) == expected


@pytest.mark.parametrize(
    "text", ["", "567", "56789", "56a8", "12345678", "５６７８", "86138001356789"]
)
def test_refuses_what_is_neither_four_digits_nor_a_phone(text: str) -> None:
    assert parse_phone_last4(text) is None
