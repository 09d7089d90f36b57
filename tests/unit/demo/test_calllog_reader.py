"""Every trap of the format, one test each, through files as people have them."""

import datetime as dt
from pathlib import Path

import pytest
from switchyard_demo.calllog.calls import CallType, LoggedCall, ServiceQuality
from switchyard_demo.calllog.findings import Drop, LogFormatError, Note
from switchyard_demo.calllog.reader import CallLog, find_files, parse_day, read_log
from switchyard_demo.calllog.row import COLUMNS

from tests.fakes.demo.log_rows import (
    ANSWERED,
    AT_ONCE,
    GAVE_UP,
    LEFT_IN_VRU,
    write_lines,
    write_log,
)

pytestmark = pytest.mark.unit

TEN = 10 * 3600
MIDNIGHT = 24 * 3600


def log_of(path: Path, *rows: dict[str, str]) -> CallLog:
    return read_log(write_log(path / "1999-03.csv", *rows))


def call_of(path: Path, row: dict[str, str]) -> tuple[LoggedCall, set[Note]]:
    log = log_of(path, row)
    (call,) = log.calls
    return call, set(log.report().noted)


def test_reads_an_answered_call(tmp_path: Path) -> None:
    call, notes = call_of(tmp_path, ANSWERED)
    assert call == LoggedCall(
        line="AA0101",
        call_id=33116,
        customer="27997683",
        priority=2,
        type=CallType.REGULAR,
        day=dt.date(1999, 3, 10),
        arrival_seconds=TEN,
        wait_seconds=30,
        answered=True,
        service_start_seconds=TEN + 29,
        service_seconds=100,
        agent="agent_05",
    )
    assert call.name == "AA0101-33116"
    assert call.service_quality is ServiceQuality.HONEST
    assert notes == set()


def test_a_caller_who_found_a_free_agent_arrives_when_leaving_the_response_unit(
    tmp_path: Path,
) -> None:
    call, _ = call_of(tmp_path, AT_ONCE)
    assert (call.arrival_seconds, call.wait_seconds) == (TEN, 0)


def test_a_caller_who_gave_up_has_no_service_and_no_agent(tmp_path: Path) -> None:
    call, _ = call_of(tmp_path, GAVE_UP)
    assert not call.answered
    assert (call.service_start_seconds, call.service_seconds, call.agent) == (None, None, None)
    assert call.wait_seconds == 30


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (GAVE_UP | {"outcome": "PHANTOM"}, Drop.PHANTOM),
        (LEFT_IN_VRU, Drop.LEFT_IN_VRU),
        (
            LEFT_IN_VRU | {"q_start": "10:00:00", "q_exit": "10:00:00"},
            Drop.LEFT_ON_JOINING,
        ),
        (ANSWERED | {"type": "AA"}, Drop.UNDOCUMENTED_TYPE),
    ],
)
def test_rows_that_are_no_calls_are_dropped_with_a_reason(
    tmp_path: Path, row: dict[str, str], reason: Drop
) -> None:
    log = log_of(tmp_path, row, ANSWERED)
    assert len(log.calls) == 1
    assert log.report().dropped == {reason: 1}
    assert (log.report().rows, log.report().kept) == (2, 1)


@pytest.mark.parametrize("nobody", ["NO_SERVER", "agent_08", "agent_15"])
def test_names_behind_which_stands_no_person_are_nobody(tmp_path: Path, nobody: str) -> None:
    call, notes = call_of(tmp_path, ANSWERED | {"server": nobody})
    assert call.answered
    assert call.agent is None
    assert notes == {Note.NO_PERSON}


def test_who_counts_as_nobody_can_be_told(tmp_path: Path) -> None:
    path = write_log(tmp_path / "log.csv", ANSWERED | {"server": "agent_08"})
    (call,) = read_log(path, not_persons=frozenset({"NO_SERVER"})).calls
    assert call.agent == "agent_08"


@pytest.mark.parametrize(
    ("seconds", "exit_clock", "quality", "notes"),
    [
        ("1", "10:00:30", ServiceQuality.SHORT, {Note.SERVICE_SHORT}),
        ("9", "10:00:38", ServiceQuality.SHORT, {Note.SERVICE_SHORT}),
        ("10", "10:00:39", ServiceQuality.HONEST, set()),
        ("3600", "11:00:29", ServiceQuality.HONEST, set()),
        ("3601", "11:00:30", ServiceQuality.OVERLONG, {Note.SERVICE_OVERLONG}),
    ],
)
def test_service_times_are_judged(
    tmp_path: Path, seconds: str, exit_clock: str, quality: ServiceQuality, notes: set[Note]
) -> None:
    row = ANSWERED | {"ser_time": seconds, "ser_exit": exit_clock}
    call, found = call_of(tmp_path, row)
    assert call.service_seconds == int(seconds)
    assert call.service_quality is quality
    assert found == notes


