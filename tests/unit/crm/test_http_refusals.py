"""What an HTTP status of a CRM means."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from switchyard_crm.adapters.connectors.refusals import refusal, retry_after_seconds
from switchyard_crm.service.connectors import (
    ConnectorError,
    Invalid,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (301, Invalid),
        (400, Invalid),
        (401, Unauthorized),
        (403, Unauthorized),
        (404, NotFound),
        (408, Unavailable),
        (409, Invalid),
        (410, NotFound),
        (413, Invalid),
        (422, Invalid),
        (423, Unavailable),
        (425, Unavailable),
        (429, RateLimited),
        (500, Unavailable),
        (503, Unavailable),
        (599, Unavailable),
    ],
)
def test_a_status_is_one_error(status: int, expected: type[ConnectorError]) -> None:
    error = refusal(status, {}, NOW, "SOME_CODE")
    assert type(error) is expected
    assert str(status) in str(error)
    assert "SOME_CODE" in str(error)


def test_rate_limited_says_how_long() -> None:
    error = refusal(429, {"retry-after": "12"}, NOW)
    assert isinstance(error, RateLimited)
    assert error.retry_after_seconds == 12.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 0.5 ", 0.5),
        ("-3", 0.0),
        ("999999999", 86_400.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0),
        ("", None),
        ("soon", None),
        ("inf", None),
        ("nan", None),
        ("Mon, 99 Foo 2026 99:99:99 GMT", None),
    ],
)
def test_reads_both_forms_of_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after_seconds({"retry-after": text}, NOW) == seconds


def test_a_date_is_held_against_the_clock_of_the_crm() -> None:
    theirs = NOW + timedelta(hours=5)
    headers = {
        "date": format_datetime(theirs, usegmt=True),
        "retry-after": format_datetime(theirs + timedelta(seconds=30), usegmt=True),
    }
    assert retry_after_seconds(headers, NOW) == 30.0
