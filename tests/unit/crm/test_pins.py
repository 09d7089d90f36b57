"""PINs that everybody would guess are refused, and their hashes compared."""

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_crm.adapters.pin_hashes import ScryptPins, checked_hash
from switchyard_crm.domain.pins import WeakPin, digits_of, weakness

pytestmark = pytest.mark.unit

BORN = date(1988, 3, 1)
PHONES = ("+8619900001234", "+12065550142")


@pytest.mark.parametrize(
    "pin",
    [
        "0000",
        "1111",
        "1234",
        "0123",
        "4321",
        "6789",
        "7890",
        "8901",
        "9876",
        "1212",
        "123123",
        "1122",
        "112233",
        "12345678",
        "88888888",
        "12341234",
        "987654",
    ],
)
def test_repeated_and_counted_digits_are_too_simple(pin: str) -> None:
    assert weakness(pin, (), ()) is WeakPin.TOO_SIMPLE


@pytest.mark.parametrize(
    "pin", ["1988", "0301", "0103", "880301", "010388", "19880301", "01031988", "198803", "0388"]
)
def test_own_dates_are_too_personal(pin: str) -> None:
    assert weakness(pin, (BORN,), ()) is WeakPin.TOO_PERSONAL
    assert weakness(pin, (date(1971, 11, 27),), ()) is None


@pytest.mark.parametrize("pin", ["0142", "550142", "65550142", "001234"])
def test_the_end_of_an_own_number_is_too_personal(pin: str) -> None:
    assert weakness(pin, (), PHONES) is WeakPin.TOO_PERSONAL


@pytest.mark.parametrize("pin", ["2580", "8264", "4071", "193847", "90817263", "1213"])
def test_others_are_taken(pin: str) -> None:
    assert weakness(pin, (BORN,), PHONES) is None


@given(st.integers(4, 8).flatmap(lambda size: st.text("0123456789", min_size=size, max_size=size)))
def test_few_pins_are_refused_as_too_simple(pin: str) -> None:
    """The rule names what it refuses: nothing but repeats and steps by one."""
    if weakness(pin, (), ()) is WeakPin.TOO_SIMPLE:
        steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)}
        halves = any(pin == pin[:n] * (len(pin) // n) for n in range(1, len(pin) // 2 + 1))
        assert halves or steps <= {0, 1} or steps <= {0, 9}


@pytest.mark.parametrize(
    ("text", "digits"),
    [("１２３４", "1234"), (" 12 34 ", "1234"), ("12-34", "1234"), ("12a4", None), ("", None)],
)
def test_digits_are_read_in_any_notation(text: str, digits: str | None) -> None:
    assert digits_of(text) == digits


async def test_a_hash_matches_its_pin_only() -> None:
    pins = ScryptPins()
    kept = await pins.hashed("8264")
    assert await pins.matches("8264", kept)
    assert not await pins.matches("8265", kept)
    assert "8264" not in kept
    assert kept != await pins.hashed("8264"), "each hash has a salt of its own"


async def test_no_pin_matches_nothing() -> None:
    assert not await ScryptPins().matches("0000", "")


@pytest.mark.parametrize(
    "text",
    ["8264", "scrypt$2$8$1$AAAA$AAAA", "scrypt$16384$8$1$AAAA$AAAA", "scrypt$16384$8$1$*$*"],
)
def test_only_hashes_of_the_one_cost_are_taken(text: str) -> None:
    with pytest.raises(ValueError, match="is no hash like"):
        checked_hash(text)
