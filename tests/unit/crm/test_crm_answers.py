"""What a CRM answers over HTTP, as values that everything behind can take."""

import pytest
from switchyard_crm.adapters.connectors.http import read_json
from switchyard_crm.service.connectors import Invalid

pytestmark = pytest.mark.unit


def test_halves_of_characters_and_nuls_are_left_out() -> None:
    told = read_json(rb'{"na\u0000me": ["Jo \ud83d", "A\u0000nn", 7], "ok": "\ud83d\ude00"}', "GET")
    assert told == {"name": ["Jo \ufffd", "Ann", 7], "ok": "\U0001f600"}


def test_a_backslash_that_only_looks_like_it_stays() -> None:
    assert read_json(rb'{"path": "C:\\u0000"}', "GET") == {"path": r"C:\u0000"}


@pytest.mark.parametrize("content", [b"{", b"NaN", b"<html>", b"[" * 100_000])
def test_what_is_not_json_is_invalid(content: bytes) -> None:
    with pytest.raises(Invalid):
        read_json(content, "GET")
