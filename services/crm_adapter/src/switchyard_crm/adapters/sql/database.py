"""Connections to the store, and its failures in words of the domain."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, literal, make_url, select
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from switchyard_common.errors import StartError

from switchyard_crm.adapters.sql.sqlite import DRIVER, Engines, sqlite_engines
from switchyard_crm.adapters.sql.tables import customers
from switchyard_crm.domain.errors import StoreUnavailable

_MIGRATIONS = "switchyard_crm.adapters.sql:migrations"
# At lower levels aiosqlite logs the values of statements, and both log sentences, not events.
_TALKATIVE = ("aiosqlite", "alembic")
# Not the store's fault: a rule that the data breaks, or a statement of ours that is wrong.
_OURS = (IntegrityError, ProgrammingError, DataError, NotSupportedError)
_PING = select(literal(1)).select_from(customers).limit(1)


class Database:
    """The open store. Its connections raise StoreUnavailable when it does not answer."""

    def __init__(self, reading: AsyncEngine, writing: AsyncEngine) -> None:
        self._reading = reading
        self._writing = writing

    @property
    def dialect(self) -> str:
        """SQLAlchemy's name of the database, for the few statements that differ."""
        return self._writing.dialect.name

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading; each statement sees what is committed by then."""
        with _store_errors():
            async with self._reading.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction, committed unless the block raises."""
        with _store_errors():
            async with self._writing.begin() as connection:
                yield connection

    async def ping(self) -> None:
        """Returns if the store answers; StoreUnavailable otherwise."""
        async with self.reading() as connection:
            await connection.execute(_PING)

    async def migrate(self) -> None:
        """Bring the tables up to date; when several processes start at once, one does it."""
        async with self.writing() as connection:
            await connection.run_sync(_upgrade)

    async def close(self) -> None:
        """Close all connections."""
        await self._reading.dispose()
        await self._writing.dispose()


@asynccontextmanager
async def open_database(
    url: str, *, setting: str, readers: int, busy_seconds: float
) -> AsyncIterator[Database]:
    """The store behind a URL, with its tables up to date; `readers` read at the same time.

    Raises StartError, which names `setting`, if there is none to be had.
    """
    database = Database(*_engines(url, setting, readers, busy_seconds))
    try:
        await _prepare(database, setting)
        yield database
    finally:
        await database.close()


def _engines(url: str, setting: str, readers: int, busy_seconds: float) -> Engines:
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StartError(f"{setting}: not a database URL; write {DRIVER}:///path") from error
    if parsed.drivername != DRIVER:
        raise StartError(
            f"{setting}: {parsed.drivername} is not supported yet; write {DRIVER}:///path"
        )
    return sqlite_engines(parsed, setting=setting, readers=readers, busy_seconds=busy_seconds)


async def _prepare(database: Database, setting: str) -> None:
    try:
        await database.migrate()
    except StoreUnavailable as error:
        raise StartError(
            f"{setting}: the store cannot be opened: {_cause(error)}; if another process has "
            "locked it, wait for that one to end; if the file is damaged, move it away"
        ) from error


def _cause(error: StoreUnavailable) -> str:
    cause = error.__cause__
    return str(cause.orig) if isinstance(cause, DatabaseError) else type(cause).__name__


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", _MIGRATIONS)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except _OURS:
        raise
    except (DatabaseError, InterfaceError, NoFreeConnection, OSError) as error:
        raise StoreUnavailable from error
