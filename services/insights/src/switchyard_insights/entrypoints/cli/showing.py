"""`switchyard history show`: what the history holds."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime

import orjson
import typer
from rich.console import Console
from rich.table import Table
from switchyard_common.commands import JsonOption, Lang, LangOption, TenantOption, language_of
from switchyard_common.errors import DomainError, StartError

from switchyard_insights.entrypoints.cli.options import HISTORY_URL, HistoryOption, stop
from switchyard_insights.entrypoints.cli.tools import OpenTools, ToolsOrder
from switchyard_insights.entrypoints.cli.wording import Words
from switchyard_insights.service.overview import Overview

_TABLE = Words("table|rows|first (UTC)|last (UTC)", "表|行数|最早（UTC）|最晚（UTC）")
_IMPORTS = Words(
    "import|rows read|kept|dropped|imported (UTC)", "导入|读取行数|保留|舍弃|导入时间（UTC）"
)
_FACTS: tuple[tuple[Words, Callable[[Overview], str]], ...] = (
    (Words("newest event stored", "最新事件"), lambda seen: _time(seen.last_event_ms)),
    (Words("pruned before", "已清除早于"), lambda seen: _time(seen.pruned_before_ms)),
    (Words("customers forgotten", "已删除客户"), lambda seen: str(seen.erased_customers)),
    (Words("events refused", "被拒事件"), lambda seen: str(seen.refused_events)),
    (Words("size of the store", "存储大小"), lambda seen: f"{seen.size_bytes / 2**20:.1f} MiB"),
)


def show_command(open_tools: OpenTools) -> Callable[..., None]:
    """The command, on what `open_tools` opens."""

    def show(
        history: HistoryOption = HISTORY_URL,
        tenant: TenantOption = "demo",
        lang: LangOption = None,
        json: JsonOption = False,
    ) -> None:
        """Tell what the history holds and where it came from. 查看联络历史概况。"""

        async def run() -> Overview:
            async with open_tools(ToolsOrder(history)) as tools:
                return await tools.overviews.of(tenant)

        try:
            seen = asyncio.run(run())
        except (StartError, DomainError) as error:
            stop(str(error))
        if json:
            typer.echo(orjson.dumps(asdict(seen)).decode())
            return
        console = Console(soft_wrap=True, highlight=False)
        for each in _parts(seen, lang or language_of()):
            console.print(each)

    return show


def _parts(seen: Overview, language: Lang) -> Iterator[Table | str]:
    tables = _table(_TABLE.of(language))
    for each in seen.tables:
        tables.add_row(each.table, f"{each.rows:,}", _time(each.first_ms), _time(each.last_ms))
    yield tables
    if seen.imports:
        imports = _table(_IMPORTS.of(language))
        for log in seen.imports:
            dropped = sum(log.dropped.values())
            numbers = (f"{number:,}" for number in (log.rows_read, log.rows_kept, dropped))
            imports.add_row(log.origin, *numbers, _time(log.imported_ms))
        yield imports
    for words, value in _FACTS:
        yield f"{words.of(language)}: {value(seen)}"


def _table(headings: str) -> Table:
    table = Table()
    for place, heading in enumerate(headings.split("|")):
        table.add_column(heading, justify="left" if place == 0 else "right")
    return table


def _time(time_ms: int | None) -> str:
    return (
        "–" if time_ms is None else f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d %H:%M}"
    )
