"""What is taken out of texts that are kept."""

import pytest
from switchyard_gateway.domain.redaction import redacted

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("order SY20261234 please", "order <number> please"),
        ("call (010) 6552-1234", "call (<number>"),
        ("我的电话是一三八零零一三八零零零", "我的电话是<number>"),
        ("pin is two four six eight, thanks", "pin is <number>, thanks"),
        ("double five oh one", "<number>"),
        ("mail li.wei@example.com", "mail <mail>"),
        ("see https://x.example/reset/abc", "see <link>"),
    ],
)
def test_numbers_addresses_and_links_go_in_any_notation(said: str, kept: str) -> None:
    assert redacted(said) == kept


@pytest.mark.parametrize("said", ["one or two lamps", "the one I bought", "我要两个", "in 2 days"])
def test_ordinary_words_stay(said: str) -> None:
    assert redacted(said) == said
