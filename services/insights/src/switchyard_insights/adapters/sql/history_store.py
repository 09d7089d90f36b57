"""Opening the history: which tables, and its failures in words of the service."""

from contextlib import AbstractAsyncContextManager

from sqlalchemy import literal, select
from switchyard_common.sql import database
from switchyard_common.sql.database import Database
from switchyard_common.sql.engines import PoolSizes, StoreKind
from switchyard_history.tables import readings

from switchyard_insights.service.ports import HistoryUnavailable

_KIND = StoreKind(
    name="insights",
    migrations="switchyard_insights.adapters.sql:migrations",
    migration_lock=0x48495354,
    ping=select(literal(1)).select_from(readings).limit(1),
    unavailable=HistoryUnavailable,
    conflict=HistoryUnavailable,
)
_SIZES = PoolSizes(readers=2, writers=2)


def open_history(
    url: str, *, setting: str, busy_seconds: float
) -> AbstractAsyncContextManager[Database]:
    """The history behind a URL, with its tables up to date.

    Raises StartError, which names `setting`, if there is none to be had; its connections raise
    HistoryUnavailable.
    """
    return database.open_database(
        url, _KIND, setting=setting, sizes=_SIZES, busy_seconds=busy_seconds
    )
