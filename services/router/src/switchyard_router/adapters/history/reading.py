"""Opens a history by URL, to read only."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from switchyard_common.errors import StartError
from switchyard_common.sql import postgres, sqlite
from switchyard_common.sql.engines import PoolSizes

from switchyard_router.service.experiments.ports import HistoryUnreadable

_WRITE = "write sqlite:///FILE or postgresql://user:password@host/name"
_BUSY_SECONDS = 30.0


def ask_history[T](url: str, question: Callable[[Connection], T]) -> T:
    """The answer of a history to one question, which is asked over a connection.

    For commands: not within an event loop. Raises HistoryUnreadable, and what the question raises.
    """

    async def answered() -> T:
        async with reading(url) as connection:
            return await connection.run_sync(question)

    return asyncio.run(answered())


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[AsyncConnection]:
    """A connection to a history; raises HistoryUnreadable, also for what fails while it is open."""
    asked = _checked(url)
    engine = _engine(asked)
    try:
        async with engine.connect() as connection:
            yield connection
    except (SQLAlchemyError, OSError) as error:
        shown = asked.render_as_string(hide_password=True)
        raise HistoryUnreadable(
            f"{shown} cannot be read: {type(error).__name__}; if an earlier version made it,"
            " `switchyard history show` brings its tables up to date"
        ) from error
    finally:
        await engine.dispose()


def _engine(url: URL) -> AsyncEngine:
    """Connections to either kind of store, with the options of TLS that its writer takes."""
    if url.get_backend_name() == "sqlite":
        return create_async_engine(url.set(drivername=sqlite.DRIVER), hide_parameters=True)
    try:
        engines = postgres.postgres_engines(
            url,
            name="history",
            setting="--history",
            sizes=PoolSizes(readers=1, writers=1),
            busy_seconds=_BUSY_SECONDS,
        )
    except StartError as error:
        raise HistoryUnreadable(str(error)) from error
    return engines.reading


def _checked(url: str) -> URL:
    """What is no history, or not there, is refused before opening: SQLite would begin a file."""
    try:
        asked = make_url(url)
    except ArgumentError:
        raise HistoryUnreadable(f"not a URL; {_WRITE}") from None
    kind = asked.drivername.partition("+")[0]
    if kind not in ("sqlite", "postgresql"):
        raise HistoryUnreadable(f"{kind} is no history; {_WRITE}")
    if kind == "sqlite" and not Path(asked.database or "").is_file():
        raise HistoryUnreadable(
            f"{asked.database}: no such file; `switchyard history import` or the insights"
            " service makes one"
        )
    return asked
