"""`switchyard history import`: call logs of other systems."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from switchyard_common.commands import JsonOption, LangOption, TenantOption, language_of
from switchyard_common.errors import DomainError, StartError

from switchyard_insights.domain.importing.mapping import LogMapping
from switchyard_insights.domain.importing.report import ImportReport
from switchyard_insights.entrypoints.cli.import_report import as_json, lines
from switchyard_insights.entrypoints.cli.options import HISTORY_URL, HistoryOption, stop
from switchyard_insights.entrypoints.cli.wording import Words
from switchyard_insights.service.importing import CallLog, ImportLog, ImportRefused

_NOTHING_KEPT = Words(
    "no row was kept: look at the reasons above, and mend the mapping",
    "没有保留任何行：请查看上面的原因并修改映射",
)


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What to import by which mapping: an included one's name, or a file."""

    files: Sequence[Path]
    mapping: str
    history: str
    time_zone: str | None
    key_file: Path


@dataclass(frozen=True, slots=True)
class Importing:
    """An import that is ready to begin."""

    logs: Sequence[CallLog]
    mapping: LogMapping
    use_case: ImportLog


type OpenImport = Callable[
    [ImportOrder, Callable[[int], None]], AbstractAsyncContextManager[Importing]
]


def import_command(open_import: OpenImport) -> Callable[..., None]:
    """The command; `open_import` is given what to tell of progress."""

    def import_log(
        files: Annotated[
            list[Path], typer.Argument(help="CSV files, plain or .gz, or folders of them.")
        ],
        mapping: Annotated[
            str,
            typer.Option(
                "--map", help="YAML file, or an included mapping: anonymous_bank, asterisk_cdr."
            ),
        ],
        history: HistoryOption = HISTORY_URL,
        tenant: TenantOption = "demo",
        time_zone: Annotated[
            str | None, typer.Option(help="Zone of the log's clock, instead of the mapping's.")
        ] = None,
        key_file: Annotated[
            Path,
            typer.Option(
                envvar="SWITCHYARD_PSEUDONYM_KEY_FILE",
                help="Key of the hashes that stand for customers; made if it is missing.",
            ),
        ] = Path(".switchyard/pseudonym.key"),
        anew: Annotated[
            bool, typer.Option(help="First delete what the same file brought before.")
        ] = False,
        lang: LangOption = None,
        json: JsonOption = False,
    ) -> None:
        """Import call logs; once more changes nothing. 导入话单，重复导入结果相同。"""
        order = ImportOrder(files, mapping, history, time_zone, key_file)
        language = lang or language_of()
        try:
            reports = asyncio.run(_run(open_import, order, tenant, anew))
        except (ImportRefused, StartError, DomainError) as error:
            stop(str(error))
        if json:
            typer.echo(orjson.dumps([as_json(report) for report in reports]).decode())
        else:
            typer.echo("\n".join(line for each in reports for line in lines(each, language)))
        if not any(report.rows_kept for report in reports):
            stop(_NOTHING_KEPT.of(language), 1)

    return import_log


async def _run(
    open_import: OpenImport, order: ImportOrder, tenant: str, anew: bool
) -> list[ImportReport]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=None)
        told: list[CallLog] = []

        def tell(_rows: int) -> None:
            progress.update(task, completed=told[-1].done_bytes())

        reports = []
        async with open_import(order, tell) as importing:
            for log in importing.logs:
                told.append(log)
                progress.reset(task, description=log.name, total=log.size_bytes())
                reports.append(
                    await importing.use_case.run(log, importing.mapping, tenant, anew=anew)
                )
        return reports
