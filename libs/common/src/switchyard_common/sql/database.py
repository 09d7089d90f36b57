"""Connections to the store, and its failures in words of the domain."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from switchyard_common.errors import DomainError, StartError
from switchyard_common.sql import postgres, sqlite
from switchyard_common.sql.engines import Engines, PoolSizes, StoreKind

POSTGRESQL = "postgresql"
_WRITE = f"write {sqlite.DRIVER}:///path or postgresql://user:password@host/name"
# At lower levels aiosqlite logs the values of statements, and both log sentences, not events.
_TALKATIVE = ("aiosqlite", "alembic")


class Database:
    """The open store. Its connections raise the kind's errors when it does not answer."""

    def __init__(self, kind: StoreKind, reading: AsyncEngine, writing: AsyncEngine) -> None:
        self._kind = kind
        self._reading = reading
        self._writing = writing

    @property
    def dialect(self) -> str:
        """SQLAlchemy's name of the database, for the few statements that differ."""
        return self._writing.dialect.name

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading; each statement sees what is committed by then."""
        with _store_errors(self._kind, self.dialect):
            async with self._reading.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction, committed unless the block raises."""
        with _store_errors(self._kind, self.dialect):
            async with self._writing.begin() as connection:
                yield connection

    async def ping(self) -> None:
        """Returns if the store answers; raises the kind's error otherwise."""
        async with self.reading() as connection:
            await connection.execute(self._kind.ping)

    async def migrate(self) -> None:
        """Bring the tables up to date; when several processes start at once, one does it."""
        async with self.writing() as connection:
            if self.dialect == POSTGRESQL:
                await postgres.alone_in_migrating(connection, self._kind.migration_lock)
            await connection.run_sync(_upgrade, self._kind.migrations)
            if self.dialect != POSTGRESQL and self._kind.tell_planner is not None:
                await connection.run_sync(self._kind.tell_planner)

    async def close(self) -> None:
        """Close all connections."""
        await self._reading.dispose()
        await self._writing.dispose()


@asynccontextmanager
async def open_database(
    url: str, kind: StoreKind, *, setting: str, sizes: PoolSizes, busy_seconds: float
) -> AsyncIterator[Database]:
    """The store behind a URL, with its tables up to date.

    Raises StartError, which names `setting`, if there is none to be had.
    """
    engines = _engines(parse_url(url, setting), kind, setting, sizes, busy_seconds)
    database = Database(kind, *engines)
    try:
        await _prepare(database, setting)
        yield database
    finally:
        await database.close()


def parse_url(url: str, setting: str) -> URL:
    """A URL of a kind of store there is. Raises StartError, which names `setting`."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StartError(f"{setting}: not a database URL; {_WRITE}") from error
    if parsed.drivername != sqlite.DRIVER and parsed.drivername not in postgres.DRIVERS:
        raise StartError(f"{setting}: {parsed.drivername} is not supported; {_WRITE}")
    return parsed


def _engines(
    url: URL, kind: StoreKind, setting: str, sizes: PoolSizes, busy_seconds: float
) -> Engines:
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    if url.drivername == sqlite.DRIVER:
        return sqlite.sqlite_engines(
            url, setting=setting, readers=sizes.readers, busy_seconds=busy_seconds
        )
    return postgres.postgres_engines(
        url, name=kind.name, setting=setting, sizes=sizes, busy_seconds=busy_seconds
    )


async def _prepare(database: Database, setting: str) -> None:
    try:
        await database.migrate()
    except (DomainError, DBAPIError) as error:
        raise StartError(
            f"{setting}: the store cannot be opened: {_cause(error)}; if it does not answer, start "
            "it; if another process has locked it, wait for that one to end; if the file is "
            "damaged, move it away; if a name or password is wrong, mend the URL"
        ) from error


def _cause(error: Exception) -> str:
    cause = error if isinstance(error, DBAPIError) else error.__cause__
    found = cause.orig if isinstance(cause, DBAPIError) else cause
    return f"{type(found).__name__}: {found}"


def _upgrade(connection: Connection, migrations: str) -> None:
    config = Config()
    config.set_main_option("script_location", migrations)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def _store_errors(kind: StoreKind, dialect: str) -> Iterator[None]:
    try:
        yield
    except (NoFreeConnection, OSError) as error:
        raise kind.unavailable() from error
    except DBAPIError as error:
        if dialect == POSTGRESQL and postgres.is_conflict(error):
            raise kind.conflict() from error
        is_outage = postgres.is_outage if dialect == POSTGRESQL else sqlite.is_outage
        if not is_outage(error):
            raise
        raise kind.unavailable() from error
