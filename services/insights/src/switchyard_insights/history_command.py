"""`switchyard history` for the command line, which loads every package's commands for its help."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import typer

from switchyard_insights.entrypoints.cli.exporting import export_command
from switchyard_insights.entrypoints.cli.forgetting import erase_command, prune_command
from switchyard_insights.entrypoints.cli.importing import Importing, ImportOrder, import_command
from switchyard_insights.entrypoints.cli.showing import show_command
from switchyard_insights.entrypoints.cli.tools import HistoryTools, ToolsOrder

# Loading the store takes a second, which only the commands that need it should cost.


@asynccontextmanager
async def _open_import(order: ImportOrder, tell: Callable[[int], None]) -> AsyncIterator[Importing]:
    from switchyard_insights.wiring.history_tools import open_import

    async with open_import(order, tell) as importing:
        yield importing


@asynccontextmanager
async def _open_tools(order: ToolsOrder) -> AsyncIterator[HistoryTools]:
    from switchyard_insights.wiring.history_tools import open_tools

    async with open_tools(order) as tools:
        yield tools


app = typer.Typer(help="The history of contacts. 联络历史。", no_args_is_help=True)
app.command("import")(import_command(_open_import))
app.command("export")(export_command(_open_tools))
app.command("show")(show_command(_open_tools))
app.command("erase")(erase_command(_open_tools))
app.command("prune")(prune_command(_open_tools))
