"""Numbers that customers give to be reached by."""

import pytest
from switchyard_actions.domain.holders import read_phone

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("13812345678", "CN", "+8613812345678"),
        ("0755-8888 1234", "CN", "+8675588881234"),
        ("+44 7700 900123", "CN", "+447700900123"),  # of Ofcom's range for plays and demos
        ("+1 206 555 0142", "CN", "+12065550142"),  # as invented as that
        ("0044 7700 900123", "CN", "+447700900123"),
        ("+44 20 7946 0958", "CN", "+442079460958"),
        ("+86 138 1234 5678", "GB", "+8613812345678"),
        ("my number is 138 1234 5678", "CN", "+8613812345678"),
    ],
)
def test_numbers_at_home_exist_and_those_abroad_are_possible(
    text: str, region: str, number: str
) -> None:
    reach = read_phone(text, region)
    assert reach is not None
    assert reach.value == number


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("12345678", "CN"),  # too short for a mobile, and no area code
        ("+86 1381234567", "CN"),  # a digit is missing at home, country code or not
        ("07700 900123", "GB"),  # at home the plan is known
        ("+44 7700 9001234567", "CN"),  # longer than any number there
        ("+44 7700", "CN"),
        ("+44 909 879 0000", "CN"),  # costs whoever calls it
        ("+999 1234567", "CN"),
        ("no number", "CN"),
    ],
)
def test_what_cannot_be_called_is_none(text: str, region: str) -> None:
    assert read_phone(text, region) is None
