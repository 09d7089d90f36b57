"""The commands `switchyard run` and `switchyard logs`."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from switchyard_common.clock import SystemClock
from switchyard_common.errors import StartError
from switchyard_common.grpc_channel import open_channel
from switchyard_common.settings import load_settings

from switchyard_launcher.authority import BadAuthority
from switchyard_launcher.board import Board
from switchyard_launcher.concurrency import first_of
from switchyard_launcher.feed import Feed
from switchyard_launcher.logview import LogView
from switchyard_launcher.ports import PortsTaken
from switchyard_launcher.preflight import NotPrepared, check
from switchyard_launcher.process import ProcessSpec
from switchyard_launcher.run import Run
from switchyard_launcher.secured import tls_variables
from switchyard_launcher.settings import (
    LauncherSettings,
    RunSettings,
    describe_settings,
    load_run_settings,
)
from switchyard_launcher.stack import addresses, stack, target
from switchyard_launcher.supervisor import Supervisor
from switchyard_launcher.watch import watch


def run(
    without: Annotated[
        list[str] | None,
        typer.Option(help="Leave a process out, for instance floor; may be repeated."),
    ] = None,
    tls: Annotated[
        bool,
        typer.Option("--tls", help="Mutual TLS between all processes; makes the certificates."),
    ] = False,
    settings: Annotated[
        bool, typer.Option("--settings", help="List the settings, and start nothing.")
    ] = False,
) -> None:
    """Start all of Switchyard here, show what goes on, stop it with Ctrl-C. 在本机启动全部。"""
    if settings:
        show_settings()
        return
    console = Console()
    try:
        if tls:
            _secure()
        went_well = asyncio.run(_run(console, load_run_settings(), without or []))
    except (BadAuthority, NotPrepared, PortsTaken, StartError) as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    raise typer.Exit(0 if went_well else 1)


def _secure() -> None:
    """What is set already stays: a process may have a certificate of another CA."""
    for name, value in tls_variables(load_settings(LauncherSettings), SystemClock().now()).items():
        os.environ.setdefault(name, value)


async def _run(console: Console, settings: RunSettings, without: Sequence[str]) -> bool:
    state_dir = settings.run.state_dir
    state_dir.mkdir(parents=True, exist_ok=True)
    specs = chosen(stack(settings, Path.cwd(), floor="floor" not in without), without)
    check(specs, state_dir)

    async def show(supervisor: Supervisor) -> None:
        where = addresses(settings)
        for what, address in where:
            console.print(f"{what:<16}{address}", markup=False)
        board = Board()
        router = settings.router
        async with open_channel(
            target(router, router.port), settings.run.tls or router.tls, router.token_file
        ) as channel:
            feed = Feed(channel, settings.run.tenant, board)
            await first_of(feed.run(), watch(console, board, supervisor.children, where))

    return await Run(specs, state_dir / "logs", console, show).to_the_end()


def chosen(specs: Sequence[ProcessSpec], without: Sequence[str]) -> list[ProcessSpec]:
    """The processes but those left out; NotPrepared for a name that is none."""
    unknown = set(without) - {spec.name for spec in specs}
    if unknown:
        names = ", ".join(spec.name for spec in specs)
        raise NotPrepared(f"No process is called {', '.join(sorted(unknown))}. There are: {names}.")
    return [spec for spec in specs if spec.name not in without]


def show_settings() -> None:
    """Prints the environment variables that change a run."""
    for variable, default, purpose in describe_settings():
        typer.echo(f"{variable:<24}{default:<14}{purpose}")


def logs(
    processes: Annotated[
        list[str] | None, typer.Argument(help="Only these, for instance router.")
    ] = None,
    contact: Annotated[str, typer.Option(help="Only lines that name this contact.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new lines.")] = False,
) -> None:
    """Show the logs of all processes as one, in time order. 按时间合看日志。"""
    folder = load_settings(LauncherSettings).state_dir / "logs"
    view = LogView(Console(), folder, processes or [], contact)
    unknown = sorted(set(processes or []) - set(view.known))
    if unknown and not follow:  # followed, they may begin to write later
        known = ", ".join(view.known) or "none yet; start them with: make run"
        typer.echo(f"{folder} has no log of {', '.join(unknown)}. There are: {known}.", err=True)
        raise typer.Exit(2)
    if not view.show() and not follow:
        typer.echo(f"Nothing to show in {folder}.", err=True)
        raise typer.Exit(1)
    if follow:
        view.follow()
