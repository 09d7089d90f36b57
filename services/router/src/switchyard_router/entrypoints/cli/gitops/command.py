"""`switchyard config`: compares YAML files with a router, applies them, and writes them."""

from pathlib import Path
from typing import Annotated, Any

import typer
from switchyard_common.commands import TenantOption

from switchyard_router.entrypoints.cli.gitops.changes import Applying, Change, changes
from switchyard_router.entrypoints.cli.gitops.export import document
from switchyard_router.entrypoints.cli.gitops.files import SECTIONS, Key, Wanted, wanted
from switchyard_router.entrypoints.cli.gitops.located import BadFile
from switchyard_router.entrypoints.cli.gitops.stored import stored
from switchyard_router.entrypoints.cli.reach import (
    Reach,
    RouterOption,
    ask,
    reach,
)

DIFFERENT = 2
"""Exit code of `diff` when something differs; 1 is an error, 0 no difference."""

_REFUSED = 1

app = typer.Typer(
    help="Queues, agents and plans from YAML files. 以文件管理配置。", no_args_is_help=True
)

Paths = Annotated[list[Path], typer.Argument(help="YAML files, or folders with such.")]
Prune = Annotated[bool, typer.Option("--prune", help="Delete what the files do not name.")]


@app.command()
def diff(
    paths: Paths,
    prune: Prune = False,
    router: RouterOption = "127.0.0.1:7101",
    tenant: TenantOption = "demo",
) -> None:
    """Show what applying the files would change; nothing is changed.

    Exit code 0: nothing differs; 2: something does; 1: a file or the router says no.
    """
    way = reach(router, tenant)
    found = ask(_diff(way, _read(paths, way), prune), _REFUSED)
    _tell(found)
    raise typer.Exit(DIFFERENT if found else 0)


@app.command()
def apply(
    paths: Paths,
    prune: Prune = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before deleting.")] = False,
    router: RouterOption = "127.0.0.1:7101",
    tenant: TenantOption = "demo",
) -> None:
    """Make the router have what the files describe. Doing it again changes nothing."""
    way = reach(router, tenant)
    described = _read(paths, way)
    found = ask(_diff(way, described, prune), _REFUSED)
    _tell(found)
    gone = [change for change in found if change.after is None]
    if gone and not yes and not typer.confirm(f"Delete {len(gone)}?"):
        raise typer.Exit(1)
    for line in ask(_apply(way, described, found), _REFUSED):
        typer.echo(line)


@app.command()
def export(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder for the files; none: standard output.")
    ] = None,
    router: RouterOption = "127.0.0.1:7101",
    tenant: TenantOption = "demo",
) -> None:
    """Write what the router has as YAML: queues.yaml, agents.yaml and plans.yaml."""
    messages = ask(_stored(reach(router, tenant)), _REFUSED)
    for section in SECTIONS:
        text = document(messages, section)
        if folder is None:
            typer.echo(text, nl=False)
        elif text:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{section}.yaml").write_text(text, encoding="utf-8")


def _read(paths: list[Path], way: Reach) -> Wanted:
    try:
        return wanted(paths, way.tenant)
    except BadFile as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


async def _diff(way: Reach, described: Wanted, prune: bool) -> list[Change]:
    async with way.channel() as calls:
        there, _ = await stored(calls)
        found = changes(there, described, prune=prune)
        await check(Applying(calls, described, there), found)
        return found


async def check(applying: Applying, found: list[Change]) -> None:
    """Tell what the router would refuse, by file and line, and end the command if there is any."""
    problems = [
        line
        for change in found
        if change.after is not None
        for line in await applying.problems(change)
    ]
    problems += applying.circles([change for change in found if change.after is not None])
    for line in problems:
        typer.echo(line, err=True)
    if problems:
        raise typer.Exit(1)


async def _apply(way: Reach, described: Wanted, found: list[Change]) -> list[str]:
    async with way.channel() as calls:
        there, etags = await stored(calls)
        present = [change for change in found if there.get(change.key) == change.before]
        if len(present) < len(found):
            raise typer.BadParameter("somebody changed the configuration meanwhile; try again")
        return await Applying(calls, described, there).apply(found, etags)


async def _stored(way: Reach) -> dict[Key, Any]:
    async with way.channel() as calls:
        messages, _ = await stored(calls)
        return messages


def _tell(found: list[Change]) -> None:
    for change in found:
        for line in change.lines():
            typer.echo(line)
    if not found:
        typer.echo("nothing differs")
