"""Opening hours: when a queue takes contacts, in its own time zone.

Hours are what clocks on the wall show. On the day when clocks go forward an hour is left out, and
hours that begin inside it begin with the hour after; when clocks go back an hour comes twice and
counts twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY_SECONDS = 24 * 3600
_HORIZON_DAYS = 400
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Open from `opens` to before `closes`, seconds from local midnight; `closes` ≤ 86,400."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Hours:
    """Spans by ISO weekday (1 Monday to 7), and days that differ: no spans is closed."""

    zone: ZoneInfo
    week: Mapping[int, tuple[Span, ...]]
    holidays: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)

    def is_open(self, now: datetime) -> bool:
        """Whether it is open at a moment (aware)."""
        local = now.astimezone(self.zone)
        second = local.hour * 3600 + local.minute * 60 + local.second
        return any(span.opens <= second < span.closes for span in self._spans(local.date()))

    def next_change(self, now: datetime) -> datetime | None:
        """When it opens, or closes, next (UTC); None if it does not within 400 days."""
        present = self.is_open(now)
        today = now.astimezone(self.zone).date()
        for offset in range(-1, _HORIZON_DAYS):
            for moment in sorted(self._moments(today + timedelta(days=offset))):
                if moment > now and self.is_open(moment) != present:
                    return moment
        return None

    def next_opening(self, now: datetime) -> datetime | None:
        """When it opens next (UTC); now while it is open; None if it stays closed for 400 days."""
        return now.astimezone(UTC) if self.is_open(now) else self.next_change(now)

    def _spans(self, day: date) -> Sequence[Span]:
        special = self.holidays.get(day)
        return self.week.get(day.isoweekday(), ()) if special is None else special

    def _moments(self, day: date) -> Iterator[datetime]:
        """Every moment of a day at which it may open or close, some of them twice."""
        seconds = {0}.union(*((span.opens, span.closes) for span in self._spans(day)))
        for second in seconds:
            yield from self._instants(day, second)
        start, end = (self._instant(day + n * _DAY, 0, 0) for n in (0, 1))
        if start.astimezone(self.zone).utcoffset() != end.astimezone(self.zone).utcoffset():
            yield self._shift(start, end)

    def _instants(self, day: date, second: int) -> Iterator[datetime]:
        """The moments at which clocks show a time: one, or two when it comes twice."""
        if second == DAY_SECONDS:
            day, second = day + _DAY, 0
        for fold in (0, 1):
            yield self._instant(day, second, fold)

    def _instant(self, day: date, second: int, fold: int) -> datetime:
        shown = datetime.combine(day, time(), self.zone) + timedelta(seconds=second)
        return shown.replace(fold=fold).astimezone(UTC)

    def _shift(self, start: datetime, end: datetime) -> datetime:
        """When clocks change between two moments, to the second."""
        before = start.astimezone(self.zone).utcoffset()
        while end - start > timedelta(seconds=1):
            middle = start + timedelta(seconds=int((end - start).total_seconds()) // 2)
            changed = middle.astimezone(self.zone).utcoffset() != before
            start, end = (start, middle) if changed else (middle, end)
        return end
