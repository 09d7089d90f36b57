"""Opening hours, days that differ, and the two days a year on which clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.domain.hours import DAY_SECONDS, Hours, Span

pytestmark = pytest.mark.unit

HOUR = 3600
VIENNA, SHANGHAI = ZoneInfo("Europe/Vienna"), ZoneInfo("Asia/Shanghai")
BEIRUT = ZoneInfo("Asia/Beirut")
OFFICE = {day: (Span(9 * HOUR, 17 * HOUR),) for day in range(1, 6)}
EVERY_DAY = range(1, 8)


def at(zone: ZoneInfo, *when: int, fold: int = 0) -> datetime:
    year, month, day, hour, *rest = when
    minute, second = (*rest, 0, 0)[:2]
    shown = datetime(year, month, day, hour, minute, second, tzinfo=zone, fold=fold)
    return shown.astimezone(UTC)


def test_opens_and_closes_by_the_wall_clock_of_its_zone() -> None:
    hours = Hours(SHANGHAI, OFFICE)
    monday = at(SHANGHAI, 2024, 1, 8, 8, 59, 59)
    assert not hours.is_open(monday)
    assert hours.next_opening(monday) == at(SHANGHAI, 2024, 1, 8, 9)
    assert hours.is_open(at(SHANGHAI, 2024, 1, 8, 9))
    assert hours.is_open(datetime(2024, 1, 8, 1, 0, tzinfo=UTC)), "9 o'clock in Shanghai"
    assert hours.next_change(at(SHANGHAI, 2024, 1, 8, 9)) == at(SHANGHAI, 2024, 1, 8, 17)
    assert not hours.is_open(at(SHANGHAI, 2024, 1, 8, 17))
    friday = at(SHANGHAI, 2024, 1, 12, 17)
    assert hours.next_opening(friday) == at(SHANGHAI, 2024, 1, 15, 9), "over the week-end"


def test_a_holiday_is_closed_or_has_hours_of_its_own() -> None:
    eve, day = date(2024, 12, 24), date(2024, 12, 25)
    hours = Hours(VIENNA, OFFICE, {eve: (Span(9 * HOUR, 12 * HOUR),), day: ()})
    assert hours.next_change(at(VIENNA, 2024, 12, 24, 10)) == at(VIENNA, 2024, 12, 24, 12)
    assert hours.next_opening(at(VIENNA, 2024, 12, 24, 12)) == at(VIENNA, 2024, 12, 26, 9)
    sunday = Hours(VIENNA, OFFICE, {date(2024, 12, 22): (Span(0, HOUR),)})
    assert sunday.is_open(at(VIENNA, 2024, 12, 22, 0, 30)), "a Sunday that is worked"


def test_a_night_shift_does_not_close_at_midnight() -> None:
    night = (Span(0, 6 * HOUR), Span(22 * HOUR, DAY_SECONDS))
    hours = Hours(VIENNA, dict.fromkeys(EVERY_DAY, night))
    assert hours.next_change(at(VIENNA, 2024, 1, 8, 23)) == at(VIENNA, 2024, 1, 9, 6)
    always = Hours(VIENNA, dict.fromkeys(EVERY_DAY, (Span(0, DAY_SECONDS),)))
    assert always.next_change(at(VIENNA, 2024, 1, 8, 23)) is None
    never = Hours(VIENNA, {1: ()})
    assert never.next_opening(at(VIENNA, 2024, 1, 8, 23)) is None


def test_when_clocks_go_forward_an_hour_that_is_left_out_is_not_waited_for() -> None:
    hours = Hours(VIENNA, {7: (Span(2 * HOUR + 1800, 4 * HOUR),)})
    before = at(VIENNA, 2024, 3, 31, 1, 30)
    opens = hours.next_opening(before)
    assert opens == datetime(2024, 3, 31, 1, 0, tzinfo=UTC), "clocks go from 2 to 3"
    assert hours.next_change(opens) == at(VIENNA, 2024, 3, 31, 4)
    inside = Hours(VIENNA, {7: (Span(2 * HOUR, 3 * HOUR),)})
    assert inside.next_opening(before) == at(VIENNA, 2024, 4, 7, 2), "the whole span is left out"


def test_when_clocks_go_back_the_hour_comes_twice() -> None:
    hours = Hours(VIENNA, {7: (Span(1 * HOUR, 2 * HOUR + 1800),)})
    first_end = hours.next_change(at(VIENNA, 2024, 10, 27, 2, 10))
    assert first_end == at(VIENNA, 2024, 10, 27, 2, 30)
    again = hours.next_opening(first_end)
    assert again == at(VIENNA, 2024, 10, 27, 2, 0, fold=1), "clocks show 2 again"
    assert hours.next_change(again) == at(VIENNA, 2024, 10, 27, 2, 30, fold=1)


def test_clocks_that_change_at_midnight() -> None:
    hours = Hours(BEIRUT, dict.fromkeys(EVERY_DAY, (Span(0, 30 * 60), Span(8 * HOUR, 9 * HOUR))))
    eve = at(BEIRUT, 2024, 3, 30, 12)
    assert hours.next_opening(eve) == at(BEIRUT, 2024, 3, 31, 8), "0:00 to 1:00 is left out"


spans = st.lists(st.integers(0, 48), min_size=0, max_size=4, unique=True).map(
    lambda halves: tuple(
        Span(one * 1800, other * 1800)
        for one, other in zip(sorted(halves)[::2], sorted(halves)[1::2], strict=False)
    )
)
begins = st.sampled_from(
    [
        datetime(2024, 1, 1, tzinfo=UTC),
        # Around the days on which clocks change somewhere.
        datetime(2024, 3, 30, 12, tzinfo=UTC),
        datetime(2024, 10, 26, 12, tzinfo=UTC),
        datetime(2024, 10, 5, 12, tzinfo=UTC),
    ]
)
moments = st.builds(
    lambda begin, minutes: begin + timedelta(minutes=minutes), begins, st.integers(0, 2880)
)


@given(
    st.sampled_from(
        ["Europe/Vienna", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut"]
    ),
    st.dictionaries(st.integers(1, 7), spans),
    st.dictionaries(st.sampled_from([date(2024, 3, 31), date(2024, 10, 27)]), spans),
    moments,
)
def test_nothing_changes_before_the_next_change(
    zone: str,
    week: dict[int, tuple[Span, ...]],
    holidays: dict[date, tuple[Span, ...]],
    moment: datetime,
) -> None:
    hours = Hours(ZoneInfo(zone), week, holidays)
    now = moment
    present, change = hours.is_open(now), hours.next_change(now)
    last = now + timedelta(days=9) if change is None else change
    if change is not None:
        assert change > now
        assert hours.is_open(change) != present
        assert hours.is_open(change - timedelta(seconds=1)) == present
    assert present or hours.next_opening(now) == change
    while (now := now + timedelta(minutes=15)) < last:
        assert hours.is_open(now) == present
