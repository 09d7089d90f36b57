"""`switchyard history erase` and `prune`: customers and old rows are forgotten."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from switchyard_common.commands import JsonOption, LangOption, TenantOption, language_of
from switchyard_common.errors import DomainError, StartError
from switchyard_common.logs import configure_logging

from switchyard_insights.entrypoints.cli.options import HISTORY_URL, HistoryOption, stop
from switchyard_insights.entrypoints.cli.tools import HistoryTools, OpenTools, ToolsOrder
from switchyard_insights.entrypoints.cli.wording import Words

FolderOption = Annotated[
    Path | None,
    typer.Option("--files", envvar="SWITCHYARD_HISTORY_FILES", help="Folder of exported hours."),
]

_ERASED = Words(
    "forgotten: {legs} contacts, {files} exported files written anew",
    "已删除该客户标识：{legs} 次联络，重写导出文件 {files} 个",
)
_UNKNOWN = Words(
    "no contact had this key; it will not come in later either",
    "没有联络使用该标识；以后也不会再写入",
)
_PRUNED = Words(
    "everything before {before} (UTC) is gone: {rows} rows, {files} files",
    "已清除 {before}（UTC）之前的数据：{rows} 行，{files} 个文件",
)


def erase_command(open_tools: OpenTools) -> Callable[..., None]:
    """The command, on what `open_tools` opens."""

    def erase(
        customer: Annotated[str, typer.Option(help="The customer's key: 16 hex digits.")],
        history: HistoryOption = HISTORY_URL,
        tenant: TenantOption = "demo",
        files: FolderOption = None,
        lang: LangOption = None,
        json: JsonOption = False,
    ) -> None:
        """Forget a customer, for good; contacts stay without the key. 永久删除客户标识。"""
        if not customer.strip():
            stop("--customer: empty. Give the key that stands for the customer")
        configure_logging("history", "info", stream=sys.stderr)
        erased = _run(
            open_tools,
            ToolsOrder(history, files),
            lambda tools: tools.erase.run(tenant, customer.strip()),
        )
        words = _ERASED if erased.legs or erased.files else _UNKNOWN
        _say(asdict(erased), words.of(lang or language_of()).format(**asdict(erased)), json)

    return erase


def prune_command(open_tools: OpenTools) -> Callable[..., None]:
    """The command, on what `open_tools` opens."""

    def prune(
        days: Annotated[int, typer.Option(min=1, help="How many days are kept.")],
        history: HistoryOption = HISTORY_URL,
        tenant: Annotated[
            str | None, typer.Option(envvar="SWITCHYARD_TENANT", help="Whose; by default all.")
        ] = None,
        files: FolderOption = None,
        imported: Annotated[
            bool, typer.Option("--imported", help="Contacts of imported logs, too.")
        ] = False,
        lang: LangOption = None,
        json: JsonOption = False,
    ) -> None:
        """Delete what is older; imported logs only if asked. 清除过期数据。"""
        pruned = _run(
            open_tools,
            ToolsOrder(history, files),
            lambda tools: tools.prune.run(days, tenant, imported=imported),
        )
        said = _PRUNED.of(lang or language_of()).format(
            before=f"{datetime.fromtimestamp(pruned.before_ms / 1000, UTC):%Y-%m-%d %H:%M}",
            rows=sum(pruned.rows.values()),
            files=pruned.files,
        )
        _say(asdict(pruned), said, json)

    return prune


def _run[T](
    open_tools: OpenTools, order: ToolsOrder, work: Callable[[HistoryTools], Awaitable[T]]
) -> T:
    async def run() -> T:
        async with open_tools(order) as tools:
            return await work(tools)

    try:
        return asyncio.run(run())
    except (StartError, DomainError, ValueError, OSError) as error:
        stop(str(error))


def _say(values: dict[str, Any], said: str, as_json: bool) -> None:
    typer.echo(orjson.dumps(values).decode() if as_json else said)
