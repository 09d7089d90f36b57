"""Branches: where and when they can be visited, and the times at which appointments begin.

Hours are local to the branch; moments are aware, in UTC.
"""

import itertools
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from switchyard_crm.domain.customer import Words

MOST_BRANCHES = 50
OFFERED_DAYS = 30
END_OF_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Stretch:
    """Open from one minute of the day to another; 1440 is midnight at its end."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class AppointmentRules:
    """How long one takes, how many go on at once, and how long before it must be booked."""

    minutes: int
    capacity: int
    notice_minutes: int


@dataclass(frozen=True, slots=True)
class Branch:
    """A place that customers can visit.

    `hours` are by ISO weekday (1 is Monday), in order; `appointments` None: it takes none.
    """

    id: str
    name: Words
    address: Words
    area: Words
    phone: str
    zone: ZoneInfo
    hours: Mapping[int, tuple[Stretch, ...]]
    closed: frozenset[date]
    appointments: AppointmentRules | None

    def closed_from(self, now: datetime) -> tuple[date, ...]:
        """The days from today on that it is closed, in order."""
        today = now.astimezone(self.zone).date()
        return tuple(sorted(day for day in self.closed if day >= today))

    def begins(self, start: datetime, now: datetime) -> bool:
        """Whether an appointment can begin at that moment, taken or not."""
        return start in self.starts(start, now, start + timedelta(minutes=1))

    def starts(
        self, not_before: datetime, now: datetime, before: datetime | None = None
    ) -> Iterator[datetime]:
        """When appointments begin, in order, within `OFFERED_DAYS` from now."""
        if self.appointments is None:
            return
        last = now + timedelta(days=OFFERED_DAYS)
        end = min(before, last) if before is not None else last
        notice = timedelta(minutes=self.appointments.notice_minutes)
        begin = max(not_before, now + notice)
        day = begin.astimezone(self.zone).date()
        while day <= end.astimezone(self.zone).date():
            for start in self._of_day(day, self.appointments.minutes):
                if begin <= start < end:
                    yield start
            day += timedelta(days=1)

    def _of_day(self, day: date, minutes: int) -> Iterator[datetime]:
        if day in self.closed:
            return
        for stretch in self.hours.get(day.isoweekday(), ()):
            for minute in range(stretch.opens, stretch.closes - minutes + 1, minutes):
                if (start := self._moment(day, minute)) is not None:
                    yield start

    def _moment(self, day: date, minute: int) -> datetime | None:
        """A local time as a moment; None for one that the clocks skip that day."""
        local = datetime.combine(day, time(minute // 60, minute % 60), self.zone)
        moment = local.astimezone(UTC)
        return moment if moment.astimezone(self.zone).time() == local.time() else None


class Fit(StrEnum):
    """Where a branch answers a search, best first in the order of members."""

    NAME = "name"
    AREA = "area"
    ADDRESS = "address"


def search(branches: Sequence[Branch], query: str) -> tuple[Branch, ...]:
    """The branches that have all words of the query in a name, area or address; best first.

    Where no branch has all of them, those that have any, most words first: people say more than
    a name.
    """
    words = _plain(query).split()
    if not words:
        return tuple(branches[:MOST_BRANCHES])
    scored = [(_score(branch, words), -index, branch) for index, branch in enumerate(branches)]
    best = max((score[0] for score, _, _ in scored), default=0)
    found = [each for each in scored if each[0][0] == best and best > 0]
    found.sort(key=lambda each: each[:2], reverse=True)
    return tuple(branch for _, _, branch in found[:MOST_BRANCHES])


def _score(branch: Branch, words: Collection[str]) -> tuple[int, int]:
    """How many of the words the branch has, and how telling the places are where it has them."""
    places = {
        Fit.NAME: _both(branch.name),
        Fit.AREA: _both(branch.area),
        Fit.ADDRESS: _both(branch.address),
    }
    hits = [fit for word in words if (fit := _fit(places, word))]
    return len(hits), sum(hits)


def _fit(places: Mapping[Fit, Sequence[str]], word: str) -> int:
    """How telling the best place is that has the word, or that a longer word has in it, since
    Chinese has no spaces (杭州西湖店在哪); 0 for none."""
    telling = list(reversed(Fit))
    return max(
        (
            telling.index(fit) + 1
            for fit, texts in places.items()
            if any(word in text or (fit is not Fit.ADDRESS and text in word) for text in texts)
        ),
        default=0,
    )


def _both(words: Words) -> list[str]:
    return [plain for text in (words.zh, words.en) if (plain := _plain(text))]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def minutes_of(text: str) -> int | None:
    """The minute of the day that HH:MM names, 24:00 being the end of it; None for anything else."""
    hours, colon, minutes = text.strip().partition(":")
    digits = (hours + minutes).isascii() and hours.isdigit() and minutes.isdigit()
    if not (colon and digits and len(minutes) == 2 and len(hours) <= 2 and int(minutes) < 60):
        return None
    minute = int(hours) * 60 + int(minutes)
    return minute if minute <= END_OF_DAY else None


def clock(minute: int) -> str:
    """HH:MM of a minute of the day."""
    return f"{minute // 60:02}:{minute % 60:02}"


def overlap(stretches: Iterable[Stretch]) -> bool:
    """Whether any two of them have a minute in common."""
    ordered = sorted(stretches, key=lambda each: each.opens)
    return any(after.opens < before.closes for before, after in itertools.pairwise(ordered))
