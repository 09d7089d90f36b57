"""Addresses in what customers say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_actions.domain.addresses import (
    MAX_CHARACTERS,
    MIN_CHARACTERS,
    given_address,
    named_address,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("12 Harbour Road, Bristol", "12 Harbour Road, Bristol"),
        ("please send it to 12 Harbour Road, Bristol instead", "12 Harbour Road, Bristol"),
        ("um, the new address is Flat 3, 7 Mill Lane, York.", "Flat 3, 7 Mill Lane, York"),
        ("it's Rose Cottage, Little Hay", "Rose Cottage, Little Hay"),
        ("9 Juniper Close, Leeds, the phone is 0283", "9 Juniper Close, Leeds"),
        ("杭州市文三路88号，尾号8826", "杭州市文三路88号"),
        ("不对，是星湖街108号，苏州市", "星湖街108号，苏州市"),
        ("no, it's 252 Pine Street, Seattle", "252 Pine Street, Seattle"),
        ("改到杭州市西湖区文三路88号", "杭州市西湖区文三路88号"),
        (
            "新地址是上海市黄浦区南京东路 1 弄 2 号 301 室，谢谢",
            "上海市黄浦区南京东路 1 弄 2 号 301 室",
        ),
        ("寄到 公司：徐汇区漕溪北路8号", "公司：徐汇区漕溪北路8号"),
    ],
)
def test_words_around_an_address_are_left_away(words: str, address: str) -> None:
    assert given_address(words) == address


@pytest.mark.parametrize("words", ["", "yes", "12", "1234567", "是", "x" * 201])
def test_what_cannot_be_an_address_is_none(words: str) -> None:
    assert given_address(words) is None


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("can you ship it to 12 Harbour Road, Bristol instead?", "12 Harbour Road, Bristol"),
        ("把订单改送到西湖区文三路88号3号楼可以吗", "西湖区文三路88号3号楼"),
        ("别送家里了，寄到朝阳区建国路甲1号", "朝阳区建国路甲1号"),
    ],
)
def test_address_is_found_in_a_request(words: str, address: str) -> None:
    assert named_address(words) == address


@pytest.mark.parametrize(
    "words",
    ["送到我妈家", "change the address of my order", "deliver to my office", "改送到别的地方"],
)
def test_a_vague_place_is_no_address(words: str) -> None:
    assert named_address(words) is None


@given(st.text(max_size=400))
def test_whatever_is_taken_is_one_line_of_the_right_length(words: str) -> None:
    address = given_address(words)
    if address is not None:
        assert MIN_CHARACTERS <= len(address) <= MAX_CHARACTERS
        assert "\n" not in address
        assert address in " ".join(words.split()) or not words.isprintable()
