"""Importing a log: what is kept, counted and replaced."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_insights.adapters.importing import csv_log
from switchyard_insights.adapters.importing.csv_log import LogUnreadable
from switchyard_insights.domain.importing.seen_ids import SeenIds

from tests.fakes.insights.call_logs import MINIMAL, World, dropped, hashed, noted
from tests.fakes.insights.imported_rows import FakeImportedRows

pytestmark = pytest.mark.unit

LOG = "id,came,who\n1,1000,ann\n2,2000,bob\n3,3000,\n"
MAPPING = f"{MINIMAL}  customer_key: {{pseudonym: who}}\n  initial_contact: id\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, FakeImportedRows())


def test_rows_carry_the_log_they_came_with_and_no_customers(world: World) -> None:
    report = world.run(LOG, MAPPING)
    assert world.kept.rows()[0] == {
        "tenant": "demo",
        "origin": "small/log.csv",
        "contact": "small-1",
        "initial_contact": "small-1",
        "arrived_ms": 1000,
        "customer_key": hashed("ann"),
        "erased": False,
    }
    assert (report.rows_read, report.rows_kept, report.rows_dropped) == (3, 3, 0)
    assert (report.from_ms, report.until_ms) == (1000, 3000)
    assert world.kept.reports == {"small/log.csv": report}


def test_importing_twice_gives_the_same_tables(world: World) -> None:
    first = world.run(LOG, MAPPING)
    before = world.kept.rows()
    assert world.run(LOG, MAPPING) == first
    assert world.kept.rows() == before


def test_anew_forgets_what_the_file_brought_before(world: World) -> None:
    world.run(LOG, MAPPING)
    world.run("id,came,who\n2,2000,bob\n", MAPPING, anew=True)
    assert [row["contact"] for row in world.kept.rows()] == ["small-2"]


def test_a_repeated_id_replaces_the_earlier_row_and_is_counted(world: World) -> None:
    report = world.run("id,came,who\n1,1,\n2,1,\n1,5,\n", MAPPING)
    assert [row["arrived_ms"] for row in world.kept.rows()] == [5, 1]
    assert noted(report) == {"the id of an earlier row: this later row replaces it": 1}
    assert next(iter(report.noted.values())).examples == [4]


def test_who_was_erased_stays_unknown(world: World) -> None:
    world.kept.erased = {hashed("ann")}
    report = world.run(LOG, MAPPING)
    first = world.kept.rows()[0]
    assert (first["customer_key"], first["initial_contact"], first["erased"]) == ("", "", True)
    assert [row["erased"] for row in world.kept.rows()] == [True, False, False]
    assert list(noted(report).values()) == [1]


def test_rows_of_another_length_are_counted_with_their_numbers(world: World) -> None:
    report = world.run("id,came\n1,1\n2\n3,1,1\n4,x\n5,1\n6\n", MINIMAL)
    assert [row["contact"] for row in world.kept.rows()] == ["small-1", "small-5"]
    assert dropped(report) == {
        "more or fewer cells than columns": 3,
        "came: not a number of seconds or milliseconds since 1970": 1,
    }
    assert sorted(count.examples for count in report.dropped.values()) == [[3, 4, 7], [5]]
    assert report.rows_read == 6


def test_pieces_of_a_file_are_read_as_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "id,came\n" + "".join(f"{n},{n}\n" if n % 7 else f"{n}\n" for n in range(1, 400))
    whole = world.run(text, MINIMAL)
    rows = world.kept.rows()
    world.kept.tables.clear()
    monkeypatch.setattr(csv_log, "BLOCK_BYTES", 64)
    assert world.run(text, MINIMAL) == whole
    assert world.kept.rows() == rows


def test_reads_gzip_other_delimiters_other_encodings_and_no_heading(world: World) -> None:
    mapping = f"{MINIMAL}  node: name\nfile: {{delimiter: ';', encoding: gb18030, columns: "
    text = "1;5;上海\n2;6;'北;京'\n".encode("gb18030")
    world.run(gzip.compress(text), mapping + '[id, came, name], quote: "\'"}\n', file="log.csv.gz")
    assert [row["node"] for row in world.kept.rows()] == ["上海", "北;京"]


def test_a_cut_off_file_is_named_and_what_came_before_is_kept(world: World) -> None:
    whole = gzip.compress(LOG.encode() * 1000)
    with pytest.raises(LogUnreadable, match=r"log\.csv\.gz: .*Give a whole CSV file"):
        world.run(whole[: len(whole) // 2], MAPPING, file="log.csv.gz")
    assert world.kept.reports == {}


def test_other_tables_are_imported_too(world: World) -> None:
    mapping = """\
log: shifts
table: agent_intervals
columns:
  agent: name
  presence: {constant: AVAILABLE}
  from_ms: {time: start, epoch: s}
  until_ms: {time: end, epoch: s}
"""
    report = world.run("name,start,end\nann,1,9\nbob,2,\n,1,1\n", mapping)
    rows = world.kept.rows("agent_intervals")
    assert [(row["agent"], row["from_ms"], row["until_ms"]) for row in rows] == [
        ("ann", 1000, 9000),
        ("bob", 2000, None),
    ]
    assert dropped(report) == {"nothing for `agent`, which must be there": 1}


@given(batches=st.lists(st.lists(st.text(max_size=2))))
def test_ids_that_came_before_are_found(batches: list[list[str]]) -> None:
    seen, before = SeenIds(), set[str]()
    for batch in batches:
        expected = []
        for place, each in enumerate(batch):
            if each in before:
                expected.append(place)
            before.add(each)
        assert seen.repeated(batch) == expected
