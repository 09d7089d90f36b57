"""`switchyard history` for the command line, which loads every package's commands for its help."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import typer

from switchyard_insights.entrypoints.cli.importing import Importing, ImportOrder, import_command

# Loading the store takes a second, which only the commands that need it should cost.


@asynccontextmanager
async def _open_import(order: ImportOrder, tell: Callable[[int], None]) -> AsyncIterator[Importing]:
    from switchyard_insights.wiring.history_tools import open_import

    async with open_import(order, tell) as importing:
        yield importing


app = typer.Typer(help="The history of contacts. 联络历史。", no_args_is_help=True)
app.command("import")(import_command(_open_import))
