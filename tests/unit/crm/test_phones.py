"""Telephone numbers in every notation people use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_crm.domain.phones import NotAPhoneNumber, last_digits, to_e164

pytestmark = pytest.mark.unit

MOBILE = "+8619900001234"


@pytest.mark.parametrize(
    "text",
    [
        "19900001234",
        "199 0000 1234",
        "+86 199 0000 1234",
        "0086-199-0000-1234",
        "86 19900001234",
        "１９９００００１２３４",
        "＋８６　１９９　００００　１２３４",
        "(+86) 199.0000.1234",
        "19900001234转801",
        "19900001234 轉 801",
        "199-0000-1234 分机12",
        "19900001234 ext. 7",
        "19900001234x7",
        "19900001234,,7#",
        "tel:+86-199-0000-1234;phone-context=x",
        "sip:+8619900001234@pbx.example.com:5060;transport=tcp",
    ],
)
def test_notations_of_one_number_are_the_same(text: str) -> None:
    assert to_e164(text, "CN") == MOBILE


def test_an_extension_after_a_dash_is_cut_off() -> None:
    assert to_e164("010-65529988-8001", "CN") == "+861065529988"
    assert to_e164("（010）65529988", "CN") == "+861065529988"


def test_numbers_without_country_code_belong_to_the_region() -> None:
    assert to_e164("020 7946 0958", "GB") == "+442079460958"
    assert to_e164("+44 20 7946 0958", "CN") == "+442079460958"


@pytest.mark.parametrize("text", ["95588", "12345", "110", "9", "65529988", "+86100"])
def test_service_and_local_numbers_identify_nobody(text: str) -> None:
    assert to_e164(text, "CN") is None


@pytest.mark.parametrize(
    "text", ["", "+", "anonymous", "' OR 1=1 --", "+8612345678901234567", "199-0000-1234 home"]
)
def test_other_texts_are_no_numbers(text: str) -> None:
    with pytest.raises(NotAPhoneNumber):
        to_e164(text, "CN")


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        found = to_e164(text, "CN")
    except NotAPhoneNumber:
        return
    assert found is None or (found[0] == "+" and found[1:].isascii() and found[1:].isdigit())


@given(st.integers(min_value=0, max_value=99_999_999))
def test_normalising_twice_changes_nothing(number: int) -> None:
    once = to_e164(f"199{number:08}", "CN")
    assert once is not None
    assert to_e164(once, "GB") == once
    assert last_digits(once) == f"{number:08}"[-4:]
