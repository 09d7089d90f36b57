"""Hours of the history as Parquet files."""

import fcntl
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from switchyard_history import files
from switchyard_history.hours import HOUR_MS
from switchyard_history.tables import agent_intervals, contact_legs, decisions

pytestmark = pytest.mark.unit

NOON_MS = 1_772_366_400_000  # 2026-03-01 12:00 UTC


def leg(contact: str, key: str = "", **values: Any) -> tuple[Any, ...]:
    given = {"contact": contact, "customer_key": key, "erased": False, "needs": None, **values}
    return tuple(given.get(column.name) for column in files.columns_of(contact_legs))


def publish(folder: Path, hour_ms: int, *legs: tuple[Any, ...], tenant: str = "demo") -> bool:
    path = files.hour_file(folder, contact_legs, tenant, hour_ms)
    return files.publish(path, files.as_arrow(contact_legs, legs))


def test_an_hour_lies_where_others_look_for_it(tmp_path: Path) -> None:
    publish(tmp_path, NOON_MS, leg("a"))
    path = tmp_path / "contact_legs/tenant=demo/day=2026-03-01/hour=12/rows.parquet"
    assert path.is_file()
    assert list(files.hours_there(tmp_path, contact_legs, "demo")) == [(NOON_MS, path)]


def test_reads_what_was_written_with_types_and_partitions(tmp_path: Path) -> None:
    publish(tmp_path, NOON_MS, leg("a", queued_ms=NOON_MS, needs=[{"skill": "x"}]), leg("b"))
    publish(tmp_path, NOON_MS, leg("c"), tenant="other")
    rows = files.read(tmp_path, contact_legs, tenant="demo").to_pylist()
    assert [(row["contact"], row["queued_ms"], row["needs"]) for row in rows] == [
        ("a", NOON_MS, '[{"skill":"x"}]'),
        ("b", None, None),
    ]
    assert {(row["tenant"], row["day"], row["hour"]) for row in rows} == {
        ("demo", "2026-03-01", "12")
    }
    assert files.read(tmp_path, contact_legs).num_rows == 3


def test_reads_only_the_hours_that_were_asked_for(tmp_path: Path) -> None:
    for hour in range(4):
        publish(tmp_path, NOON_MS + hour * HOUR_MS, leg(f"c{hour}"))
    rows = files.read(
        tmp_path, contact_legs, from_ms=NOON_MS + HOUR_MS, until_ms=NOON_MS + 3 * HOUR_MS
    )
    assert rows["contact"].to_pylist() == ["c1", "c2"]


def test_a_table_that_was_never_exported_has_no_rows(tmp_path: Path) -> None:
    assert files.read(tmp_path, agent_intervals).num_rows == 0
    assert "presence" in files.read(tmp_path, agent_intervals).schema.names


def test_what_has_not_changed_is_not_written(tmp_path: Path) -> None:
    assert publish(tmp_path, NOON_MS, leg("a"))
    assert not publish(tmp_path, NOON_MS, leg("a"))
    assert publish(tmp_path, NOON_MS, leg("a"), leg("b"))


def test_a_failed_write_leaves_the_old_hour_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, NOON_MS, leg("a"))

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("switchyard_history.files.os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        publish(tmp_path, NOON_MS, leg("a"), leg("b"))
    assert files.read(tmp_path, contact_legs)["contact"].to_pylist() == ["a"]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["rows.parquet"]


def test_a_removed_hour_leaves_no_empty_folders(tmp_path: Path) -> None:
    publish(tmp_path, NOON_MS, leg("a"))
    publish(tmp_path, NOON_MS + HOUR_MS, leg("b"))
    for hour_ms in (NOON_MS, NOON_MS + HOUR_MS):
        files.remove(files.hour_file(tmp_path, contact_legs, "demo", hour_ms))
    assert not list(tmp_path.rglob("day=*"))


def test_a_forgotten_customer_is_in_no_file(tmp_path: Path) -> None:
    publish(tmp_path, NOON_MS, leg("a", "k1", initial_contact="a"), leg("b", "k2"))
    publish(tmp_path, NOON_MS + HOUR_MS, leg("c", "k2", previous_contact="a"))
    publish(tmp_path, NOON_MS + 2 * HOUR_MS, leg("d", "k2"))
    assert files.forget(tmp_path, "demo", "k1") == 2
    rows = files.read(tmp_path, contact_legs).sort_by("contact").to_pylist()
    assert [
        (r["contact"], r["customer_key"], r["initial_contact"], r["previous_contact"], r["erased"])
        for r in rows
    ] == [
        ("a", "", "", "", True),
        ("b", "k2", None, None, False),
        ("c", "k2", None, "", False),
        ("d", "k2", None, None, False),
    ]
    assert files.forget(tmp_path, "demo", "k1") == 0


def test_one_at_a_time_changes_the_files(tmp_path: Path) -> None:
    with (
        files.locked(tmp_path / "hours"),
        (tmp_path / "hours" / ".lock").open() as other,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with files.locked(tmp_path / "hours"):
        assert not list(files.hours_there(tmp_path / "hours", contact_legs, "demo"))


@pytest.mark.parametrize("tenant", ["../up", "", ".", "a/b"])
def test_a_tenant_cannot_lead_out_of_the_folder(tmp_path: Path, tenant: str) -> None:
    with pytest.raises(files.BadTenant, match="cannot be a folder"):
        files.hour_file(tmp_path, contact_legs, tenant, NOON_MS)


def test_every_column_has_a_type() -> None:
    kinds = {field.name: field.type for field in files.schema_of(decisions)}
    assert kinds["propensity"] == pa.float64()
    assert kinds["degraded"] == pa.bool_()
    assert kinds["weights"] == pa.string()
    assert kinds["time_ms"] == pa.int64()
