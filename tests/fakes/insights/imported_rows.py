"""Where imports write, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from switchyard_history.tables import metadata
from switchyard_insights.domain.importing.forgotten import Rows, forget
from switchyard_insights.domain.importing.report import ImportReport
from switchyard_insights.service.importing import CallLog

type Key = tuple[Any, ...]


@dataclass
class FakeImportedRows:
    """The port ImportedRows; `tables` by name and key."""

    tables: dict[str, dict[Key, dict[str, Any]]] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    reports: dict[str, ImportReport] = field(default_factory=dict)

    async def replace(self, tenant: str, table: str, names: Sequence[str], rows: Rows) -> list[int]:
        """As the port says."""
        names, rows, forgotten = forget(names, rows, self.erased)
        keys = [column.name for column in metadata.tables[table].primary_key]
        kept = self.tables.setdefault(table, {})
        for values in rows:
            row = dict(zip(names, values, strict=True))
            kept[tuple(row[name] for name in keys)] = row
        return forgotten

    async def finished(
        self, tenant: str, log: CallLog, imported_ms: int, report: ImportReport
    ) -> None:
        """As the port says."""
        self.reports[report.origin] = report

    async def forget(self, tenant: str, table: str, origin: str) -> int:
        """As the port says."""
        kept = self.tables.setdefault(table, {})
        gone = [key for key, row in kept.items() if row.get("origin") == origin]
        for key in gone:
            del kept[key]
        return len(gone)

    def rows(self, table: str = "contact_legs") -> list[dict[str, Any]]:
        """A table in the order of its keys."""
        return [row for _, row in sorted(self.tables.get(table, {}).items())]
