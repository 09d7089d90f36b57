"""`switchyard crm find-duplicates`: the nightly search for records of one person."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from switchyard_common.errors import DomainError, StartError

from switchyard_crm.domain.names import ID_RULE, is_id
from switchyard_crm.entrypoints.cli.stopping import DatabaseOption, stop
from switchyard_crm.service.duplicates import MAX_SUGGESTIONS, SearchProgress


@dataclass(frozen=True, slots=True)
class SearchOrder:
    """Whose records are searched, where, and about how many suggestions are made at most."""

    tenant: str
    database_url: str | None
    most: int


type OpenSearching = Callable[
    [SearchOrder], AbstractAsyncContextManager[AsyncIterator[SearchProgress]]
]


def add_find_duplicates(app: typer.Typer, searching: OpenSearching) -> None:
    """Add the command; `searching` opens a store and searches it."""

    @app.command("find-duplicates")
    def find_duplicates(
        tenant: Annotated[str, typer.Option(help="Whose customers they are.")] = "demo",
        most: Annotated[
            int,
            typer.Option(
                min=1, max=100_000, help="New suggestions at most, about; the likeliest first."
            ),
        ] = MAX_SUGGESTIONS,
        database_url: DatabaseOption = None,
    ) -> None:
        """Suggest customers that may be one person; people decide. Run it by night."""
        if not is_id(tenant):
            stop(f"--tenant: must be {ID_RULE}")
        try:
            done = asyncio.run(_search(searching, SearchOrder(tenant, database_url, most)))
        except (DomainError, StartError) as error:
            stop(str(error))
        typer.echo(
            f"{done.read} records searched, {done.found} pairs found: "
            f"{done.linked} linked, {done.suggested} new in the review queue"
        )
        typer.echo(json.dumps(asdict(done)))


async def _search(searching: OpenSearching, order: SearchOrder) -> SearchProgress:
    progress = SearchProgress(0, 0)
    async with searching(order) as steps:
        with typer.progressbar(
            length=1, label="reading", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:
            async for step in steps:
                bar.length = max(step.total, 1)
                bar.update(step.read - progress.read)
                progress = step
    return progress
