"""What the history's commands are built from."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import make_url
from switchyard_common.errors import StartError
from switchyard_common.sql.database import Database

from switchyard_insights.adapters.importing.csv_log import CsvLog, find_logs
from switchyard_insights.adapters.importing.mapping_files import load_mapping
from switchyard_insights.adapters.pseudonyms import pseudonyms
from switchyard_insights.adapters.sql.forgetful_store import SqlForgetfulStore
from switchyard_insights.adapters.sql.history_store import open_history
from switchyard_insights.adapters.sql.hourly_rows import SqlHourlyRows
from switchyard_insights.adapters.sql.import_targets import import_targets
from switchyard_insights.adapters.sql.imported_rows import SqlImportedRows
from switchyard_insights.adapters.sql.overviews import SqlOverviews
from switchyard_insights.entrypoints.cli.importing import Importing, ImportOrder
from switchyard_insights.entrypoints.cli.tools import HistoryTools, ToolsOrder
from switchyard_insights.service.exporting import ExportHours
from switchyard_insights.service.forgetting import EraseCustomer, PruneHistory
from switchyard_insights.service.importing import ImportLog
from switchyard_insights.wiring.clock import now_ms

_BUSY_SECONDS = 30.0
_SHORT, _DRIVER = "sqlite://", "sqlite+aiosqlite://"


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator[Database]:
    """The history behind the option --history, made if it is missing. Raises StartError."""
    async with open_history(
        whole_url(url), setting="--history", busy_seconds=_BUSY_SECONDS
    ) as database:
        yield database


@asynccontextmanager
async def open_import(order: ImportOrder, tell: Callable[[int], None]) -> AsyncIterator[Importing]:
    """An import; mapping and files are checked before the history is opened."""
    tables = import_targets()
    mapping, sources = load_mapping(order.mapping, tables, order.time_zone)
    logs = [CsvLog(path, mapping.shape, sources) for path in find_logs(list(order.files))]
    pseudonym = pseudonyms(order.key_file)
    async with open_store(order.history) as database:
        rows = SqlImportedRows(database)
        yield Importing(logs, mapping, ImportLog(rows, tables, pseudonym, now_ms, tell))


def whole_url(url: str) -> str:
    """The URL with the driver that is used, for people who leave it out."""
    return _DRIVER + url.removeprefix(_SHORT) if url.startswith(_SHORT) else url


@asynccontextmanager
async def open_tools(order: ToolsOrder) -> AsyncIterator[HistoryTools]:
    """Use cases on the history behind the option --history, which must be there."""
    _check_there(order.history)
    async with open_store(order.history) as database:
        forgetful = SqlForgetfulStore(database)
        export = None
        if order.folder is not None:
            rows = SqlHourlyRows(database)
            export = ExportHours(rows, order.folder, now_ms)
            if order.tell is not None:
                export = replace(export, tell=order.tell)
        yield HistoryTools(
            overviews=SqlOverviews(database),
            erase=EraseCustomer(forgetful, order.folder, now_ms),
            prune=PruneHistory(forgetful, order.folder, now_ms),
            export=export,
        )


def _check_there(url: str) -> None:
    """A history that nobody has begun is not begun by looking at it."""
    parsed = make_url(whole_url(url))
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise StartError(
            f"--history: no history at {parsed.database}; start `switchyard run`, import a log, or"
            " name another one"
        )
