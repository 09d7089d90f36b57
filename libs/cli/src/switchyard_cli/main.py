"""The `switchyard` program."""

import sys
from importlib.metadata import entry_points, version
from typing import Annotated

import typer

from switchyard_cli.commands import GROUP, add_commands, called


def main() -> None:
    """Entry point of the console script."""
    app = build()
    add_commands(app, called(entry_points(group=GROUP), sys.argv[1:]))
    app()


def build() -> typer.Typer:
    """The program without any command."""
    app = typer.Typer(
        name="switchyard",
        help="Route every contact to the person or bot who should handle it, and say why. "
        "把每个联络交给合适的人或机器人，并说明原因。",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("switchyard-cli"))
        raise typer.Exit


def _options(
    _: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version),
    ] = False,
) -> None: ...
