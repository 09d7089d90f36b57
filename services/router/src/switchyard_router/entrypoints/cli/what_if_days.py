"""Which stored days something is tried on."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from switchyard_router.entrypoints.cli.recordings import zone_of

type Dates = tuple[date, date]
"""First and last day, both included."""


@dataclass(frozen=True, slots=True)
class Span:
    """The stored time that is played again, [start, end), whole days by the clock of a zone."""

    start: datetime
    end: datetime
    time_zone: str

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} – {self.end:%Y-%m-%d %H:%M} UTC"


def dates_of(day: str, begin: str, end: str) -> Dates | None:
    """The days of --day, or of --from and --to; None where none is given. Raises ValueError."""
    if day and (begin or end):
        raise ValueError("--day is one day; leave it out, or give it without --from and --to")
    if bool(begin) != bool(end):
        raise ValueError("give both --from and --to, the first and the last day; --day for one")
    if not day and not begin:
        return None
    first = _date(begin, "--from") if begin else _date(day, "--day")
    last = _date(end, "--to") if end else first
    if last < first:
        raise ValueError(f"--to: {last} is before --from; give the last day")
    return first, last


def span_of(dates: Dates | None, time_zone: str, now: datetime) -> Span:
    """Days by the clock of the zone; None: yesterday. Raises ValueError."""
    zone = zone_of(time_zone)
    first, last = dates or (now.astimezone(zone).date() - timedelta(days=1),) * 2
    return Span(_midnight(first, zone), _midnight(last + timedelta(days=1), zone), time_zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _date(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{option}: {text!r} is no day; give yyyy-mm-dd") from error
