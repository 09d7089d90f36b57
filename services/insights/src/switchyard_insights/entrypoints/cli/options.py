"""Options that the history's commands share, and how they end."""

from typing import Annotated, NoReturn

import typer

HISTORY_URL = "sqlite+aiosqlite:///.switchyard/history.sqlite"
"""Where `make run` keeps the history."""

HistoryOption = Annotated[
    str,
    typer.Option(
        "--history",
        envvar="SWITCHYARD_HISTORY",
        help="Database URL: sqlite:///file or postgresql://user:password@host/name.",
    ),
]


def stop(problem: str, code: int = 2) -> NoReturn:
    """Ends the command, saying why."""
    typer.echo(problem, err=True)
    raise typer.Exit(code)
