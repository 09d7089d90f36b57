"""What a mapping makes of cells."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_insights.domain.importing.local_time import to_local, to_utc

from tests.fakes.insights.call_logs import MINIMAL, World, dropped, hashed
from tests.fakes.insights.imported_rows import FakeImportedRows

pytestmark = pytest.mark.unit

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, FakeImportedRows())


@pytest.mark.parametrize(
    ("cells", "value", "expected"),
    [
        ("1970-01-02 00:00:01,", "{time: a, format: '%Y-%m-%d %H:%M:%S'}", DAY_MS + 1000),
        ("1970-01-01T02:00:00+0100,", "{time: a, format: '%Y-%m-%dT%H:%M:%S%z'}", HOUR_MS),
        ("12.5,", "{time: a, epoch: s}", 12_500),
        ("0:01:30,700102", "{clock: a, on: b, format: '%y%m%d'}", DAY_MS + 90_000),
        ("90,", "{duration: a, unit: s}", 90_000),
        ("1.5,", "{duration: a, unit: min}", 90_000),
        ("90,", "{duration: a, unit: ms}", 90),
        ("100:00:01,", "{duration: a, unit: clock}", 360_001_000),
        (" 7 ,", "{number: a}", 7),
        ("-,", "{number: a, empty: ['-']}", None),
        (",4", "{first_of: [{number: a}, {number: b}]}", 4),
        ("3,4", "{sum: [{number: a}, {number: b}]}", 7),
        ("3,", "{sum: [{number: a}, {number: b}]}", None),
        ("3,9", "{span: [{number: a}, {number: b}]}", 6),
        ("9,3", "{span: [{number: a}, {number: b}]}", 0),
        ("3,9", "{number: a, only: {b: {above: 8}}}", 3),
        ("3,9", "{number: a, only: {b: {above: 9}}}", None),
        ("x,no", "{number: a, only: {b: 'yes'}}", None),
        (",", "{constant: 5}", 5),
    ],
)
def test_reads_numbers_and_times(
    world: World, cells: str, value: str, expected: int | None
) -> None:
    assert world.value(cells, value) == expected


@pytest.mark.parametrize(
    ("cells", "value", "expected"),
    [
        (" x ,", "a", "x"),
        ("x,y", "{join: [a, b], by: '-'}", "x-y"),
        ("x,", "{join: [a, b], by: '-'}", ""),
        ("SIP/1001-00af,", "{column: a, match: '^SIP/([^-]+)'}", "1001"),
        ("HANG,", "{column: a, values: {HANG: ABANDONED}}", "ABANDONED"),
        ("OTHER,", "{column: a, values: {HANG: ABANDONED}, others: keep}", "OTHER"),
        ("OTHER,", "{column: a, values: {HANG: ABANDONED}, others: empty}", ""),
        ("5551234,", "{pseudonym: a}", hashed("5551234")),
        ("0,", "{pseudonym: a, empty: ['0']}", ""),
        (",", "{constant: VOICE}", "VOICE"),
    ],
)
def test_reads_texts(world: World, cells: str, value: str, expected: str) -> None:
    assert world.value(cells, value, "node") == expected


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("{a: x}", "yz"),
        ("{a: [x, y]}", "z"),
        ("{a: {not: x}}", "x"),
        ("{a: {matches: '^[xz]'}}", "y"),
        ("{b: {empty: true}}", "xy"),
        ("{b: {at_least: 2}}", "xz"),
        ("{b: {at_most: 2, above: 1}}", "xz"),
        ("{a: x, b: '1'}", "yz"),
        ("{a: x, b: '2'}", "xyz"),
    ],
)
def test_drops_the_rows_that_a_rule_names(world: World, condition: str, kept: str) -> None:
    mapping = f"{MINIMAL}  node: a\ndrop: [{{when: {condition}, reason: unwanted}}]\n"
    report = world.run("id,came,a,b\n1,0,x,1\n2,0,y,2\n3,0,z,\n", mapping)
    assert "".join(row["node"] for row in world.kept.rows()) == kept
    assert report.rows_read == 3
    assert dropped(report).get("unwanted", 0) == 3 - len(kept)


def test_a_clock_goes_on_over_midnight_and_stays_before_it(world: World) -> None:
    mapping = f"""{MINIMAL}  queued_ms: {{clock: a, near: start}}
derive:
  start: {{clock: b, on: day, format: '%y%m%d'}}
"""
    rows = "1,0,0:00:05,23:59:58,700101\n2,0,23:59:58,0:00:01,700102\n"
    world.run(f"id,came,a,b,day\n{rows}", mapping)
    assert [row["queued_ms"] for row in world.kept.rows()] == [DAY_MS + 5000, DAY_MS - 2000]


def test_a_local_clock_is_put_forward_and_back(world: World) -> None:
    value = "{time: a, format: '%Y-%m-%d %H:%M'}"
    mapping = f"{MINIMAL}  queued_ms: {value}\ntime_zone: Europe/Berlin\n"
    cells = ["2026-03-28 12:00", "2026-03-29 12:00", "2026-10-25 02:30"]
    text = "".join(f"{number},0,{cell}\n" for number, cell in enumerate(cells))
    world.run("id,came,a\n" + text, mapping)
    berlin = ZoneInfo("Europe/Berlin")
    times = [datetime.strptime(cell, "%Y-%m-%d %H:%M").replace(tzinfo=berlin) for cell in cells]
    assert [row["queued_ms"] for row in world.kept.rows()] == [
        round(time.timestamp() * 1000) for time in times
    ]


@given(
    seconds=st.lists(st.integers(0, 4_000_000_000), max_size=20),
    zone=st.sampled_from(["UTC", "Asia/Shanghai", "Asia/Kathmandu", "America/New_York"]),
)
def test_local_time_agrees_with_the_time_zone_database(seconds: list[int], zone: str) -> None:
    place, utc = ZoneInfo(zone), np.asarray(seconds, np.int64) * 1000
    local = to_local(utc, place)
    expected = [
        datetime.fromtimestamp(each, UTC).astimezone(place).replace(tzinfo=UTC) for each in seconds
    ]
    assert [datetime.fromtimestamp(each / 1000, UTC) for each in local.tolist()] == expected
    back = to_utc(local, place)
    repeated = abs(back - utc) == timedelta(hours=1) // timedelta(milliseconds=1)
    assert ((back == utc) | repeated).all()


def test_faults_are_counted_by_column_and_named_by_row(world: World) -> None:
    mapping = f"{MINIMAL}  queued_ms: {{duration: a, unit: s}}\n  priority: {{number: b}}\n"
    report = world.run("id,came,a,b\n1,0,5,1\n2,0,-5,1\n3,0,x,y\n,0,1,1\n", mapping)
    assert dropped(report) == {
        "a: not a duration (s)": 2,
        "nothing for `contact`, which must be there": 1,
    }
    assert [count.examples for count in report.dropped.values()] == [[3, 4], [5]]
    assert report.rows_kept == 1


def test_a_text_longer_than_its_column_is_dropped(world: World) -> None:
    report = world.run(f"id,came,a\n1,0,{'x' * 129}\n", f"{MINIMAL}  node: a\n")
    assert dropped(report) == {"`node` longer than 128 characters": 1}


def test_a_value_that_the_map_does_not_list_drops_its_row(world: World) -> None:
    mapping = f"{MINIMAL}  node: {{column: a, values: {{x: y}}}}\n"
    report = world.run("id,came,a\n1,0,x\n2,0,z\n3,0,\n", mapping)
    assert dropped(report) == {"a: a value that the mapping's `values` do not list": 1}