def test_an_answered_call_without_a_service_time_has_an_unknown_one(tmp_path: Path) -> None:
    cells = {"ser_start": "0:00:00", "ser_exit": "0:00:00", "ser_time": "0"}
    call, notes = call_of(tmp_path, ANSWERED | cells)
    assert call.answered
    assert call.agent == "agent_05"
    assert (call.service_start_seconds, call.service_seconds) == (None, None)
    assert notes == {Note.SERVICE_MISSING}


@pytest.mark.parametrize(
    ("row", "start", "note"),
    [
        (ANSWERED | {"ser_start": "10:00:28", "ser_exit": "10:02:08"}, TEN + 28, None),
        (
            ANSWERED | {"ser_start": "10:00:11", "ser_exit": "10:01:51"},
            TEN + 11,
            Note.SERVICE_EARLY,
        ),
        (
            ANSWERED | {"ser_start": "8:15:00", "ser_exit": "8:16:40"},
            TEN + 30,
            Note.SERVICE_MISPLACED,
        ),
    ],
)
def test_a_service_may_begin_before_the_queue_is_left_but_not_anywhere(
    tmp_path: Path, row: dict[str, str], start: int, note: Note | None
) -> None:
    call, notes = call_of(tmp_path, row)
    assert call.service_start_seconds == start
    assert call.wait_seconds == 30
    assert notes == ({note} if note else set())


def test_a_service_of_somebody_who_hung_up_is_ignored(tmp_path: Path) -> None:
    row = GAVE_UP | {"ser_start": "10:00:30", "ser_exit": "10:00:36", "ser_time": "6"}
    call, notes = call_of(tmp_path, row)
    assert not call.answered
    assert call.service_seconds is None
    assert notes == {Note.SERVICE_OF_NOBODY}


def test_times_count_on_over_midnight_while_waiting(tmp_path: Path) -> None:
    row = ANSWERED | {
        "vru_entry": "23:59:40",
        "vru_exit": "23:59:50",
        "q_start": "23:59:50",
        "q_exit": "0:00:20",
        "ser_start": "0:00:19",
        "ser_exit": "0:01:59",
    }
    call, notes = call_of(tmp_path, row)
    assert call.day == dt.date(1999, 3, 10)
    assert call.arrival_seconds == MIDNIGHT - 10
    assert call.service_start_seconds == MIDNIGHT + 19
    assert notes == {Note.OVER_MIDNIGHT}


def test_times_count_on_over_midnight_before_the_queue(tmp_path: Path) -> None:
    row = ANSWERED | {
        "vru_entry": "23:59:57",
        "vru_exit": "23:59:57",
        "vru_time": "0",
        "q_start": "0:00:03",
        "q_exit": "0:00:33",
        "ser_start": "0:00:33",
        "ser_exit": "0:02:13",
    }
    call, _ = call_of(tmp_path, row)
    assert call.arrival_seconds == MIDNIGHT + 3


def test_times_count_on_over_midnight_during_the_service(tmp_path: Path) -> None:
    row = AT_ONCE | {
        "vru_entry": "23:59:00",
        "vru_exit": "23:59:10",
        "ser_start": "23:59:09",
        "ser_exit": "0:00:49",
    }
    call, notes = call_of(tmp_path, row)
    assert call.service_start_seconds == MIDNIGHT - 51
    assert notes == {Note.OVER_MIDNIGHT}


def test_a_clock_that_went_back_in_the_response_unit_does_not_shift_the_call(
    tmp_path: Path,
) -> None:
    row = ANSWERED | {"vru_entry": "10:00:50", "vru_time": "-50"}
    call, notes = call_of(tmp_path, row)
    assert call.arrival_seconds == TEN
    assert notes == {Note.CLOCK_BEFORE_ENTRY}


@pytest.mark.parametrize(
    ("customer", "note"),
    [("0", Note.CUSTOMER_MISSING), ("6.02701E+11", Note.CUSTOMER_DAMAGED)],
)
def test_customers_without_a_usable_id_are_unknown(
    tmp_path: Path, customer: str, note: Note
) -> None:
    call, notes = call_of(tmp_path, ANSWERED | {"customer_id": customer})
    assert call.customer is None
    assert notes == {note}


@pytest.mark.parametrize("cells", [{"q_exit": "10:00:31"}, {"ser_exit": "10:02:10"}])
def test_a_duration_is_believed_against_its_clocks(tmp_path: Path, cells: dict[str, str]) -> None:
    call, notes = call_of(tmp_path, ANSWERED | cells)
    assert (call.wait_seconds, call.service_seconds) == (30, 100)
    assert notes == {Note.DURATION_MISMATCH}


def test_calls_come_in_order_of_arrival_whatever_the_order_of_the_lines(tmp_path: Path) -> None:
    later = ANSWERED | {"call_id": "2", "q_start": "10:00:01", "q_exit": "10:00:31"}
    other_day = ANSWERED | {"call_id": "3", "date": "990309"}
    log = log_of(tmp_path, later, ANSWERED, other_day)
    assert [call.call_id for call in log.calls] == [3, 33116, 2]
    assert log.days() == [dt.date(1999, 3, 9), dt.date(1999, 3, 10)]


