"""`switchyard crm rotate-keys`: a new master key for a store that is in use."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import typer
from switchyard_common.errors import DomainError, StartError

from switchyard_crm.entrypoints.cli.stopping import DatabaseOption, stop


@dataclass(frozen=True, slots=True)
class Rewrapping:
    """How many keys there are, and batches of them: looked at, changed."""

    keys: int
    batches: AsyncIterator[tuple[int, int]]


type OpenRewrapping = Callable[[str | None], AbstractAsyncContextManager[Rewrapping]]


def add_rotate_keys(app: typer.Typer, rewrapping: OpenRewrapping) -> None:
    """Add the command; `rewrapping` opens a store by its URL."""

    @app.command("rotate-keys")
    def rotate_keys(database_url: DatabaseOption = None) -> None:
        """Wrap all keys by the first master key; then the others may go, except the last."""
        try:
            changed = asyncio.run(_rewrap(rewrapping, database_url))
        except (DomainError, StartError) as error:
            stop(str(error))
        typer.echo(f"{changed} keys wrapped anew")


async def _rewrap(rewrapping: OpenRewrapping, database_url: str | None) -> int:
    total = 0
    async with rewrapping(database_url) as work:
        with typer.progressbar(
            length=work.keys, label="keys", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:
            async for looked_at, changed in work.batches:
                total += changed
                bar.update(looked_at)
    return total
