"""Single fields of requests, checked; InvalidField names what is wrong and how to mend it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from switchyard_crm.domain.errors import InvalidField

MAX_TEXT = 200
MAX_SUMMARY = 500
MAX_CHANNEL = 32
MAX_DESCRIPTION = 4000
MAX_CASE_NUMBER = 64
MAX_REMOTE_ID = 256


def required(text: str, max_chars: int, field: str) -> str:
    """A text that is there and not too long."""
    if not text.strip():
        raise InvalidField(field, "is missing; set it")
    return bounded(text, max_chars, field)


def bounded(text: str, max_chars: int, field: str) -> str:
    """A text that is not too long, and that every store can keep."""
    if len(text) > max_chars:
        raise InvalidField(field, f"is longer than {max_chars} characters; shorten it")
    return storable(text, field)


def storable(text: str, field: str) -> str:
    """A text that every store can keep: those of PostgreSQL have no NUL."""
    if "\0" in text:
        raise InvalidField(field, "has a NUL character (U+0000) in it; leave that out")
    return text


def one_of(text: str, allowed: Iterable[str], field: str) -> str:
    """One of these words."""
    words = tuple(allowed)
    if text not in words:
        raise InvalidField(field, f"must be one of {', '.join(words)}")
    return text


def time_of(stamp: Timestamp, field: str) -> datetime:
    """A time, aware, in UTC."""
    try:
        return stamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidField(field, "is no time between the years 1 and 9999") from error
