"""How fast a call log comes in, beside reading the same rows one by one.

Run: `make bench BENCH=history_import ARGS='--log ../shared/data/anonymous_bank'`; without a log, a
month is invented. Three ways over the same files in one run: the whole import into an empty SQLite
file; the import without writing; and the row by row reader that `switchyard replay` uses, which
judges the same traps and writes nothing. Processor time of all threads. Ends with one JSON line.
"""

import argparse
import asyncio
import datetime as dt
import tempfile
import time
from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path

import orjson
from switchyard_common.logs import pseudonym
from switchyard_demo.calllog.reader import read_log
from switchyard_demo.calllog.synthetic.generator import write_logs
from switchyard_insights.adapters.importing.csv_log import CsvLog, find_logs
from switchyard_insights.adapters.importing.mapping_files import load_mapping
from switchyard_insights.adapters.sql.history_store import open_history
from switchyard_insights.adapters.sql.import_targets import import_targets
from switchyard_insights.adapters.sql.imported_rows import SqlImportedRows
from switchyard_insights.domain.importing.forgotten import Rows
from switchyard_insights.domain.importing.report import ImportReport
from switchyard_insights.service.importing import CallLog, ImportedRows, ImportLog

_MAPPING = "anonymous_bank"
_KEY = b"a key for measuring only"


class Nowhere:
    """The port ImportedRows, which keeps nothing."""

    async def replace(self, tenant: str, table: str, names: Sequence[str], rows: Rows) -> list[int]:
        """Keeps nothing."""
        return []

    async def finished(
        self, tenant: str, log: CallLog, imported_ms: int, report: ImportReport
    ) -> None:
        """Keeps nothing."""

    async def forget(self, tenant: str, table: str, origin: str) -> int:
        """Has nothing to forget."""
        return 0


async def imported(files: Sequence[Path], rows: ImportedRows) -> tuple[int, int]:
    """Rows read and dropped."""
    tables = import_targets()
    mapping, sources = load_mapping(_MAPPING, tables)
    hashed = lru_cache(maxsize=100_000)(partial(pseudonym, _KEY))
    use_case = ImportLog(rows, tables, hashed, lambda: 0)
    read = dropped = 0
    for path in files:
        report = await use_case.run(CsvLog(path, mapping.shape, sources), mapping, "demo")
        read, dropped = read + report.rows_read, dropped + report.rows_dropped
    return read, dropped


async def into_sqlite(files: Sequence[Path], folder: Path) -> tuple[int, int]:
    """Rows read and dropped by the whole import."""
    url = f"sqlite+aiosqlite:///{folder / 'history.sqlite'}"
    async with open_history(url, setting="--history", busy_seconds=30.0) as database:
        return await imported(files, SqlImportedRows(database))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--log", type=Path, help="a log in the bank's format, or a folder of them")
    log = parser.parse_args().log
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if log is None:
            log = folder / "log"
            write_logs(log, dt.date(2026, 3, 1), 31)
        files = find_logs([log])
        marks = [time.process_time()]
        read, dropped = asyncio.run(into_sqlite(files, folder))
        marks.append(time.process_time())
        asyncio.run(imported(files, Nowhere()))
        marks.append(time.process_time())
        for path in files:
            read_log(path)
        marks.append(time.process_time())
    whole, mapped, one_by_one = (after - before for before, after in pairwise(marks))
    print(f"{read:,} rows read, {dropped:,} dropped; processor seconds:")
    print(f"  {whole:6.2f}  whole import into SQLite")
    print(f"  {mapped:6.2f}  without writing")
    print(f"  {one_by_one:6.2f}  one by one, without writing")
    figures = {
        "rows": read,
        "dropped": dropped,
        "import_rows_per_cpu_second": round(read / whole),
        "mapping_rows_per_cpu_second": round(read / mapped),
        "mapping_speedup_vs_row_by_row": round(one_by_one / mapped, 1),
    }
    print(orjson.dumps(figures).decode())


if __name__ == "__main__":
    main()
