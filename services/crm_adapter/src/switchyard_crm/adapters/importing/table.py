"""Reads tables (CSV): one customer per row, each a document of the import format."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, override

from switchyard_crm.adapters.importing.reading import DocumentReader, Refused
from switchyard_crm.adapters.importing.table_mapping import (
    FIELDS,
    BadCell,
    Column,
    Shape,
    TableMapping,
)
from switchyard_crm.domain.errors import InvalidField
from switchyard_crm.domain.records import CustomerRecord
from switchyard_crm.service.importing import Problem, ReadLine

_MOST_CELL_CHARS = 100_000


class TableReader:
    """Turns the rows of a table into customers. Rows without any text are passed over."""

    def __init__(self, documents: DocumentReader, mapping: TableMapping) -> None:
        self._documents = documents
        self._mapping = mapping

    def read(self, file: BinaryIO) -> Iterator[ReadLine]:
        """Yields each row with a record, or with what is wrong with it, named by its columns.

        Raises InvalidField when the header or the encoding does not fit the mapping.
        """
        counted = _Counted(file)
        csv.field_size_limit(_MOST_CELL_CHARS)
        with io.TextIOWrapper(
            io.BufferedReader(counted), self._mapping.encoding, newline=""
        ) as text:
            rows = csv.reader(text, delimiter=self._mapping.delimiter, strict=True)
            header = [name.strip() for name in _next(rows, self._mapping.encoding) or ()]
            columns = self._mapping.of(header)
            while (row := _next(rows, self._mapping.encoding)) is not None:
                if any(cell.strip() for cell in row):
                    yield self._line(rows.line_num, counted.bytes_read, row, header, columns)

    def _line(
        self,
        number: int,
        bytes_read: int,
        row: Sequence[str],
        header: Sequence[str],
        columns: Sequence[Column | None],
    ) -> ReadLine:
        try:
            return ReadLine(number, bytes_read, self._record(row, header, columns))
        except Refused as refused:
            return ReadLine(number, bytes_read, None, refused.problems)

    def _record(
        self, row: Sequence[str], header: Sequence[str], columns: Sequence[Column | None]
    ) -> CustomerRecord:
        if len(row) != len(header):
            raise Refused(
                Problem("", f"has {len(row)} cells and not {len(header)}; is a quote missing?")
            )
        document = _Document()
        for name, cell, column in zip(header, row, columns, strict=True):
            if column is not None:
                document.put(name, column, cell)
        try:
            return self._documents.record(document.as_json())
        except Refused as refused:
            problems = (Problem(document.place(each.field), each.fix) for each in refused.problems)
            raise Refused(*problems) from refused


class _Document:
    """A document in the making, which remembers where in the row each part comes from."""

    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}
        self._columns: dict[str, str] = {}

    def put(self, name: str, column: Column, cell: str) -> None:
        try:
            texts = column.texts(cell)
        except BadCell as error:
            raise Refused(Problem(name, str(error))) from error
        field = column.field
        self._columns.setdefault(field, name)
        for text in texts:
            match FIELDS[field]:
                case Shape.TEXT:
                    self._fields[field] = text
                case Shape.JOINED:
                    self._fields[field] = _joined(self._fields.get(field, ""), text)
                case Shape.MANY:
                    self._add(field, name, text)
                case Shape.NAMED:
                    self._add(field, name, {"namespace": column.namespace, "value": text})

    def _add(self, field: str, name: str, value: object) -> None:
        values = self._fields.setdefault(field, [])
        self._columns[f"{field}[{len(values)}]"] = name
        values.append(value)

    def as_json(self) -> bytes:
        return json.dumps(self._fields, ensure_ascii=False).encode()

    def place(self, field: str) -> str:
        """The column behind a path in the document: `phones[1].value`."""
        head = field.partition(".")[0]
        return self._columns.get(head) or self._columns.get(head.partition("[")[0], field)


class _Counted(io.RawIOBase):
    """A file that tells how much of it was read, for the progress bar. Does not close it."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self.bytes_read = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any) -> int:
        some = self._file.read(len(buffer))
        buffer[: len(some)] = some
        self.bytes_read += len(some)
        return len(some)


def _next(rows: Any, encoding: str) -> list[str] | None:
    try:
        row: list[str] | None = next(rows, None)
    except UnicodeDecodeError as error:
        raise InvalidField(
            f"line {rows.line_num + 1}", f"is not {encoding}; say `encoding` in the mapping"
        ) from error
    except csv.Error as error:
        raise InvalidField(f"line {rows.line_num}", f"is no table row: {error}") from error
    return row


def _joined(before: str, text: str) -> str:
    """Chinese words stand together, others apart."""
    apart = before and (before[-1].isascii() or text[0].isascii())
    return f"{before} {text}" if apart else before + text
