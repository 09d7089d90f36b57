"""Opens a history by URL, to read only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from switchyard_router.service.experiments.ports import HistoryUnreadable

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[AsyncConnection]:
    """A connection to a history; raises HistoryUnreadable, also for what fails while it is open."""
    asked = _checked(url)
    engine = create_async_engine(asked, hide_parameters=True)
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


def _checked(url: str) -> URL:
    """The URL with its driver; what is no history, or not there, is refused before opening."""
    try:
        asked = make_url(url)
    except ArgumentError:
        raise HistoryUnreadable("not a URL; write sqlite:///FILE or postgresql://…") from None
    kind = asked.drivername.partition("+")[0]
    if kind not in _DRIVERS:
        raise HistoryUnreadable(f"{kind}: write sqlite:///FILE or postgresql://…")
    if kind == "sqlite" and not Path(asked.database or "").is_file():
        raise HistoryUnreadable(
            f"{asked.database}: no such file; `switchyard history import` or the insights"
            " service makes one"
        )
    return asked.set(drivername=_DRIVERS[kind])
