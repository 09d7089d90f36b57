"""A mapping that is wrong says where, and what to write instead."""

from pathlib import Path

import pytest
from switchyard_insights.adapters.importing.csv_log import LogUnreadable, find_logs
from switchyard_insights.adapters.importing.mapping_files import included, load_mapping
from switchyard_insights.adapters.importing.yaml_entry import MappingRefused
from switchyard_insights.adapters.sql.import_targets import import_targets

from tests.fakes.insights.call_logs import MINIMAL, World
from tests.fakes.insights.imported_rows import FakeImportedRows

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("  queue: {colum: a}", "line 5, columns.queue: 0 kinds of value (none). Write exactly"),
        ("  queue: {column: a, constant: b}", "2 kinds of value (column, constant)"),
        ("  queue: {column: a, unit: s}", "columns.queue.unit: no such key. Use column, empty"),
        ("  queu: a", "line 5, columns.queu: no such key. Use"),
        ("  queued_ms: a", "gives a text, but a whole number or time is needed"),
        ("  queue: {duration: a, unit: s}", "gives a whole number or time, but a text"),
        ("  queued_ms: {duration: a}", "`unit` is missing. Write one of ms, s, min, clock"),
        ("  queued_ms: {duration: a, unit: h}", "'h' is not known. Use ms, s, min, clock"),
        ("  queued_ms: {time: a}", "`format` or `epoch` is needed"),
        ("  queued_ms: {time: a, format: date}", "no % in the format"),
        ("  queued_ms: {clock: a}", "its day is not clear. Write `on: date column` or `near"),
        ("  queued_ms: {clock: a, on: b}", "the date's `format` is missing"),
        ("  queued_ms: {span: [came]}", "gives a text, but a whole number or time is needed"),
        ("  queue: {column: a, match: '('}", "not a regular expression"),
        ("  queue: {column: a, match: 'x'}", "no group in it. Put what to take into ( )"),
        ("  queue: {column: a, others: keep}", "`others` without `values`"),
        ("  queue: {column: a, values: {x: y}, others: x}", "'x' is not known. Use drop, keep"),
        ("  queue: {column: a, only: {}}", "no condition. Write `column: value`"),
        ("  queue: {column: a, only: {b: {abov: 1}}}", "only.b.abov: no such key. Use above"),
        ("  queue: {column: a, only: {b: {above: x}}}", "not a number"),
        ("  queue: {join: []}", "the list is empty"),
        ("time_zone: Mars/Base", "'Mars/Base' is no time zone. Write for instance Asia"),
        ("table: contacts", "'contacts' is not known. Use contact_legs"),
        ("file: {delimiter: ';;'}", "not one character"),
        ("file: {columns: [id, id]}", "a name stands there twice"),
        ("file: {columns: [id, cane]}", "no column `came` in the log. Perhaps `cane`"),
        ("drop: [{when: {a: x}}]", "drop[0]: `reason` is missing"),
        ("drop: [{when: {a: x}, reason: {en: x}}]", "reason: `zh` is missing"),
        ("log: twice", "log: the key stands there twice"),
        ("rows: 5", "rows: no such key. Use columns, derive, drop"),
        ("  queue: [", "not YAML"),
    ],
)
def test_says_where_and_what_to_write(tmp_path: Path, lines: str, said: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"{MINIMAL}{lines}\n")
    with pytest.raises(MappingRefused) as refused:
        load_mapping(str(file), import_targets())
    assert str(refused.value).startswith(str(file))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty. Begin from one of the included mappings"),
        ("log: mine\ncolumns: {contact: id}\n", "`arrived_ms` is missing"),
        ("log: My Log\ncolumns: {}\n", "'My Log' is no name"),
        ("columns: {}\n", "`log` is missing"),
    ],
)
def test_says_what_is_missing(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(MappingRefused, match=said):
        load_mapping(str(file), import_targets())


def test_an_unknown_mapping_names_the_included_ones(tmp_path: Path) -> None:
    with pytest.raises(MappingRefused, match="anonymous_bank, asterisk_cdr"):
        load_mapping(str(tmp_path / "none.yaml"), import_targets())


@pytest.mark.parametrize("name", ["anonymous_bank", "asterisk_cdr"])
def test_included_mappings_are_right_and_take_another_time_zone(name: str) -> None:
    assert name in included()
    mapping, _ = load_mapping(name, import_targets(), "Asia/Shanghai")
    assert (mapping.name, mapping.time_zone) == (name, "Asia/Shanghai")
    with pytest.raises(MappingRefused, match="--time-zone"):
        load_mapping(name, import_targets(), "nowhere")


def test_a_column_that_the_heading_lacks_is_named_with_its_line(tmp_path: Path) -> None:
    world = World(tmp_path, FakeImportedRows())
    with pytest.raises(MappingRefused, match=r"line 4, .*no column `came`.*Perhaps `cam`"):
        world.run("id,cam\n1,0\n", MINIMAL)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"id,came\n\xff,0\n", "decode"),
    ],
)
def test_a_file_that_is_no_log_is_named(tmp_path: Path, data: bytes, said: str) -> None:
    world = World(tmp_path, FakeImportedRows())
    with pytest.raises(LogUnreadable, match=rf"log\.csv: .*{said}.*Give a whole CSV file"):
        world.run(data, MINIMAL)


def test_a_folder_without_logs_and_a_path_without_a_file_are_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(LogUnreadable, match="no call log there"):
            find_logs([path])
    (tmp_path / "b.csv.gz").touch()
    (tmp_path / "a.csv").touch()
    (tmp_path / "notes.txt").touch()
    assert [path.name for path in find_logs([tmp_path])] == ["a.csv", "b.csv.gz"]
