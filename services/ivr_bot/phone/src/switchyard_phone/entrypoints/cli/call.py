"""`switchyard call show`: what happened in a call, asked of the running phone."""

import asyncio
from typing import Annotated
from urllib.parse import quote

import orjson
import typer
from rich.console import Console
from rich.table import Table
from switchyard_common.commands import Lang, LangOption, language_of, own_tls
from switchyard_common.http_post import Answer, BadAnswer, HttpPost

_SECONDS = 5.0
_REFUSALS = {401: "stranger", 404: "unknown"}
_WORDS = {
    Lang.EN: {
        "unknown": "The phone at {url} does not know call {call}; it keeps the last 1000.",
        "silent": "No phone answers at {url}. Is it running? --url says where it is.",
        "stranger": "The phone at {url} asks for a certificate of its CA: set SWITCHYARD_TLS_CERT, "
        "SWITCHYARD_TLS_KEY and SWITCHYARD_TLS_CA (`switchyard certs` makes them).",
        "columns": "seconds|what|facts",
        "none": "No calls yet.",
    },
    Lang.ZH: {
        "unknown": "{url} 的电话进程不知道通话 {call}；它只保留最近 1000 通。",
        "silent": "{url} 没有电话进程应答。它在运行吗？用 --url 指定其地址。",
        "stranger": "{url} 的电话进程要求其 CA 的证书：请设 SWITCHYARD_TLS_CERT、"
        "SWITCHYARD_TLS_KEY 与 SWITCHYARD_TLS_CA（由 `switchyard certs` 签发）。",
        "columns": "秒|事件|细节",
        "none": "还没有通话。",
    },
}
_Url = Annotated[str, typer.Option(envvar="PHONE_URL", help="Where the phone serves its status.")]
_HERE = "http://127.0.0.1:7108"


def show(
    call: Annotated[str, typer.Argument(help="Call-ID; without one, the last calls.")] = "",
    url: _Url = _HERE,
    lang: LangOption = None,
) -> None:
    """What happened in a call, step by step. 显示一通电话的经过。"""
    console, words = Console(), _WORDS[lang or language_of()]
    try:
        answer = asyncio.run(_get(url, f"/calls/{quote(call, safe='')}" if call else "/calls"))
    except (OSError, TimeoutError, BadAnswer):
        console.print(words["silent"].format(url=url), markup=False)
        raise typer.Exit(1) from None
    if answer.status in _REFUSALS:
        console.print(words[_REFUSALS[answer.status]].format(url=url, call=call), markup=False)
        raise typer.Exit(1)
    told = orjson.loads(answer.content)
    rows = told["entries"] if call else told
    if not rows:
        console.print(words["none"])
        return
    console.print(_timeline(rows, words["columns"]) if call else _calls(rows))


async def _get(url: str, path: str) -> Answer:
    async with HttpPost(url, _SECONDS, 1, tls=own_tls()) as server:
        return await server.get(path)


def _timeline(entries: list[dict[str, object]], columns: str) -> Table:
    table = Table(*columns.split("|"), box=None)
    for entry in entries:
        facts = {k: v for k, v in entry.items() if k not in ("seconds", "what") and v != ""}
        told = " ".join(f"{name}={value}" for name, value in facts.items())
        table.add_row(f"{entry['seconds']:.2f}", str(entry["what"]), told)
    return table


def _calls(calls: list[dict[str, object]]) -> Table:
    table = Table("id", "line", "peer", "last", box=None)
    for one in calls:
        table.add_row(*(str(one[name]) for name in ("id", "line", "peer", "last")))
    return table
