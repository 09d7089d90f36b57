"""SQLite as the store: a file with a write-ahead log, which readers share with one writer."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import aiosqlite
from sqlalchemy import URL, Connection, PoolProxiedConnection, event
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InvalidatePoolError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from switchyard_common.errors import StartError
from switchyard_common.sql.engines import Engines

DRIVER = "sqlite+aiosqlite"

_FILE_KEY = "file"
# Not the store's fault: a rule that the data breaks, or a statement of ours that is wrong.
_OURS = (IntegrityError, ProgrammingError, DataError, NotSupportedError)
_PRIMARY_CODE = 0xFF  # of an extended result code
_LOOK_AGAIN_SECONDS = 0.02
_PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",  # what was acknowledged survives a power cut
    "PRAGMA cache_size = -32768",  # 32 MiB per connection
    "PRAGMA temp_store = MEMORY",
    "PRAGMA secure_delete = ON",  # what was deleted is overwritten: keys of erased records too
)


def sqlite_engines(url: URL, *, setting: str, readers: int, busy_seconds: float) -> Engines:
    """Engines on the file of `url`, which is made if it is missing.

    They wait `busy_seconds` for locks and for a free connection. Raises StartError, which names
    `setting`.
    """
    path = database_file(url, setting)
    # No COMMIT and ROLLBACK around reads: each statement more is a trip to the driver's thread.
    reading = _engine(
        url,
        path,
        readers,
        busy_seconds,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
    )
    writing = _engine(url, path, 1, busy_seconds)
    event.listen(writing.sync_engine, "begin", _lock_for_writing)
    event.listen(writing.sync_engine, "close", _leave_no_lock)
    return Engines(reading, writing)


def is_outage(error: DBAPIError) -> bool:
    """Whether it is the store's failure, not a rule that data breaks or a wrong statement."""
    return not isinstance(error, _OURS)


def _engine(
    url: URL, path: Path, connections: int, busy_seconds: float, **options: object
) -> AsyncEngine:
    # A connection never makes the file: when it has gone, that is an outage, not an empty store.
    by_uri = url.set(database=f"file:{quote(str(path))}").update_query_dict(
        {"mode": "rw", "uri": "true"}
    )
    engine = create_async_engine(
        by_uri,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=busy_seconds,
        hide_parameters=True,  # errors must not carry personal data into logs
        connect_args={"timeout": busy_seconds, "isolation_level": None},
        **options,
    )
    event.listen(engine.sync_engine, "connect", _prepare_connection(path, busy_seconds))
    event.listen(engine.sync_engine, "checkout", _refuse_lost_file(path))
    return engine


def database_file(url: URL, setting: str) -> Path:
    """The file of `url`, made if it is missing. Raises StartError, which names `setting`."""
    if not url.database or url.database == ":memory:":
        raise StartError(f"{setting}: names no file; write {DRIVER}:///path/to/file.sqlite")
    path = Path(url.database).absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise StartError(
            f"{setting}: cannot write {path} ({error.strerror}); give a path in a folder that "
            "this user may write to"
        ) from error
    return path


class _DbApiConnection(Protocol):
    @property
    def driver_connection(self) -> aiosqlite.Connection: ...

    def run_async(self, step: Callable[[aiosqlite.Connection], Awaitable[None]]) -> None: ...

    def cursor(self) -> Any: ...


def _prepare_connection(
    path: Path, busy_seconds: float
) -> Callable[[_DbApiConnection, ConnectionPoolEntry], None]:
    async def write_ahead(driver: aiosqlite.Connection) -> None:
        """Kept in the file: costs nothing once it is set.

        To set it, SQLite turns a reader into a writer. It refuses that at once when another
        connection writes or does the same: its own waiting for locks does not cover this step.
        """
        deadline = time.monotonic() + busy_seconds
        while True:
            try:
                await driver.execute_fetchall("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & _PRIMARY_CODE == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() >= deadline:
                    raise
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            else:
                return

    def prepare(connection: _DbApiConnection, entry: ConnectionPoolEntry) -> None:
        entry.info[_FILE_KEY] = _identity(path)
        connection.run_async(write_ahead)
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    return prepare


def _refuse_lost_file(
    path: Path,
) -> Callable[[_DbApiConnection, ConnectionPoolEntry, PoolProxiedConnection], None]:
    """A file that was removed or replaced can still be read through old connections: no more."""

    def refuse(_: _DbApiConnection, entry: ConnectionPoolEntry, __: PoolProxiedConnection) -> None:
        if entry.info.get(_FILE_KEY) != _identity(path):
            raise InvalidatePoolError

    return refuse


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _lock_for_writing(connection: Connection) -> None:
    """Takes the write lock at once: taking it later fails when somebody wrote in between."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _leave_no_lock(connection: _DbApiConnection, _: ConnectionPoolEntry) -> None:
    """Ends a transaction that a cancelled caller has left open, before the connection is closed.

    SQLite keeps a closed connection with its transaction, and so with the lock on the file, until
    its last unfinished statement is collected as garbage, which may be seconds later. Nothing can
    be awaited here, for the caller's task is being cancelled: the rollback goes into the queue of
    the connection's thread, between the statement under way and the closing.
    """
    connection.driver_connection._tx.put_nowait((None, partial(_roll_back, connection)))


def _roll_back(connection: _DbApiConnection) -> None:
    opened = connection.driver_connection._connection
    if opened is not None and opened.in_transaction:
        opened.rollback()
