"""The history as Parquet: one file for each table, tenant and hour.

`{folder}/{table}/tenant={tenant}/day={YYYY-MM-DD}/hour={HH}/rows.parquet`, in UTC: what Hive,
Spark, DuckDB, Polars and pandas read as a partitioned data set. A file appears whole or not at all.
It holds the table's columns by name and type; lists and mappings are JSON texts.
"""

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from sqlalchemy import JSON, Boolean, Column, Float, Integer, Table

from switchyard_history.forgetting import CUSTOMER_KEY, ERASED, LINKS
from switchyard_history.hours import HOUR_MS
from switchyard_history.tables import contact_legs

FILE = "rows.parquet"
_LOCK = ".lock"
_TENANT = "tenant"
_TENANTS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PARTITIONS = pa.schema(
    [pa.field(_TENANT, pa.string()), pa.field("day", pa.string()), pa.field("hour", pa.string())]
)


class BadTenant(ValueError):
    """A tenant's name cannot be a folder's."""


def columns_of(table: Table) -> list[Column[Any]]:
    """The columns that a file holds: all but the tenant, which its folder tells."""
    return [column for column in table.columns if column.name != _TENANT]


def schema_of(table: Table) -> pa.Schema:
    """The types of a table's files."""
    return pa.schema([pa.field(column.name, _type(column)) for column in columns_of(table)])


def hour_file(folder: Path, table: Table, tenant: str, hour_ms: int) -> Path:
    """Where the hour that begins at `hour_ms` lies. Raises BadTenant."""
    begin = datetime.fromtimestamp(hour_ms / 1000, UTC)
    day, hour = f"day={begin:%Y-%m-%d}", f"hour={begin:%H}"
    return _tenant_folder(folder, table, tenant) / day / hour / FILE


def hours_there(folder: Path, table: Table, tenant: str) -> Iterator[tuple[int, Path]]:
    """The hours that have a file, by their beginning, in their order. Raises BadTenant."""
    for path in sorted(_tenant_folder(folder, table, tenant).glob(f"day=*/hour=*/{FILE}")):
        day, hour = (part.partition("=")[2] for part in path.parts[-3:-1])
        begin = datetime.fromisoformat(f"{day}T{hour}:00+00:00")
        yield round(begin.timestamp()) * 1000, path


def as_arrow(table: Table, rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Rows, with values in the order of `columns_of`, as a file holds them."""
    columns = columns_of(table)
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    arrays = [_array(column, each) for column, each in zip(columns, values, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema_of(table))


def publish(path: Path, rows: pa.Table) -> bool:
    """Puts a file in place, whole; False: it held the same already and was not touched.

    What is written survives a power cut before it gets its name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        pq.write_table(rows, made, compression="zstd")
        if path.is_file() and path.read_bytes() == made.read_bytes():
            return False
        with made.open("rb+") as written:
            os.fsync(written.fileno())
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
    return True


def locked(folder: Path) -> TextIO:
    """Waits until no other process changes the folder's files; closing the result lets others in.

    Whoever publishes rows reads them while it holds this: what is forgotten in between cannot come
    back by rows that were read before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / _LOCK).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
    except BaseException:
        lock.close()
        raise
    return lock


def remove(path: Path) -> None:
    """Takes an hour away, and the folders that it leaves empty."""
    path.unlink(missing_ok=True)
    for folder in list(path.parents)[:2]:
        with contextlib.suppress(OSError):  # the other hours of the day are still there
            folder.rmdir()


def read(
    folder: Path,
    table: Table,
    *,
    tenant: str | None = None,
    from_ms: int | None = None,
    until_ms: int | None = None,
) -> pa.Table:
    """Rows of the hours that lie in [from, until), with the columns tenant, day and hour.

    Only the files of those hours are opened. A table without files has no rows.
    """
    schema = pa.unify_schemas([schema_of(table), _PARTITIONS])
    if not (folder / table.name).is_dir():
        return schema.empty_table()
    partitioning = ds.partitioning(_PARTITIONS, flavor="hive")
    files = ds.dataset(
        folder / table.name, format="parquet", schema=schema, partitioning=partitioning
    )
    return files.to_table(filter=_asked(tenant, from_ms, until_ms))


def forget(folder: Path, tenant: str, customer_key: str) -> int:
    """Takes a customer's key and what belonged to it out of all files; how many were rewritten.

    Reads keys and links of all hours: O(files). Raises BadTenant.
    """
    paths = [str(path) for _, path in hours_there(folder, contact_legs, tenant)]
    if not paths:
        return 0
    legs = ds.dataset(paths, format="parquet", schema=schema_of(contact_legs))
    whose = ds.field(CUSTOMER_KEY) == customer_key
    gone = set(legs.to_table(["contact"], filter=whose)["contact"].to_pylist())
    telling = sorted(_telling(legs, gone)) if gone else []
    for path in telling:
        publish(
            Path(path), _without(pq.read_table(path, schema=legs.schema, partitioning=None), gone)
        )
    return len(telling)


def _telling(legs: ds.Dataset, contacts: set[str]) -> set[str]:
    """The files in which a row is one of these contacts, or says that it belongs to one."""
    gone = pa.array(sorted(contacts), pa.string())
    told = ds.field("contact").isin(gone)
    for name in LINKS:
        told |= ds.field(name).isin(gone)
    return set(legs.to_table(["__filename"], filter=told)["__filename"].to_pylist())


def _without(rows: pa.Table, contacts: set[str]) -> pa.Table:
    gone = pa.array(sorted(contacts), pa.string())
    whose = pc.is_in(rows["contact"], gone)
    for name in LINKS:
        told = pc.or_(whose, pc.is_in(rows[name], gone))
        rows = _replaced(rows, name, pc.if_else(told, "", rows[name]))
    return _replaced(rows, ERASED, pc.or_(rows[ERASED], whose))


def _replaced(rows: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    place = rows.schema.get_field_index(name)
    return rows.set_column(place, rows.schema.field(place), values)


def _tenant_folder(folder: Path, table: Table, tenant: str) -> Path:
    if not _TENANTS.fullmatch(tenant):
        raise BadTenant(
            f"tenant {tenant!r} cannot be a folder: use letters, digits, '.', '_' and '-'"
        )
    return folder / table.name / f"{_TENANT}={tenant}"


def _asked(tenant: str | None, from_ms: int | None, until_ms: int | None) -> ds.Expression | None:
    hour = pc.binary_join_element_wise(ds.field("day"), ds.field("hour"), "T")
    asked = []
    if tenant is not None:
        asked.append(ds.field(_TENANT) == tenant)
    if from_ms is not None:
        asked.append(hour >= _hour_name(from_ms + HOUR_MS - 1))
    if until_ms is not None:
        asked.append(hour < _hour_name(until_ms))
    whole = None
    for each in asked:
        whole = each if whole is None else whole & each
    return whole


def _hour_name(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms // 1000, UTC):%Y-%m-%dT%H}"


def _array(column: Column[Any], values: Sequence[Any]) -> pa.Array:
    if isinstance(column.type, JSON):
        texts = [None if each is None else orjson.dumps(each).decode() for each in values]
        return pa.array(texts, pa.string())
    return pa.array(values, _type(column))


def _type(column: Column[Any]) -> pa.DataType:
    for kind, arrow in ((Boolean, pa.bool_()), (Float, pa.float64()), (Integer, pa.int64())):
        if isinstance(column.type, kind):
            return arrow
    return pa.string()
