"""Places that customers can visit, and when they are open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_END_OF_DAY = 24 * 60
_LOOK_AHEAD_DAYS = 14


@dataclass(frozen=True, slots=True)
class Stretch:
    """Open from one minute of the day to another, 0 to 1440."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch; texts are in the customer's language.

    `hours` are local, by ISO weekday (1 is Monday), in order; a weekday without any is closed.
    """

    id: str
    name: str
    address: str
    area: str
    phone: str
    zone: ZoneInfo
    hours: Mapping[int, tuple[Stretch, ...]] = field(default_factory=dict)
    closed_dates: frozenset[date] = frozenset()
    takes_appointments: bool = False

    def hours_on(self, day: date) -> tuple[Stretch, ...]:
        """When it is open on a day, holidays considered; empty if it is closed."""
        return () if day in self.closed_dates else self.hours.get(day.isoweekday(), ())

    def closes_at(self, moment: datetime) -> datetime | None:
        """When it closes, if it is open at that moment (aware); None if it is closed."""
        local = moment.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        for stretch in self.hours_on(local.date()):
            if stretch.opens <= minute < stretch.closes:
                return self._at(local.date(), stretch.closes)
        return None

    def opens_next(self, moment: datetime) -> datetime | None:
        """When it opens next after that moment; None: not within two weeks."""
        local = moment.astimezone(self.zone)
        for days in range(_LOOK_AHEAD_DAYS + 1):
            day = local.date() + timedelta(days=days)
            for stretch in self.hours_on(day):
                opens = self._at(day, stretch.opens)
                if opens > local:
                    return opens
        return None

    def _at(self, day: date, minute: int) -> datetime:
        midnight = datetime.combine(day, time(), self.zone)
        return midnight + timedelta(minutes=min(minute, _END_OF_DAY))


@dataclass(frozen=True, slots=True)
class FreeTimes:
    """Times at which a visit can begin, aware, earliest first; each takes `minutes`."""

    starts: tuple[datetime, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class Appointment:
    """A visit that was booked; `number` is told to the customer."""

    number: str
    branch: str
    start: datetime
    minutes: int
