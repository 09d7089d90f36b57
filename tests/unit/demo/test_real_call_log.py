"""What holds for the Anonymous Bank log itself, where it is at hand."""

import os
from pathlib import Path

import pytest
from switchyard_demo.calllog.fifo import serve_in_order
from switchyard_demo.calllog.findings import Drop, Note
from switchyard_demo.calllog.kpis import measure, records_of
from switchyard_demo.calllog.plan import build_plan
from switchyard_demo.calllog.presence import turnaround_seconds
from switchyard_demo.calllog.reader import CallLog, parse_day, read_log

pytestmark = pytest.mark.unit

SETTING = "SWITCHYARD_CALLLOG_DIR"
BESIDE_THE_REPOSITORY = Path(__file__).parents[4] / "shared" / "data" / "anonymous_bank"
DAY = parse_day("990310")


@pytest.fixture(scope="module")
def march() -> CallLog:
    directory = Path(os.environ.get(SETTING) or BESIDE_THE_REPOSITORY)
    if not directory.is_dir():
        pytest.skip(f"real call log not found in {directory}: set {SETTING} to its directory")
    return read_log(directory, day=DAY)


def test_a_month_reads_without_a_row_that_is_not_understood(march: CallLog) -> None:
    report = march.report()
    assert (report.rows, report.kept) == (38_801, 36_428)
    assert report.dropped[Drop.PHANTOM] == 407
    assert report.noted[Note.SERVICE_SHORT] > 1000
    assert len(march.days()) == 31
    assert len({call.name for call in march.calls}) == report.kept


def test_a_wednesday_measures_as_it_was(march: CallLog) -> None:
    calls = march.of_day(DAY)
    kpis = measure(records_of(calls), build_plan(march, DAY).presence)
    assert (kpis.offered, kpis.answered, kpis.abandoned) == (1985, 1481, 504)
    assert kpis.asa_seconds == pytest.approx(94.85, abs=0.01)
    assert kpis.service_level == pytest.approx(0.2499, abs=1e-4)
    assert kpis.aht_seconds == pytest.approx(213.1, abs=0.1)
    assert kpis.occupancy == pytest.approx(0.825, abs=1e-3)


def test_agents_need_four_seconds_between_calls(march: CallLog) -> None:
    assert turnaround_seconds(march.of_day(DAY)) == 4


def test_served_in_order_the_day_goes_better_than_it_did(march: CallLog) -> None:
    """Short absences are invisible in the log, so agents in a replay are readier than they were."""
    plan = build_plan(march, DAY)
    logged = measure(records_of(plan.logged), plan.presence)
    replayed = measure(serve_in_order(plan.contacts, plan.agents), plan.presence)
    assert replayed.offered == logged.offered
    assert replayed.answered > logged.answered
    assert replayed.answered < 1.2 * logged.answered
