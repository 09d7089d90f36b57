"""The command `switchyard certs`: certificates for every process, and for whom they talk to."""

import datetime
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from switchyard_common.clock import SystemClock
from switchyard_common.commands import JsonOption, Lang, LangOption, language_of, trouble_of
from switchyard_common.settings import load_settings

from switchyard_launcher.authority import BadAuthority
from switchyard_launcher.certificates import CertificateFolder, Done, Entry, wanted
from switchyard_launcher.settings import LauncherSettings

LIFE = datetime.timedelta(days=90)
_AGENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}")
_WORDS = {
    Lang.EN: {
        Done.MADE: "made",
        Done.RENEWED: "renewed",
        Done.KEPT: "kept",
        "until": "until",
        "where": "In {folder}. Give ca.pem to everybody who connects; ca.key to nobody.",
    },
    Lang.ZH: {
        Done.MADE: "新签发",
        Done.RENEWED: "已续签",
        Done.KEPT: "未变动",
        "until": "有效期至",
        "where": "位于 {folder}。ca.pem 要交给每个连接方；ca.key 不可外传。",
    },
}


def certs(
    agents: Annotated[
        list[str] | None, typer.Option("--agent", help="Also for this agent; may be repeated.")
    ] = None,
    hosts: Annotated[
        list[str] | None,
        typer.Option("--host", help="Name or IP by which others reach this machine; repeatable."),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Where to; by default certs in the state folder.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=825, help="How long they are good.")] = LIFE.days,
    renew: Annotated[
        bool, typer.Option("--renew", help="Renew all but the CA now, not only what runs out.")
    ] = False,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Make a CA once, and certificates for processes, a platform, people. 生成 CA 与证书。

    Doing it again renews those with less than a third of their life left. Running processes take
    the new ones by themselves.
    """
    settings = load_settings(LauncherSettings)
    for agent in agents or ():
        if not _AGENT.fullmatch(agent):
            raise typer.BadParameter(
                f"{agent!r} is no agent's id: letters, digits and . _ ~ -", param_hint="--agent"
            )
    where = folder or certificates_of(settings)
    kept = CertificateFolder(where)
    at_desks = sorted({*kept.agents(), *(agents or ())})
    everybody = wanted(settings.tenant, hosts or (), at_desks)
    life = datetime.timedelta(days=days)
    try:
        entries = kept.prepare(everybody, SystemClock().now(), life, renew=renew)
    except (BadAuthority, OSError, ValueError) as error:
        typer.echo(trouble_of(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(_as_json(entries) if as_json else _as_text(entries, where, lang or language_of()))


def certificates_of(settings: LauncherSettings) -> Path:
    """The folder of certificates of a run."""
    return settings.state_dir / "certs"


def _as_json(entries: Sequence[Entry]) -> str:
    told = [
        {
            "name": entry.name,
            "done": entry.done.value,
            "until": entry.until.isoformat(),
            "identity": entry.uri or None,
        }
        for entry in entries
    ]
    return json.dumps(told, indent=2)


def _as_text(entries: Sequence[Entry], folder: Path, lang: Lang) -> str:
    words = _WORDS[lang]
    wide = max(len(entry.name) for entry in entries)
    lines = [
        f"{entry.name:<{wide}}  {words[entry.done]}  {words['until']} {entry.until:%Y-%m-%d}"
        f"  {entry.uri}".rstrip()
        for entry in entries
    ]
    return "\n".join([*lines, words["where"].format(folder=folder)])
