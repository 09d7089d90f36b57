"""What commands on the store share: which store, and how they end when they cannot go on."""

from typing import Annotated, NoReturn

import typer

CANNOT = 2

DatabaseOption = Annotated[
    str | None, typer.Option(help="The store; CRM_DATABASE_URL if not given.")
]


def stop(problem: str) -> NoReturn:
    """End the command with what is wrong and how to mend it."""
    typer.echo(problem, err=True)
    raise typer.Exit(CANNOT)
