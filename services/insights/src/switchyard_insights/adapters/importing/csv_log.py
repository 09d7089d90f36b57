"""Call logs as CSV, plain or gzipped, read in blocks: memory does not grow with the file."""

import csv
import gzip
import hashlib
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.csv as pa_csv

from switchyard_insights.adapters.importing.column_names import check_column
from switchyard_insights.adapters.importing.yaml_entry import Entry
from switchyard_insights.domain.importing.frame import trimmed
from switchyard_insights.domain.importing.mapping import FileShape
from switchyard_insights.service.importing import ImportRefused, LogBatch

BLOCK_BYTES = 1 << 22
_SUFFIXES = (".csv", ".csv.gz")
_FIX = "Give a whole CSV file, plain or gzipped; `file:` in the mapping says how it is written"


class LogUnreadable(ImportRefused):
    """A file is no log that can be read; the text says why, and what to do."""


class CsvLog:
    """One file. Rows are counted from 1, the heading included, blank lines not."""

    def __init__(self, path: Path, shape: FileShape, sources: Mapping[str, Entry]) -> None:
        self._path = path
        self._shape = shape
        self._sources = sources
        self._ragged: list[int] = []
        self._counted_ragged = 0
        self._file: pa.NativeFile | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    def digest(self) -> str:
        """SHA-256 of the file's bytes, in hex."""
        with self._path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def size_bytes(self) -> int:
        """Of the file, as it lies there."""
        return self._path.stat().st_size

    def done_bytes(self) -> int:
        """How far the file has been read."""
        return 0 if self._file is None else int(self._file.tell())

    def batches(self) -> Iterator[LogBatch]:
        """The rows in the file's order. Raises LogUnreadable, and MappingRefused for a column."""
        try:
            self._check_heading()
            with pa.OSFile(str(self._path)) as self._file:
                yield from self._read(self._file)
        except (pa.ArrowInvalid, OSError, EOFError, UnicodeError, LookupError, csv.Error) as error:
            raise LogUnreadable(f"{self._path}: {error}. {_FIX}") from error
        finally:
            self._file = None

    def _read(self, file: pa.NativeFile) -> Iterator[LogBatch]:
        gzipped = self._path.suffix == ".gz"
        stream = pa.CompressedInputStream(file, "gzip") if gzipped else file
        first = 1 if self._shape.columns else 2
        kept = 0
        with pa_csv.open_csv(stream, **self._options()) as blocks:
            for block in blocks:
                columns = dict(zip(block.schema.names, block.columns, strict=True))
                yield self._batch(trimmed(columns), block.num_rows, kept, first)
                kept += block.num_rows
        if len(self._ragged) > self._counted_ragged:
            yield self._batch({}, 0, kept, first)

    def _batch(self, columns: dict[str, pa.Array], rows: int, before: int, first: int) -> LogBatch:
        ragged = tuple(self._ragged[self._counted_ragged :])
        self._counted_ragged = len(self._ragged)
        return LogBatch(columns, rows, ragged, lambda place: self._line(before + place + first))

    def _line(self, line: int) -> int:
        """The row's number, once those that were skipped before it are counted too."""
        for skipped in self._ragged:
            if skipped > line:
                break
            line += 1
        return line

    def _options(self) -> dict[str, object]:
        shape = self._shape
        names = list(self._sources)
        return {
            "read_options": pa_csv.ReadOptions(
                use_threads=False,
                block_size=BLOCK_BYTES,
                encoding=shape.encoding,
                column_names=list(shape.columns) or None,
            ),
            "parse_options": pa_csv.ParseOptions(
                delimiter=shape.delimiter,
                quote_char=shape.quote,
                newlines_in_values=True,
                invalid_row_handler=self._skip,
            ),
            "convert_options": pa_csv.ConvertOptions(
                include_columns=names, column_types=dict.fromkeys(names, pa.string())
            ),
        }

    def _skip(self, row: pa_csv.InvalidRow) -> str:
        self._ragged.append(int(row.number or 0))
        return "skip"

    def _bytes(self) -> IO[bytes] | gzip.GzipFile:
        if self._path.suffix == ".gz":
            return gzip.open(self._path)
        return self._path.open("rb")

    def _check_heading(self) -> None:
        if self._shape.columns:
            return
        encoding = "utf-8-sig" if self._shape.encoding == "utf-8" else self._shape.encoding
        with self._bytes() as raw, io.TextIOWrapper(raw, encoding, newline="") as text:
            lines = csv.reader(
                text, delimiter=self._shape.delimiter, quotechar=self._shape.quote, strict=True
            )
            heading = next(lines, None)
        if heading is None:
            raise LogUnreadable(f"{self._path}: the file is empty. {_FIX}")
        for name, entry in self._sources.items():
            check_column(name, heading, entry)


def find_logs(paths: list[Path]) -> list[Path]:
    """The files, and of folders all `.csv` and `.csv.gz` in them, by name.

    Raises LogUnreadable where there is none.
    """
    found: list[Path] = []
    for path in paths:
        inside = (
            sorted(each for each in path.iterdir() if each.name.endswith(_SUFFIXES))
            if (path.is_dir())
            else [path]
        )
        if not inside or not all(each.is_file() for each in inside):
            raise LogUnreadable(f"{path}: no call log there. {_FIX}")
        found += inside
    return found
