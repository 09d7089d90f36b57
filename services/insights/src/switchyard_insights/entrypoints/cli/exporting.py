"""`switchyard history export`: complete hours as Parquet."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from switchyard_common.commands import JsonOption, LangOption, language_of
from switchyard_common.errors import DomainError, StartError

from switchyard_insights.entrypoints.cli.options import HISTORY_URL, HistoryOption, stop
from switchyard_insights.entrypoints.cli.tools import OpenTools, ToolsOrder
from switchyard_insights.entrypoints.cli.wording import Words
from switchyard_insights.service.exporting import ExportReport

_DONE = Words(
    "{written} hours written with {rows} rows, {unchanged} unchanged, {removed} removed: {folder}",
    "写入 {written} 个小时（{rows} 行），{unchanged} 个未变，移除 {removed} 个：{folder}",
)
_SO_FAR = Words("{written} hours, {rows} rows", "{written} 个小时，{rows} 行")
_HOUR_MS = 3_600_000


def export_command(open_tools: OpenTools) -> Callable[..., None]:
    """The command, on what `open_tools` opens."""

    def export(
        folder: Annotated[Path, typer.Argument(help="Where the files go.")],
        history: HistoryOption = HISTORY_URL,
        tenant: Annotated[
            str | None, typer.Option(envvar="SWITCHYARD_TENANT", help="Whose; by default all.")
        ] = None,
        hours: Annotated[
            int | None, typer.Option(min=1, help="Look at so many last hours; by default at all.")
        ] = None,
        lang: LangOption = None,
        json: JsonOption = False,
    ) -> None:
        """Export complete hours as Parquet; only what changed is written. 按小时导出 Parquet。"""
        language = lang or language_of()
        since_ms = None if hours is None else time.time_ns() // 1_000_000 - hours * _HOUR_MS
        shown = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*shown, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("")

            def tell(report: ExportReport) -> None:
                progress.update(task, description=_SO_FAR.of(language).format(**asdict(report)))

            async def run() -> ExportReport:
                async with open_tools(ToolsOrder(history, folder, tell)) as tools:
                    assert tools.export is not None
                    return await tools.export.run(tenant, since_ms)

            try:
                report = asyncio.run(run())
            except (StartError, DomainError, ValueError, OSError) as error:
                stop(str(error))
        if json:
            typer.echo(orjson.dumps(asdict(report)).decode())
        else:
            typer.echo(_DONE.of(language).format(**asdict(report), folder=folder))

    return export
