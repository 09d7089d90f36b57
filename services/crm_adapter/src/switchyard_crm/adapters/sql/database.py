"""The customer store: which tables, and its failures in words of the domain."""

from contextlib import AbstractAsyncContextManager

from sqlalchemy import literal, select
from switchyard_common.sql import database
from switchyard_common.sql.database import POSTGRESQL, Database, parse_url
from switchyard_common.sql.engines import PoolSizes, StoreKind

from switchyard_crm.adapters.sql.schema import records
from switchyard_crm.adapters.sql.statistics import tell_planner
from switchyard_crm.domain.errors import StoreUnavailable, WriteConflict

__all__ = ["POSTGRESQL", "Database", "open_database", "parse_url"]

_KIND = StoreKind(
    name="crm",
    migrations="switchyard_crm.adapters.sql:migrations",
    migration_lock=0x43524D,
    ping=select(literal(1)).select_from(records).limit(1),
    unavailable=StoreUnavailable,
    conflict=WriteConflict,
    tell_planner=tell_planner,
)


def open_database(
    url: str, *, setting: str, readers: int, busy_seconds: float, writers: int = 1
) -> AbstractAsyncContextManager[Database]:
    """The store behind a URL, with its tables up to date.

    `readers` read at the same time, and on PostgreSQL `writers` write. Raises StartError, which
    names `setting`, if there is none to be had; its connections raise StoreUnavailable.
    """
    sizes = PoolSizes(readers, writers)
    return database.open_database(
        url, _KIND, setting=setting, sizes=sizes, busy_seconds=busy_seconds
    )
