"""Durations, times of day and dates as people write them, both ways."""

import re
from datetime import UTC, date, datetime

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from switchyard_router.entrypoints.cli.gitops.located import Located

_PARTS = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?")
_UNITS_MS = (3_600_000, 60_000, 1_000, 1)
_UNITS = ("h", "m", "s", "ms")
_SPAN = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?-(\d\d):(\d\d)(?::(\d\d))?")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

type SpanSeconds = tuple[int, int]


def duration(given: Located) -> Duration:
    """A duration from `20s`, `1h30m`, `500ms`, or from a number of seconds."""
    message = Duration()
    value = given.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        message.FromMilliseconds(round(value * 1000))
        return message
    found = _PARTS.fullmatch(value) if isinstance(value, str) else None
    if not value or found is None:
        raise given.wrong("give a duration: 20s, 1h30m, 500ms")
    pairs = zip(found.groups(), _UNITS_MS, strict=True)
    message.FromMilliseconds(sum(int(number or 0) * unit for number, unit in pairs))
    return message


def duration_text(message: Duration) -> str:
    """A duration as `duration` reads it."""
    left, parts = message.ToMilliseconds(), ""
    for unit_ms, unit in zip(_UNITS_MS, _UNITS, strict=True):
        number, left = divmod(left, unit_ms)
        parts += f"{number}{unit}" if number else ""
    return parts or "0s"


def timestamp(given: Located) -> Timestamp:
    """A moment from ISO 8601 with an offset: 2024-06-01T18:00:00+08:00."""
    value = given.value
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise given.wrong('give a time with its offset: "2024-06-01T18:00:00+08:00"')
    message = Timestamp()
    message.FromDatetime(moment.astimezone(UTC))
    return message


def timestamp_text(message: Timestamp) -> str:
    """A moment as `timestamp` reads it, UTC."""
    return message.ToDatetime(UTC).isoformat()


def day(given: Located) -> str:
    """A date as YYYY-MM-DD; YAML itself reads unquoted ones as dates."""
    value = given.value
    return value.isoformat() if isinstance(value, date) else given.text()


def weekdays(given: Located, name: str) -> list[int]:
    """ISO weekdays from `mon`, `mon-fri` or `sat,sun`."""
    found: list[int] = []
    for part in name.split(","):
        first, _, last = part.strip().partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise given.wrong(f"name days by {', '.join(WEEKDAYS)}, or a range: mon-fri")
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        if end < start:
            raise given.wrong("a range of days goes forward: mon-fri")
        found += range(start + 1, end + 2)
    return found


def spans(given: Located) -> list[SpanSeconds]:
    """Times of day from `09:00-17:30` or a list of such; 24:00 is midnight at the end."""
    listed = given.items() if isinstance(given.value, list) else [given]
    return [_span(item) for item in listed]


def _span(given: Located) -> SpanSeconds:
    found = _SPAN.fullmatch(given.text())
    if found is None:
        raise given.wrong('give hours as "09:00-17:30"')
    h1, m1, s1, h2, m2, s2 = (int(number or 0) for number in found.groups())
    return h1 * 3600 + m1 * 60 + s1, h2 * 3600 + m2 * 60 + s2


def span_text(opens: int, closes: int) -> str:
    """Times of day as `spans` reads them."""
    return f"{_clock(opens)}-{_clock(closes)}"


def _clock(second: int) -> str:
    text = f"{second // 3600:02}:{second // 60 % 60:02}"
    return text + (f":{second % 60:02}" if second % 60 else "")