def test_findings_are_counted_by_day(tmp_path: Path) -> None:
    log = log_of(tmp_path, ANSWERED, LEFT_IN_VRU, LEFT_IN_VRU | {"date": "990311"})
    report = log.report(dt.date(1999, 3, 10))
    assert (report.rows, report.kept) == (2, 1)
    assert log.report().dropped == {Drop.LEFT_IN_VRU: 2}
    assert report.lines()[0] == "2 rows read, 1 calls kept, 1 rows dropped"
    assert report.lines()[1].endswith("1  " + Drop.LEFT_IN_VRU)


def test_a_day_without_calls_says_what_the_log_covers(tmp_path: Path) -> None:
    log = log_of(tmp_path, ANSWERED)
    with pytest.raises(ValueError, match=r"no calls on 1999-04-01 .* covers 1999-03-10 to"):
        log.of_day(dt.date(1999, 4, 1))


@pytest.mark.parametrize("name", ["1999-03.csv", "1999-03.csv.gz", "anything.csv"])
def test_plain_and_gzipped_files_read_alike(tmp_path: Path, name: str) -> None:
    assert len(read_log(write_log(tmp_path / name, ANSWERED)).calls) == 1


def test_a_directory_gives_the_month_of_the_day_or_all_months(tmp_path: Path) -> None:
    march = write_log(tmp_path / "1999-03.csv", ANSWERED)
    april = write_log(tmp_path / "1999-04.csv.gz", ANSWERED | {"date": "990401"})
    write_lines(tmp_path / "notes.csv", [["not", "a", "log"]])
    assert find_files(tmp_path, dt.date(1999, 4, 30)) == [april]
    assert find_files(tmp_path) == [march, april]
    with pytest.raises(FileNotFoundError, match=r"no 1999-05.csv.gz or 1999-05.csv .*notes.csv"):
        find_files(tmp_path, dt.date(1999, 5, 1))
    with pytest.raises(FileNotFoundError, match="no such file"):
        find_files(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("990310", dt.date(1999, 3, 10)),
        ("1999-03-10", dt.date(1999, 3, 10)),
        ("260301", dt.date(2026, 3, 1)),
        ("691231", dt.date(2069, 12, 31)),
    ],
)
def test_days_are_written_in_two_ways(text: str, day: dt.date) -> None:
    assert parse_day(text) == day


@pytest.mark.parametrize("text", ["", "99-3-10", "990230", "yesterday", "19990310"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write it as 990310 or 1999-03-10"):
        parse_day(text)


@pytest.mark.parametrize(
    ("cells", "column", "expected"),
    [
        ({"type": "XX"}, "type", "'XX' is not one of PS, PE"),
        ({"outcome": "GONE"}, "outcome", "'GONE' is not one of AGENT, HANG, PHANTOM"),
        ({"date": "990231"}, "date", "not a date as yymmdd"),
        ({"q_time": "half"}, "q_time", "'half' is not a whole number"),
        ({"q_time": "-5"}, "q_time", "'-5' is not a duration of 0 s or more"),
        ({"q_start": "25:00:00"}, "q_start", "'25:00:00' is not a time of day as h:mm:ss"),
        ({"ser_start": "10.00.29"}, "ser_start", "not a time of day"),
        ({"call_id": ""}, "call_id", "'' is not a whole number"),
    ],
)
def test_errors_name_file_line_column_and_what_to_do(
    tmp_path: Path, cells: dict[str, str], column: str, expected: str
) -> None:
    path = write_log(tmp_path / "log.csv", ANSWERED, ANSWERED | cells)
    with pytest.raises(LogFormatError) as caught:
        read_log(path)
    assert (caught.value.path, caught.value.line, caught.value.column) == (path, 3, column)
    assert expected in str(caught.value)
    assert f"{path}, line 3, column {column}" in str(caught.value)
    assert "or remove the row" in str(caught.value)


def test_a_row_with_a_cell_too_few_is_named(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "log.csv", [COLUMNS, ["AA0101", "1"]])
    with pytest.raises(LogFormatError, match="line 2: 2 cells instead of 17"):
        read_log(path)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([], "the file is empty"),
        ([["a", "b"]], "line 1: no column vru"),
        ([COLUMNS[::-1]], "line 1: the columns stand in another order"),
    ],
)
def test_files_of_another_kind_are_refused(
    tmp_path: Path, lines: list[list[str]], problem: str
) -> None:
    with pytest.raises(LogFormatError, match=problem):
        read_log(write_lines(tmp_path / "log.csv", lines))


def test_a_torn_gzip_file_is_refused(tmp_path: Path) -> None:
    path = write_log(tmp_path / "log.csv.gz", *[ANSWERED] * 100)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(LogFormatError, match="not a whole gzip file"):
        read_log(path)


def test_a_file_that_only_claims_to_be_gzipped_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.csv.gz"
    path.write_text("plain")
    with pytest.raises(LogFormatError, match="not a whole gzip file"):
        read_log(path)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LogFormatError, match="not readable as text"):
        read_log(path)
