"""The command `switchyard audit`: whether audit logs are whole, and what they say of somebody."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from switchyard_common.audit_chain import AuditKey, Chain, Fault
from switchyard_common.audit_journal import chains_in, files_of
from switchyard_common.commands import JsonOption, Lang, LangOption, language_of

_MOST_FAULTS = 20
_WORDS = {
    Lang.EN: {
        "none": "{folder}: no audit log; give the folder named by ROUTER_AUDIT_DIR, CRM_AUDIT_DIR",
        "whole": "{chain}: whole, {entries} entries, {lost} lost to a full disk; last seal {seal}",
        "broken": "{chain}: BROKEN",
        "cut": "{chain}: no entry has the seal {seal}: the end was cut off, or the seal is wrong",
        "more": "  … there are more; only the first {most} are shown",
        "no_key": "no key: set {names} to the key that the log was written with",
        "or": " or ",
    },
    Lang.ZH: {
        "none": "{folder}：没有审计日志；请给出 ROUTER_AUDIT_DIR、CRM_AUDIT_DIR 所指的目录",
        "whole": "{chain}：完整，共 {entries} 条，因磁盘已满丢失 {lost} 条；最后的封印 {seal}",
        "broken": "{chain}：已被破坏",
        "cut": "{chain}：没有封印为 {seal} 的条目：末尾被截去，或封印有误",
        "more": "  ……还有更多，只显示前 {most} 处",
        "no_key": "没有密钥：请把 {names} 设为写该日志时所用的密钥",
        "or": " 或 ",
    },
}
app = typer.Typer(help="Check and read the audit log. 检查与查阅审计日志。", no_args_is_help=True)
FolderArgument = Annotated[Path, typer.Argument(help="Folder of the audit log.")]
_KEY_VARIABLES = ["SWITCHYARD_AUDIT_KEY", "ROUTER_AUDIT_KEY", "CRM_AUDIT_KEY"]
KeyOption = Annotated[
    str,
    typer.Option(
        "--key",
        envvar=_KEY_VARIABLES,
        help="The key that it was written with; better in the environment.",
    ),
]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one chain stands: entries followed, deeds lost to a full disk, its last seal, faults.

    `cut`: an expected seal did not come by.
    """

    chain: str
    entries: int
    lost: int
    seal: str
    faults: tuple[Fault, ...]
    cut: bool


@app.command()
def verify(
    folder: FolderArgument,
    key: KeyOption = "",
    seal: Annotated[
        str, typer.Option(help="A last seal noted earlier: finds entries cut off at the end.")
    ] = "",
    chain: Annotated[str, typer.Option(help="Only this chain; needed with --seal.")] = "",
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Look whether entries were changed, removed or moved, and say which. Exit code 1 if so.

    Note the last seals somewhere else: with --seal the next run also finds what is missing at the
    end.
    """
    if seal and not chain:
        raise typer.BadParameter("say of which chain", param_hint="--chain")
    words = _WORDS[lang or language_of()]
    opened = _key(key, words)
    chains = [chain] if chain else chains_in(folder)
    if not chains:
        typer.echo(words["none"].format(folder=folder), err=True)
        raise typer.Exit(2)
    findings = [inspect(folder, each, opened, seal) for each in chains]
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        for finding in findings:
            _tell(finding, seal, words)
    if any(finding.faults or finding.cut for finding in findings):
        raise typer.Exit(1)


@app.command()
def about(
    folder: FolderArgument,
    name: Annotated[str, typer.Argument(help="Such as tenants/demo/customers/….")],
    key: KeyOption = "",
    lang: LangOption = None,
) -> None:
    """Print the entries about somebody or something, one JSON object a line."""
    wanted = _key(key, _WORDS[lang or language_of()]).subject(name)
    for chain in chains_in(folder):
        for _, line in lines_of(files_of(folder, chain)):
            if f'"subject":"{wanted}"' in line:
                typer.echo(line)


def inspect(folder: Path, chain: str, key: AuditKey, seal: str) -> Finding:
    """Follow one chain over its files; at most a few faults are kept."""
    following = Chain(key)
    faults: list[Fault] = []
    if seal:
        following.expect(seal)
    for fault in following.faults(lines_of(files_of(folder, chain))):
        if len(faults) < _MOST_FAULTS:
            faults.append(fault)
    last = following.last
    return Finding(chain, last.number, following.lost, last.seal, tuple(faults), not following.saw)


def lines_of(files: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """The lines of files with their places (`file:line`), one file at a time."""
    for file in files:
        with file.open(encoding="ascii", errors="replace") as opened:
            for number, line in enumerate(opened, 1):
                yield f"{file.name}:{number}", line.rstrip("\n")


def _key(text: str, words: dict[str, str]) -> AuditKey:
    """The key as given; leaves with exit code 2, saying where to set it, where there is none."""
    if not text:
        names = words["or"].join(_KEY_VARIABLES)
        typer.echo(words["no_key"].format(names=names), err=True)
        raise typer.Exit(2)
    return AuditKey(text)


def _tell(finding: Finding, seal: str, words: dict[str, str]) -> None:
    if not finding.faults and not finding.cut:
        typer.echo(words["whole"].format(**asdict(finding)))
        return
    typer.echo(words["broken"].format(chain=finding.chain))
    for fault in finding.faults:
        typer.echo(f"  {fault.place}: {fault.problem}")
    if len(finding.faults) == _MOST_FAULTS:
        typer.echo(words["more"].format(most=_MOST_FAULTS))
    if finding.cut:
        typer.echo(words["cut"].format(chain=finding.chain, seal=seal))
