"""Where writes go, how they stand, when they are tried again, and what cases are called."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_crm.domain.cases import NUMBER_DIGITS, case_number, number_key
from switchyard_crm.domain.deliveries import (
    BackOff,
    DeliveryState,
    Dispatch,
    KnownRecord,
    overall,
    targets,
)

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PENDING, DELIVERED, DEAD = DeliveryState.PENDING, DeliveryState.DELIVERED, DeliveryState.DEAD


def record(record_id: str, source: str, days_ago: int = 0) -> KnownRecord:
    return KnownRecord(record_id, source, NOW - timedelta(days=days_ago))


def test_a_write_goes_to_one_record_per_source_that_takes_it() -> None:
    records = [
        record("c", "local"),
        record("old", "tryton", 9),
        record("new", "tryton", 1),
        record("h", "hubspot"),
    ]
    found = targets(records, "c", {"tryton", "odoo"})
    assert [each.id for each in found] == ["new"]
    assert [each.id for each in targets(records, "c", {"tryton", "hubspot"})] == ["h", "new"]


def test_the_record_that_was_named_comes_before_newer_ones() -> None:
    records = [record("old", "tryton", 9), record("new", "tryton", 1)]
    assert [each.id for each in targets(records, "old", {"tryton"})] == ["old"]


def test_a_delivery_is_done_when_all_sources_have_it() -> None:
    assert overall([]).state is DELIVERED
    assert overall([Dispatch("a", DELIVERED), Dispatch("b", PENDING)]).state is PENDING
    assert overall([Dispatch("a", DEAD), Dispatch("b", PENDING)]).state is DEAD


def test_a_delivery_tells_attempts_errors_and_remote_ids() -> None:
    told = overall(
        [
            Dispatch("a", DELIVERED, 2, "", "7"),
            Dispatch("b", PENDING, 5, "Unavailable: down"),
            Dispatch("c", DEAD, 1, "Invalid: no"),
        ]
    )
    assert told.attempts == 5
    assert told.last_error == "b: Unavailable: down; c: Invalid: no"
    assert dict(told.remote_ids) == {"a": "7"}


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_waits_grow_to_a_limit_and_are_spread(failures: int, chance: float) -> None:
    back_off = BackOff(1.0, 300.0)
    wait = back_off.seconds(failures, chance)
    assert 0.5 <= wait <= 300.0
    assert wait <= back_off.seconds(failures + 1, chance)
    assert wait >= back_off.seconds(failures, 1.0) / 2


@given(st.integers(0, 2**64 - 1))
def test_a_case_number_is_eight_digits_however_it_is_written(random: int) -> None:
    number = case_number(random)
    assert len(number) == NUMBER_DIGITS
    assert number[0] != "0"
    for written in (number, f"{number[:4]} {number[4:]}", f"{number[:4]}-{number[4:]}"):
        assert number_key(written) == number


@pytest.mark.parametrize("number", ["T-77", "CS-2026-0001", "1234", "SO 9"])
def test_numbers_of_others_are_left_as_they_are(number: str) -> None:
    assert number_key(f" {number} ") == number
