"""The branches file (CRM_BRANCHES_FILE): where customers can go, when, and by appointment.

time_zone: Asia/Shanghai            # of all that name none
branches:
  - id: west-lake                   # stable; letters, digits and dashes
    name: {zh: 西湖店, en: West Lake}
    area: {zh: 杭州, en: Hangzhou}
    address: {zh: 云杉路1号, en: 1 Spruce Road}
    phone: "+8619900009901"         # E.164; may be left out
    time_zone: Asia/Shanghai        # may be left out
    hours:                          # days that are left out are closed ones
      mon-fri: 09:00-12:00, 13:00-18:00
      sat: 10:00-16:00
    closed: [2026-12-25]            # may be left out
    appointments:                   # left out: none are taken
      minutes: 30
      capacity: 2                   # at once; left out: 1
      notice_minutes: 60            # booked at least so long before; left out: 0
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from switchyard_crm.adapters.connectors.mapping import read_yaml, validated
from switchyard_crm.domain.branches import (
    AppointmentRules,
    Branch,
    Stretch,
    minutes_of,
    overlap,
)
from switchyard_crm.domain.customer import Words
from switchyard_crm.domain.phones import NotAPhoneNumber, to_e164

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOST = 500


def _is_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("is not an IANA time zone; write it like Asia/Shanghai") from error
    return name


Zone = Annotated[str, AfterValidator(_is_zone)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Words(_Section):
    zh: Text
    en: Text

    def words(self) -> Words:
        return Words(self.zh, self.en)


class _Appointments(_Section):
    minutes: Annotated[int, Field(ge=5, le=480)]
    capacity: Annotated[int, Field(ge=1, le=50)] = 1
    notice_minutes: Annotated[int, Field(ge=0, le=14 * 24 * 60)] = 0

    def rules(self) -> AppointmentRules:
        return AppointmentRules(self.minutes, self.capacity, self.notice_minutes)


class _Branch(_Section):
    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    name: _Words
    address: _Words
    area: _Words
    phone: str = ""
    time_zone: Zone | None = None
    hours: dict[str, str]
    closed: frozenset[date] = frozenset()
    appointments: _Appointments | None = None

    @field_validator("phone")
    @classmethod
    def _is_a_number(cls, phone: str) -> str:
        if not phone:
            return phone
        try:
            e164 = to_e164(phone, "ZZ") if phone.startswith("+") else None
        except NotAPhoneNumber:
            e164 = None
        if e164 is None:
            raise ValueError("is not a telephone number; write it like +8613912345678")
        return e164

    @field_validator("hours")
    @classmethod
    def _can_be_read(cls, hours: dict[str, str]) -> dict[str, str]:
        _stretches(hours)
        return hours


class _File(_Section):
    time_zone: Zone
    branches: Annotated[tuple[_Branch, ...], Field(max_length=_MOST)]

    @model_validator(mode="after")
    def _are_different(self) -> Self:
        ids = [branch.id for branch in self.branches]
        for branch in ids:
            if ids.count(branch) > 1:
                raise ValueError(f"branches: the id {branch} is there twice; each needs its own")
        return self


def load_branches(file: Path | None) -> tuple[Branch, ...]:
    """The branches of a file, in its order; none without one. Raises BadFile."""
    if file is None:
        return ()
    read = validated(_File, read_yaml(file), str(file))
    return tuple(_branch(each, read.time_zone) for each in read.branches)


def _branch(read: _Branch, zone: str) -> Branch:
    rules = read.appointments
    return Branch(
        id=read.id,
        name=read.name.words(),
        address=read.address.words(),
        area=read.area.words(),
        phone=read.phone,
        zone=ZoneInfo(read.time_zone or zone),
        hours=_stretches(read.hours),
        closed=read.closed,
        appointments=rules.rules() if rules is not None else None,
    )


def _stretches(hours: dict[str, str]) -> dict[int, tuple[Stretch, ...]]:
    """When it is open, by ISO weekday. Raises ValueError, which says what to mend."""
    found: dict[int, tuple[Stretch, ...]] = {}
    for days, text in hours.items():
        stretches = tuple(_stretch(days, part) for part in text.split(","))
        if overlap(stretches):
            raise ValueError(f"{days}: two of the times overlap")
        for weekday in _weekdays(days):
            if weekday in found:
                raise ValueError(f"{days}: {_DAYS[weekday - 1]} is there twice")
            found[weekday] = tuple(sorted(stretches, key=lambda each: each.opens))
    return found


def _stretch(days: str, text: str) -> Stretch:
    opens, _, closes = (part.strip() for part in text.partition("-"))
    first, last = minutes_of(opens), minutes_of(closes)
    if first is None or last is None or first >= last:
        raise ValueError(f"{days}: write times like 09:00-12:00, 13:00-18:00, in quotes")
    return Stretch(first, last)


def _weekdays(days: str) -> range:
    first, dash, last = (part.strip().lower() for part in days.partition("-"))
    names = (first, last) if dash else (first, first)
    if any(name not in _DAYS for name in names):
        raise ValueError(f"{days}: days are {', '.join(_DAYS)}, or from one to another: mon-fri")
    begin, end = (_DAYS.index(name) + 1 for name in names)
    if begin > end:
        raise ValueError(f"{days}: begin with the earlier day of the week")
    return range(begin, end + 1)
