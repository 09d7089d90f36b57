"""What the history holds, for people."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TableCount:
    """Rows of a table, and when the first and the last of them happened."""

    table: str
    rows: int
    first_ms: int | None
    last_ms: int | None


@dataclass(frozen=True, slots=True)
class ImportSeen:
    """An import, as it was kept."""

    origin: str
    imported_ms: int
    rows_read: int
    rows_kept: int
    dropped: dict[str, int]


@dataclass(frozen=True, slots=True)
class Overview:
    """A tenant's history. `size_bytes`: of the whole store."""

    tables: tuple[TableCount, ...]
    imports: tuple[ImportSeen, ...]
    last_event_ms: int | None
    erased_customers: int
    refused_events: int
    pruned_before_ms: int | None
    size_bytes: int


class Overviews(Protocol):
    """Looks at the history. Raises HistoryUnavailable."""

    async def of(self, tenant: str) -> Overview:
        """Of one tenant."""
        ...
