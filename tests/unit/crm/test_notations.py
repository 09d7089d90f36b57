"""Notations of telephone numbers that a CRM is asked for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_crm.adapters.connectors.notations import notations, patterns
from switchyard_crm.domain.phones import to_e164

from tests.contracts.crm.connector_tools import STORED_FORMATS

pytestmark = pytest.mark.unit

MOBILE = st.from_regex(r"1(?:3[0-9]|99|86)[0-9]{8}", fullmatch=True)
WITH_EXTENSION = {"zhuan", "extension"}


def fits(pattern: str, text: str) -> bool:
    """As SQL's LIKE."""
    parts = [re.escape(part) for part in pattern.split("%")]
    return re.fullmatch(".*".join(parts), text, re.S) is not None


@given(MOBILE)
def test_every_notation_means_the_same_number(digits: str) -> None:
    asked = notations(f"+86{digits}")
    assert {to_e164(notation, "CN") for notation in asked} == {f"+86{digits}"}
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("written", sorted(set(STORED_FORMATS) - WITH_EXTENSION))
def test_usual_formats_are_among_them(written: str) -> None:
    assert STORED_FORMATS[written]("19912345678") in notations("+8619912345678")


@pytest.mark.parametrize("written", STORED_FORMATS)
def test_a_pattern_fits_every_format(written: str) -> None:
    stored = STORED_FORMATS[written]("19912345678")
    assert any(fits(pattern, stored) for pattern in patterns("+8619912345678"))


def test_a_pattern_fits_no_other_number() -> None:
    assert not any(fits(pattern, "19912345679") for pattern in patterns("+8619912345678"))


@pytest.mark.parametrize(
    ("e164", "stored"),
    [
        ("+861065529988", "010-65529988"),
        ("+861065529988", "010 6552 9988"),
        ("+12015550123", "(201) 555-0123"),
        ("+442079460018", "020 7946 0018"),
    ],
)
def test_knows_how_a_country_writes_its_numbers(e164: str, stored: str) -> None:
    asked = notations(e164)
    assert any(fits(pattern, stored) for pattern in patterns(e164))
    assert stored in asked or stored.replace("-", "") in asked or e164 in asked


def test_another_wildcard_may_be_asked_for() -> None:
    assert patterns("+8619912345678", "*")[0] == "*1*9*9*1*2*3*4*5*6*7*8*"
