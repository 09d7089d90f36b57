"""Histories in real tables, and what stands in them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import select
from switchyard_common.sql.database import Database
from switchyard_history.tables import metadata
from switchyard_insights.adapters.sql.history_store import open_history
from switchyard_insights.domain.events import Fact, LoggedEvent
from switchyard_insights.domain.folding import fact_of

type Tables = dict[str, list[dict[str, Any]]]


@asynccontextmanager
async def opened(url: str, busy_seconds: float = 20.0) -> AsyncIterator[Database]:
    """The history behind a URL."""
    async with open_history(url, setting="HISTORY", busy_seconds=busy_seconds) as database:
        yield database


def facts_of(tenant: str, events: Sequence[LoggedEvent]) -> list[Fact]:
    """What events say, as far as the history keeps it."""
    return [fact for event in events if (fact := fact_of(tenant, event)) is not None]


async def contents(database: Database, tenant: str) -> Tables:
    """All rows of a tenant by table, in the order of their keys."""
    found: Tables = {}
    async with database.reading() as connection:
        for table in metadata.sorted_tables:
            wanted = select(table).where(table.c.tenant == tenant)
            rows = await connection.execute(wanted.order_by(*table.primary_key.columns))
            found[table.name] = [
                {name: value for name, value in row.items() if name != "tenant"}
                for row in rows.mappings()
            ]
    return found
