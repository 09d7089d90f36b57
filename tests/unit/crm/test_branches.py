"""Branches: what is read of a file, how they are found, when appointments begin."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_crm.adapters.branches import load_branches
from switchyard_crm.adapters.connectors.mapping import BadFile
from switchyard_crm.domain.branches import (
    OFFERED_DAYS,
    AppointmentRules,
    Branch,
    Stretch,
    minutes_of,
    search,
)
from switchyard_crm.domain.customer import Words
from switchyard_launcher.stack import BRANCHES_FILE

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)  # a Sunday, 16:00 in Shanghai
ROOT = Path(__file__).parents[3]
GOOD = """
time_zone: Asia/Shanghai
branches:
  - id: west-lake
    name: {zh: 西湖店, en: West Lake}
    area: {zh: 杭州, en: Hangzhou}
    address: {zh: 云杉路1号, en: 1 Spruce Road}
    phone: "+8619900009901"
    hours:
      mon-fri: "09:00-12:00, 13:00-18:00"
      sat: "10:00-16:00"
    closed: [2026-11-24]
    appointments: {minutes: 60, capacity: 2, notice_minutes: 90}
"""


def loaded(tmp_path: Path, text: str = GOOD) -> tuple[Branch, ...]:
    file = tmp_path / "branches.yaml"
    file.write_text(text, encoding="utf-8")
    return load_branches(file)


def test_a_file_is_read(tmp_path: Path) -> None:
    (branch,) = loaded(tmp_path)
    assert branch.hours[1] == (Stretch(540, 720), Stretch(780, 1080))
    assert set(branch.hours) == {1, 2, 3, 4, 5, 6}
    assert branch.zone.key == "Asia/Shanghai"
    assert branch.closed_from(NOW) == (date(2026, 11, 24),)
    assert branch.appointments == AppointmentRules(60, 2, 90)


def test_without_a_file_there_are_none() -> None:
    assert load_branches(None) == ()


@pytest.mark.parametrize(
    ("there", "instead", "says"),
    [
        ("Asia/Shanghai", "Asia/Nowhere", "time_zone: is not an IANA time zone"),
        ("en: West Lake", "de: West Lake", "branches[0].name.en: is missing"),
        ("sat:", "samstag:", "branches[0].hours: samstag: days are mon"),
        ("sat:", "fri:", "branches[0].hours: fri: fri is there twice"),
        ("mon-fri", "fri-mon", "branches[0].hours: fri-mon: begin with the earlier day"),
        ("10:00-16:00", "10-16", "branches[0].hours: sat: write times like"),
        ("10:00-16:00", "16:00-10:00", "branches[0].hours: sat: write times like"),
        ("13:00-18:00", "11:00-18:00", "branches[0].hours: mon-fri: two of the times overlap"),
        ("+8619900009901", "0571-1", "branches[0].phone: is not a telephone number"),
        ("capacity: 2", "capacity: 0", "branches[0].appointments.capacity:"),
        ("closed:", "shut:", "branches[0].shut: there is no such field"),
        ("id: west-lake", "id: West Lake", "branches[0].id:"),
    ],
)
def test_a_wrong_file_is_refused_with_place_and_reason(
    tmp_path: Path, there: str, instead: str, says: str
) -> None:
    with pytest.raises(BadFile) as refused:
        loaded(tmp_path, GOOD.replace(there, instead, 1))
    assert says in str(refused.value)


def test_an_id_is_there_once(tmp_path: Path) -> None:
    twice = GOOD + GOOD.partition("branches:\n")[2]
    with pytest.raises(BadFile, match="the id west-lake is there twice"):
        loaded(tmp_path, twice)


def test_appointments_begin_when_it_is_open_and_on_no_closed_day(tmp_path: Path) -> None:
    (branch,) = loaded(tmp_path)
    first = [start.astimezone(branch.zone) for start in branch.starts(NOW, NOW)][:10]
    told = [f"{start:%a %d %H:%M}" for start in first]
    monday = ["09:00", "10:00", "11:00", "13:00", "14:00", "15:00", "16:00", "17:00"]
    assert told == [f"Mon 23 {time}" for time in monday] + ["Wed 25 09:00", "Wed 25 10:00"]


def test_the_notice_is_kept(tmp_path: Path) -> None:
    (branch,) = loaded(tmp_path)
    at_nine = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert next(branch.starts(at_nine, at_nine)) == at_nine + timedelta(hours=2)
    assert not branch.begins(at_nine + timedelta(hours=1), at_nine)
    assert branch.begins(at_nine + timedelta(hours=2), at_nine)
    assert not branch.begins(at_nine + timedelta(hours=2, minutes=1), at_nine)


@given(
    minutes=st.integers(5, 480),
    opens=st.integers(0, 1439),
    length=st.integers(1, 1440),
    zone=st.sampled_from(["Europe/London", "America/Los_Angeles", "Asia/Shanghai"]),
    month=st.integers(1, 12),
)
def test_every_appointment_lies_within_the_hours_whatever_the_clocks_do(
    minutes: int, opens: int, length: int, zone: str, month: int
) -> None:
    closes = min(opens + length, 1440)
    hours = {day: (Stretch(opens, closes),) for day in range(1, 8)}
    words, rules = Words("店", "Branch"), AppointmentRules(minutes, 1, 0)
    branch = Branch("b", words, words, words, "", ZoneInfo(zone), hours, frozenset(), rules)
    now = datetime(2026, month, 20, 12, 0, tzinfo=UTC)
    starts = list(branch.starts(now, now))
    assert starts == sorted(set(starts))
    for start in starts:
        assert now <= start < now + timedelta(days=OFFERED_DAYS)
        local = start.astimezone(branch.zone)
        begins = local.hour * 60 + local.minute
        assert opens <= begins <= closes - minutes
        assert branch.begins(start, now)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("西湖", ["west-lake"]),
        ("杭州西湖店在哪里", ["west-lake"]),
        ("the Xuhui store", ["xuhui"]),
        ("SEATTLE", ["ballard"]),
        ("service centre", ["nanshan-service"]),
        ("Ｈａｃｋｎｅｙ", ["hackney"]),
        ("nowhere", []),
    ],
)
def test_branches_are_found_by_what_people_say(query: str, ids: list[str]) -> None:
    branches = load_branches(ROOT / BRANCHES_FILE)
    assert [branch.id for branch in search(branches, query)] == ids


def test_without_a_query_all_are_listed() -> None:
    branches = load_branches(ROOT / BRANCHES_FILE)
    assert search(branches, " ") == branches


@pytest.mark.parametrize(
    ("text", "minute"),
    [("00:00", 0), ("9:05", 545), ("24:00", 1440), ("24:01", None), ("12", None), ("1:5", None)],
)
def test_times_of_day_are_read(text: str, minute: int | None) -> None:
    assert minutes_of(text) == minute
