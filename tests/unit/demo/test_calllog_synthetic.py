"""Invented logs: the same bytes again, read back without loss, and like a call centre's day."""

import csv
import datetime as dt
import gzip
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from switchyard_demo.calllog.calls import CallType, ServiceQuality
from switchyard_demo.calllog.findings import Drop, Note
from switchyard_demo.calllog.kpis import measure, records_of
from switchyard_demo.calllog.plan import build_plan
from switchyard_demo.calllog.reader import CallLog, read_log
from switchyard_demo.calllog.row import BANK_NOT_PERSONS, COLUMNS
from switchyard_demo.calllog.synthetic.callers import arrival_times
from switchyard_demo.calllog.synthetic.generator import Centre, write_logs
from switchyard_demo.calllog.synthetic.profile import CentreProfile
from switchyard_demo.calllog.synthetic.rows import clock
from switchyard_demo.calllog.synthetic.staff import hire, rota

pytestmark = pytest.mark.unit

SUNDAY = dt.date(2026, 3, 1)
MONDAY = dt.date(2026, 3, 2)
FRIDAY, SATURDAY = dt.date(2026, 3, 6), dt.date(2026, 3, 7)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_logs(tmp_path_factory.mktemp("logs"), dt.date(2026, 2, 26), 12, seed=5)


@pytest.fixture(scope="module")
def log(files: list[Path]) -> CallLog:
    return read_log(files[0].parent)


def test_writes_one_file_for_each_month_with_the_formats_columns(files: list[Path]) -> None:
    assert [path.name for path in files] == ["2026-02.csv.gz", "2026-03.csv.gz"]
    with gzip.open(files[1], "rt", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == list(COLUMNS)
    assert {row[5] for row in rows[1:]} == {f"26030{day}" for day in range(1, 10)}


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path, files: list[Path]) -> None:
    again = write_logs(tmp_path / "again", dt.date(2026, 2, 26), 12, seed=5)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in files]


def test_a_day_does_not_depend_on_the_days_before_it() -> None:
    centre = Centre(CentreProfile(agents=10), seed=5)
    centre.day(SUNDAY)
    assert centre.day(MONDAY) == Centre(CentreProfile(agents=10), seed=5).day(MONDAY)
    assert centre.day(MONDAY) != Centre(CentreProfile(agents=10), seed=6).day(MONDAY)


def test_what_was_written_is_what_is_read(tmp_path: Path) -> None:
    centre = Centre(CentreProfile(agents=12), seed=2)
    rows = centre.day(MONDAY)
    (path,) = write_logs(tmp_path, MONDAY, 1, profile=CentreProfile(agents=12), seed=2)
    log = read_log(path)
    asked = [
        row
        for row in rows
        if row.outcome == "AGENT" or (row.outcome == "HANG" and row.queue.seconds > 0)
    ]
    assert sorted(
        (call.line, call.type, call.wait_seconds, call.answered, call.agent, call.service_seconds)
        for call in log.calls
        if call.agent and call.service_seconds
    ) == sorted(
        (row.line, row.type, row.queue.seconds, True, row.server, row.service.seconds)
        for row in asked
        if row.outcome == "AGENT" and row.server != "NO_SERVER" and row.service.recorded
    )
    assert len(log.calls) == len(asked)
    assert len({call.name for call in log.calls}) == len(asked)


def test_every_blemish_of_the_real_log_turns_up(log: CallLog) -> None:
    report = log.report()
    assert {Drop.PHANTOM, Drop.LEFT_IN_VRU} <= set(report.dropped)
    assert {
        Note.CUSTOMER_MISSING,
        Note.CUSTOMER_DAMAGED,
        Note.CLOCK_BEFORE_ENTRY,
        Note.NO_PERSON,
        Note.SERVICE_SHORT,
        Note.SERVICE_MISSING,
        Note.SERVICE_OVERLONG,
        Note.SERVICE_OF_NOBODY,
        Note.OVER_MIDNIGHT,
    } <= set(report.noted)
    assert Note.DURATION_MISMATCH not in report.noted


def test_customers_are_known_mostly_of_those_who_waited(log: CallLog) -> None:
    waited = [call.customer is not None for call in log.calls if call.wait_seconds]
    unqueued = [call.customer is not None for call in log.calls if not call.wait_seconds]
    assert np.mean(waited) > 0.8
    assert np.mean(unqueued) < 0.06


