"""What the history's commands are built from."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from switchyard_common.sql.database import Database

from switchyard_insights.adapters.importing.csv_log import CsvLog, find_logs
from switchyard_insights.adapters.importing.mapping_files import load_mapping
from switchyard_insights.adapters.pseudonyms import pseudonyms
from switchyard_insights.adapters.sql.history_store import open_history
from switchyard_insights.adapters.sql.import_targets import import_targets
from switchyard_insights.adapters.sql.imported_rows import SqlImportedRows
from switchyard_insights.entrypoints.cli.importing import Importing, ImportOrder
from switchyard_insights.service.importing import ImportLog

_BUSY_SECONDS = 30.0
_SHORT, _DRIVER = "sqlite://", "sqlite+aiosqlite://"


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator[Database]:
    """The history behind the option --history, made if it is missing. Raises StartError."""
    whole = _DRIVER + url.removeprefix(_SHORT) if url.startswith(_SHORT) else url
    async with open_history(whole, setting="--history", busy_seconds=_BUSY_SECONDS) as database:
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


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
