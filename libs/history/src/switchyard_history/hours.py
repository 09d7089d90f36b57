"""Which hour a row of the history belongs to."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Column, ColumnElement, Select, Table, and_, func, or_, select, true

from switchyard_history import tables

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

type HourTable = Table
"""A table whose rows happen at some time."""

TIMES: Mapping[Table, tuple[str, ...]] = {
    tables.contact_legs: ("queued_ms", "arrived_ms"),
    tables.offers: ("created_ms",),
    tables.decisions: ("time_ms",),
    tables.decision_candidates: ("time_ms",),
    tables.agent_intervals: ("from_ms",),
    tables.bot_turns: ("time_ms",),
    tables.bot_conversations: ("first_ms",),
    tables.surveys: ("time_ms",),
    tables.holds: ("until_ms",),
}
"""When a row happened: the first of these columns that is known."""


def time_of(table: Table) -> ColumnElement[int]:
    """When a row happened, in SQL."""
    first, *others = (table.c[name] for name in TIMES[table])
    return func.coalesce(first, *others) if others else first


def within(table: Table, from_ms: int, until_ms: int) -> ColumnElement[bool]:
    """Whether a row happened in [from, until), in a way that indexes serve."""
    return or_(
        *(and_(known, column >= from_ms, column < until_ms) for column, known in _choices(table))
    )


def first_times(table: Table, tenant: str, from_ms: int) -> list[Select[int | None]]:
    """Queries of which the least answer is when the first row from `from_ms` on happened."""
    return [
        select(func.min(column)).where(table.c.tenant == tenant, known, column >= from_ms)
        for column, known in _choices(table)
    ]


def _choices(table: Table) -> Iterator[tuple[Column[int], ColumnElement[bool]]]:
    """The columns that may say when, each with the condition that those before it do not."""
    earlier: list[ColumnElement[bool]] = []
    for name in TIMES[table]:
        yield table.c[name], and_(true(), *earlier)
        earlier.append(table.c[name].is_(None))
