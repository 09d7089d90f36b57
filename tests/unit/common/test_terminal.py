"""Text of strangers on a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_common.terminal import printable

pytestmark = pytest.mark.unit

ESCAPES = st.text(st.characters(categories=["Cc", "Cf", "L"]) | st.sampled_from("\x1b[]2Jm\u202e"))


@given(ESCAPES)
def test_nothing_that_a_terminal_obeys_is_left_but_line_ends_and_tabs(text: str) -> None:
    left = {mark for mark in printable(text) if unicodedata.category(mark) == "Cc"}
    assert left <= {"\n", "\t"}
    assert "\u202e" not in printable(text)


@pytest.mark.parametrize(
    "text", ["", "您好，我的账单", "line\n\tnext", "👩\u200d👩\u200d👧 ✓", "שלום"]
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_what_is_written_out_can_still_be_read() -> None:
    assert printable("\x1b]0;owned\x07\u202egnp.exe") == r"\x1b]0;owned\x07\u202egnp.exe"
