"""Branches and appointments in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from switchyard_actions.domain.branches import Appointment, Branch, FreeTimes, Stretch
from switchyard_actions.domain.holders import Holder
from switchyard_actions.domain.language import Language
from switchyard_actions.service.accounts import Declined, Refusal
from switchyard_actions.service.ports import Unavailable
from switchyard_actions.service.visits import TIME_TAKEN, TOO_MANY

_MINUTES, _DAYS, _MOST = 30, 30, 3
_FIRST_NUMBER = 73_000_001
_ALL_DAY = (Stretch(10 * 60, 22 * 60),)
WEST_LAKE = Branch(
    id="west-lake",
    name="West Lake store",
    address="1 Spruce Road, Hangzhou",
    area="Hangzhou",
    phone="+8619900009901",
    zone=ZoneInfo("Asia/Shanghai"),
    hours={
        **{day: (Stretch(10 * 60, 13 * 60), Stretch(14 * 60, 21 * 60)) for day in range(1, 6)},
        6: _ALL_DAY,
        7: _ALL_DAY,
    },
    closed_dates=frozenset({date(2026, 12, 31)}),
    takes_appointments=True,
)
BALLARD = Branch(
    id="ballard",
    name="Ballard store",
    address="12 Alder Street, Seattle",
    area="Seattle",
    phone="",
    zone=ZoneInfo("America/Los_Angeles"),
    hours={day: (Stretch(9 * 60, 18 * 60),) for day in range(1, 6)},
    takes_appointments=True,
)
KIOSK = Branch(
    id="kiosk",
    name="Pick-up point",
    address="52 Spring Street, Chengdu",
    area="Chengdu",
    phone="",
    zone=ZoneInfo("Asia/Shanghai"),
    hours={1: _ALL_DAY},
)


@dataclass
class FakeVisits:
    """Three branches, or those given; can be down. `booked` are appointments by number."""

    now: Callable[[], datetime]
    known: tuple[Branch, ...] = (WEST_LAKE, BALLARD, KIOSK)
    available: bool = True
    taken: set[tuple[str, datetime]] = field(default_factory=set)
    booked: dict[str, tuple[Holder, Appointment, str]] = field(default_factory=dict)
    _by_request: dict[str, str] = field(default_factory=dict)

    async def branches(self, query: str, language: Language) -> tuple[Branch, ...]:
        """See Visits."""
        self._answer()
        words = query.casefold().split()
        scored = [(sum(word in _words(one) for word in words), one) for one in self.known]
        best = max((score for score, _ in scored), default=0)
        return tuple(one for score, one in scored if not words or (score == best and score))

    async def free_times(self, branch: str, not_before: datetime, most: int) -> FreeTimes:
        """See Visits."""
        self._answer()
        starts: list[datetime] = []
        place = self._branch(branch)
        first = max(not_before, self.now()).astimezone(place.zone).date()
        for day in (first + timedelta(days=days) for days in range(_DAYS)):
            starts += [start for start in _starts(place, day) if start >= not_before]
        free = [start for start in starts if (branch, start) not in self.taken]
        return FreeTimes(tuple(start for start in free if start > self.now())[:most], _MINUTES)

    async def book(
        self, holder: Holder, branch: str, start: datetime, purpose: str, request_id: str
    ) -> Appointment:
        """See Visits."""
        self._answer()
        if request_id in self._by_request:
            return self.booked[self._by_request[request_id]][1]
        if (branch, start) in self.taken:
            raise Declined(Refusal.TOO_LATE, TIME_TAKEN)
        if sum(one == holder for one, _, _ in self.booked.values()) >= _MOST:
            raise Declined(Refusal.TOO_LATE, TOO_MANY)
        number = str(_FIRST_NUMBER + len(self._by_request))
        appointment = Appointment(number, branch, start, _MINUTES)
        self.taken.add((branch, start))
        self.booked[number] = (holder, appointment, purpose)
        self._by_request[request_id] = number
        return appointment

    async def cancel(self, holder: Holder, number: str, request_id: str) -> Appointment:
        """See Visits."""
        self._answer()
        whose, appointment, _ = self.booked.get(number, (None, None, ""))
        if appointment is None or whose != holder:
            raise Declined(Refusal.NOT_THEIRS, "APPOINTMENT_NOT_FOUND")
        self.taken.discard((appointment.branch, appointment.start))
        return appointment

    def _branch(self, id_: str) -> Branch:
        for branch in self.known:
            if branch.id == id_:
                return branch
        raise Declined(Refusal.NOT_THEIRS, "BRANCH_NOT_FOUND")

    def _answer(self) -> None:
        if not self.available:
            raise Unavailable("crm")


def _words(branch: Branch) -> str:
    return f"{branch.name} {branch.area} {branch.address}".casefold()


def _starts(branch: Branch, day: date) -> list[datetime]:
    midnight = datetime.combine(day, time(), branch.zone)
    return [
        (midnight + timedelta(minutes=minute)).astimezone(UTC)
        for stretch in branch.hours_on(day)
        for minute in range(stretch.opens, stretch.closes - _MINUTES + 1, _MINUTES)
    ]
