"""Imports a call log: each row is mapped, checked, written or counted with its reason."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from switchyard_insights.domain.importing.forgotten import Rows
from switchyard_insights.domain.importing.frame import Frame
from switchyard_insights.domain.importing.mapping import LogMapping, Targets
from switchyard_insights.domain.importing.reasons import ERASED, RAGGED, REPEATED, Reason
from switchyard_insights.domain.importing.report import ImportReport, add
from switchyard_insights.domain.importing.rows import Counted, MappedRows, map_rows
from switchyard_insights.domain.importing.seen_ids import SeenIds

_ORIGIN_CHARS = 64
_TIMES = ("queued_ms", "arrived_ms", "from_ms", "time_ms", "created_ms")
"""Columns that say when a row of any table happened; the first that is there counts."""


class ImportRefused(Exception):
    """A mapping or a log cannot be used; the text says where and why, and what to do."""


@dataclass(frozen=True, slots=True)
class LogBatch:
    """Rows of a log: text columns, and the rows since the last batch that were no rows.

    `line_of` says where in the file a place of the batch stands; it is asked for examples only.
    """

    columns: dict[str, pa.Array]
    rows: int
    ragged: tuple[int, ...]
    line_of: Callable[[int], int]


class CallLog(Protocol):
    """A log to import."""

    @property
    def name(self) -> str:
        """For people."""
        ...

    def size_bytes(self) -> int:
        """Of the file, as it lies there."""
        ...

    def done_bytes(self) -> int:
        """How far it has been read."""
        ...

    def digest(self) -> str:
        """Of its bytes."""
        ...

    def batches(self) -> Iterator[LogBatch]:
        """Its rows, in bounded pieces."""
        ...


class ImportedRows(Protocol):
    """Where rows go. Methods raise HistoryUnavailable."""

    async def replace(self, tenant: str, table: str, names: Sequence[str], rows: Rows) -> list[int]:
        """Writes rows, in the place of those with the same key; all or none.

        The places of rows whose customer was erased: they are written without saying who it was.
        """
        ...

    async def finished(
        self, tenant: str, log: CallLog, imported_ms: int, report: ImportReport
    ) -> None:
        """Keeps what an import did."""
        ...

    async def forget(self, tenant: str, table: str, origin: str) -> int:
        """Deletes what an earlier import brought; the number of rows."""
        ...


def _nobody(_rows: int) -> None:
    """Told of progress when nobody wants to know."""


@dataclass(frozen=True, slots=True)
class ImportLog:
    """The use case; `pseudonym` makes keyed hashes of personal values."""

    rows: ImportedRows
    tables: Mapping[str, Targets]
    pseudonym: Callable[[str], str]
    now_ms: Callable[[], int]
    read: Callable[[int], None] = _nobody
    """Told how many rows have been read, batch by batch."""

    async def run(
        self, log: CallLog, mapping: LogMapping, tenant: str, *, anew: bool = False
    ) -> ImportReport:
        """Imports one log; `anew` deletes first what it brought before.

        Once more gives the same rows. Memory is that of a batch and 8 bytes per row. What was
        written before a failure stays, and is written over the next time.
        """
        origin = f"{mapping.name}/{log.name}"[:_ORIGIN_CHARS]
        report, seen = ImportReport(origin), SeenIds()
        if anew:
            await self.rows.forget(tenant, mapping.table, origin)
        for batch in log.batches():
            mapped = self._mapped(batch, mapping)
            _count(report, batch, mapped, seen)
            if len(mapped.places):
                forgotten = await self._write(mapped, mapping.table, tenant, origin)
                add(report.noted, _at(mapped, forgotten, ERASED), batch.line_of)
            self.read(report.rows_read)
        await self.rows.finished(tenant, log, self.now_ms(), report)
        return report

    def _mapped(self, batch: LogBatch, mapping: LogMapping) -> MappedRows:
        if not batch.rows:
            return MappedRows({}, pa.array([], pa.int64()), (), ())
        frame = Frame(
            columns=batch.columns,
            rows=batch.rows,
            zone=ZoneInfo(mapping.time_zone),
            pseudonym=self.pseudonym,
        )
        return map_rows(frame, mapping, self.tables[mapping.table])

    async def _write(self, mapped: MappedRows, table: str, tenant: str, origin: str) -> list[int]:
        columns = {name: column.to_pylist() for name, column in mapped.columns.items()}
        count = len(mapped.places)
        columns["tenant"] = [tenant] * count
        if "origin" in self.tables[table]:
            columns["origin"] = [origin] * count
        rows = list(zip(*columns.values(), strict=True))
        return await self.rows.replace(tenant, table, list(columns), rows)


def _count(report: ImportReport, batch: LogBatch, mapped: MappedRows, seen: SeenIds) -> None:
    report.rows_read += batch.rows + len(batch.ragged)
    report.rows_kept += len(mapped.places)
    add(report.dropped, mapped.dropped, batch.line_of)
    if batch.ragged:
        add(report.dropped, [Counted(RAGGED, batch.ragged)], lambda line: line)
    add(report.noted, mapped.noted, batch.line_of)
    times = next((mapped.columns[name] for name in _TIMES if name in mapped.columns), None)
    if times is not None:
        span = pc.min_max(times).as_py()
        report.spans(span["min"], span["max"])
    if "contact" in mapped.columns:
        repeated = seen.repeated(mapped.columns["contact"].to_pylist())
        add(report.noted, _at(mapped, repeated, REPEATED), batch.line_of)


def _at(mapped: MappedRows, kept: Sequence[int], reason: Reason) -> list[Counted]:
    """A finding about kept rows, by their places in the batch."""
    if not kept:
        return []
    return [Counted(reason, tuple(mapped.places.take(pa.array(kept)).to_pylist()))]