def test_agents_are_persons_who_never_serve_two_callers_at_once(log: CallLog) -> None:
    spans: dict[str, list[tuple[dt.date, int, int]]] = {}
    for call in log.calls:
        if call.agent and call.service_start_seconds is not None and call.service_seconds:
            ready = call.arrival_seconds + call.wait_seconds
            spans.setdefault(call.agent, []).append((call.day, ready, call.service_seconds))
            assert ready - 2 <= call.service_start_seconds <= ready
    assert 10 <= len(spans) <= 30
    assert not BANK_NOT_PERSONS & spans.keys()
    for services in spans.values():
        services.sort()
        for (day, ready, seconds), (next_day, next_ready, _) in pairwise(services):
            assert day != next_day or next_ready >= ready + seconds


def test_one_agent_hangs_up_on_a_quarter_of_the_callers(log: CallLog) -> None:
    shares = {}
    for agent in {call.agent for call in log.calls if call.agent}:
        mine = [call.service_quality for call in log.calls if call.agent == agent]
        if len(mine) > 50:
            shares[agent] = mine.count(ServiceQuality.SHORT) / len(mine)
    ranked = sorted(shares.values())
    assert 0.15 < ranked[-1] < 0.35
    assert np.median(ranked) < 0.08


def test_workdays_look_like_those_of_a_busy_centre(log: CallLog) -> None:
    plan = build_plan(log, MONDAY)
    kpis = measure(records_of(plan.logged), plan.presence)
    assert 900 < kpis.offered < 1800
    assert kpis.abandoned_share is not None
    assert kpis.asa_seconds is not None
    assert kpis.aht_seconds is not None
    assert kpis.occupancy is not None
    assert 0.03 < kpis.abandoned_share < 0.3
    assert 10 < kpis.asa_seconds < 150
    assert 150 < kpis.aht_seconds < 260
    assert 0.5 < kpis.occupancy < 0.95
    assert {call.type for call in plan.logged} == set(CallType)


def test_fridays_end_early_and_saturdays_begin_late(log: CallLog) -> None:
    friday = [call.arrival_seconds // 3600 for call in log.of_day(FRIDAY)]
    saturday = [call.arrival_seconds // 3600 for call in log.of_day(SATURDAY)]
    assert (min(friday), max(friday)) == (7, 13)
    assert (min(saturday), max(saturday)) == (19, 23)


def test_arrivals_come_at_the_rate_of_their_hour() -> None:
    rng = np.random.default_rng(1)
    rates = [0.0, 3600.0, 0.0, 900.0]
    times = arrival_times(rates, rng)
    counts = np.bincount(times // 3600, minlength=4)
    assert (np.diff(times) >= 0).all()
    assert counts[0] == counts[2] == 0
    assert abs(counts[1] - 3600) < 4 * 60
    assert abs(counts[3] - 900) < 4 * 30


@pytest.mark.parametrize("agents", [10, 40])
def test_every_type_has_somebody_on_duty(agents: int) -> None:
    profile = CentreProfile(agents=agents)
    rng = np.random.default_rng(3)
    employees = hire(profile, rng)
    assert len({who.code for who in employees}) == agents
    on_duty = rota(employees, profile.callers_per_hour(0), profile, rng)
    assert set(CallType) <= frozenset().union(*(agent.types for agent in on_duty))
    for agent in on_duty:
        assert len(agent.presence) == 3
        assert agent.presence[0].start >= 6 * 3600
        assert agent.presence[-1].end <= 24 * 3600


@pytest.mark.parametrize("agents", [9, 41])
def test_a_centre_has_ten_to_forty_agents(agents: int) -> None:
    with pytest.raises(ValueError, match="10 to 40 agents"):
        CentreProfile(agents=agents)


def test_a_centre_without_calls_and_a_log_without_days_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        CentreProfile(calls_per_day=0)
    with pytest.raises(ValueError, match="at least one day"):
        write_logs(tmp_path, MONDAY, 0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00:00"), (36_061, "10:01:01"), (86_405, "0:00:05"), (-1, "23:59:59")],
)
def test_clocks_wrap_at_midnight(seconds: int, text: str) -> None:
    assert clock(seconds) == text
