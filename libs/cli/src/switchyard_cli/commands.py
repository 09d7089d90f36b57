"""Commands that packages register under an entry point group."""

from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import EntryPoint
from itertools import pairwise

import typer

GROUP = "switchyard.commands"


class CommandClash(Exception):
    """Two packages register a command under the same name."""


def add_commands(app: typer.Typer, entries: Iterable[EntryPoint]) -> None:
    """Adds one command per entry, ordered by name; the entry's value is a Typer or a function.

    A package that does not load costs only its own command, which then says what is wrong.
    Raises CommandClash for two entries of one name.
    """
    ordered = sorted(entries, key=lambda entry: entry.name)
    for entry, following in pairwise(ordered):
        if entry.name == following.name:
            raise CommandClash(f"both {entry.value} and {following.value} are called {entry.name}")
    for entry in ordered:
        _add(app, entry)


def called(entries: Iterable[EntryPoint], arguments: Sequence[str]) -> list[EntryPoint]:
    """The entry that the arguments call, so that no other package is loaded; or all entries."""
    every = list(entries)
    return [entry for entry in every if entry.name in arguments[:1]] or every


def _add(app: typer.Typer, entry: EntryPoint) -> None:
    try:
        command = entry.load()
    except (ImportError, AttributeError) as error:
        command = _broken(entry, error)
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=entry.name)
    else:
        app.command(entry.name)(command)


def _broken(entry: EntryPoint, error: Exception) -> Callable[[], None]:
    problem = f"{entry.value} does not load: {error}"

    def say() -> None:
        typer.echo(problem, err=True)
        raise typer.Exit(1)

    say.__doc__ = f"Not available: {problem}"
    return say
