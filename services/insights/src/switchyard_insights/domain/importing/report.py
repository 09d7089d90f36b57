"""What an import did: rows read, kept, dropped and doubted, by reason."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from switchyard_insights.domain.importing.reasons import Reason
from switchyard_insights.domain.importing.rows import Counted

EXAMPLES = 5
"""Rows that are named for each reason."""


@dataclass(slots=True)
class Count:
    """Rows of one reason, and where the first of them stand in the file, counted from 1."""

    rows: int = 0
    examples: list[int] = field(default_factory=list)


@dataclass(slots=True)
class ImportReport:
    """Of one file. Rows kept are written; a repeated one replaces the row it repeats."""

    origin: str
    rows_read: int = 0
    rows_kept: int = 0
    from_ms: int | None = None
    until_ms: int | None = None
    """When the earliest and the latest contact came."""
    dropped: dict[Reason, Count] = field(default_factory=dict)
    noted: dict[Reason, Count] = field(default_factory=dict)

    @property
    def rows_dropped(self) -> int:
        """All rows that were left out."""
        return sum(count.rows for count in self.dropped.values())

    def spans(self, first_ms: int | None, last_ms: int | None) -> None:
        """Widens the report's span."""
        if first_ms is not None:
            self.from_ms = first_ms if self.from_ms is None else min(self.from_ms, first_ms)
        if last_ms is not None:
            self.until_ms = last_ms if self.until_ms is None else max(self.until_ms, last_ms)


def add(
    counts: dict[Reason, Count], found: Iterable[Counted], line_of: Callable[[int], int]
) -> None:
    """Adds a batch's findings; `line_of` says where in the file a place of the batch stands."""
    for each in found:
        count = counts.setdefault(each.reason, Count())
        count.rows += len(each.places)
        wanted = EXAMPLES - len(count.examples)
        count.examples += [line_of(place) for place in each.places[: max(0, wanted)]]
