"""Small call logs, imported into memory."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from switchyard_common.logs import pseudonym
from switchyard_insights.adapters.importing.csv_log import CsvLog
from switchyard_insights.adapters.importing.mapping_files import load_mapping
from switchyard_insights.adapters.sql.import_targets import import_targets
from switchyard_insights.domain.importing.report import ImportReport
from switchyard_insights.service.importing import ImportLog, LogBatch

from tests.fakes.insights.imported_rows import FakeImportedRows

KEY = b"a key for tests only"
MINIMAL = """\
log: small
columns:
  contact: id
  arrived_ms: {time: came, epoch: ms}
"""


def hashed(value: str) -> str:
    """What stands for a customer."""
    return pseudonym(KEY, value)


@dataclass(frozen=True)
class NamedLog:
    """A log without rows."""

    name: str

    def digest(self) -> str:
        """Of nothing."""
        return "e3b0"

    def size_bytes(self) -> int:
        """Nothing."""
        return 0

    def done_bytes(self) -> int:
        """All of it."""
        return 0

    def batches(self) -> Iterator[LogBatch]:
        """None."""
        return iter(())


@dataclass
class World:
    """A folder for files, and the rows that imports wrote."""

    folder: Path
    kept: FakeImportedRows

    def run(self, text: str | bytes, mapping: str, **options: Any) -> ImportReport:
        """Imports a log; `mapping` is an included one's name, or YAML."""
        given = mapping
        if "\n" in mapping:
            file = self.folder / "mapping.yaml"
            file.write_text(mapping)
            given = str(file)
        log = self.folder / options.pop("file", "log.csv")
        log.write_bytes(text.encode() if isinstance(text, str) else text)
        tables = import_targets()
        read, sources = load_mapping(given, tables, options.pop("time_zone", None))
        use_case = ImportLog(self.kept, tables, hashed, lambda: 1)
        return asyncio.run(use_case.run(CsvLog(log, read.shape, sources), read, "demo", **options))

    def value(self, cells: str, value: str, column: str = "queued_ms") -> Any:
        """What a value makes of one row; the log has the columns a and b."""
        mapping = f"{MINIMAL}  {column}: {value}\n"
        self.kept.tables.clear()
        self.run(f"id,came,a,b\n1,0,{cells}\n", mapping)
        return self.kept.rows()[0][column]


def dropped(report: ImportReport) -> dict[str, int]:
    """Rows by reason."""
    return {reason.en: count.rows for reason, count in report.dropped.items()}


def noted(report: ImportReport) -> dict[str, int]:
    """Rows by reason."""
    return {reason.en: count.rows for reason, count in report.noted.items()}
