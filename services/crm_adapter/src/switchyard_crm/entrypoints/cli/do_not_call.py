"""`switchyard crm do-not-call`: numbers that nobody may call, customers or not."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

import typer
from switchyard_common.errors import DomainError, StartError

from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.names import ID_RULE, TenantId, is_id
from switchyard_crm.entrypoints.cli.stopping import DatabaseOption, stop

_MAX_SHOWN = 20


class NumberList(Protocol):
    """The do-not-call list of a store."""

    def read(self, text: str, field: str) -> Identifier:
        """The number of a line. Raises InvalidField."""
        ...

    async def change(self, tenant: TenantId, numbers: Iterator[Identifier], *, remove: bool) -> int:
        """Put them on the list or take them off; how many that changed. StoreUnavailable."""
        ...


type OpenNumberList = Callable[[str | None], AbstractAsyncContextManager[NumberList]]


@dataclass(slots=True)
class _Lines:
    """Numbers of a file as they are asked for; what is no number is told and counted."""

    file: Path
    numbers: NumberList
    read: int = 0
    refused: int = 0

    def __iter__(self) -> Iterator[Identifier]:
        with self.file.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                text = line.split("#", 1)[0].strip()
                if not text:
                    continue
                try:
                    yield self.numbers.read(text, f"{self.file}:{number}")
                    self.read += 1
                except DomainError as error:
                    self._refuse(str(error))

    def _refuse(self, problem: str) -> None:
        self.refused += 1
        if self.refused <= _MAX_SHOWN:
            typer.echo(problem, err=True)


def add_do_not_call(app: typer.Typer, opened: OpenNumberList) -> None:
    """Add the command; `opened` opens the list of a store by its URL."""

    @app.command("do-not-call")
    def do_not_call(
        file: Annotated[
            Path, typer.Argument(help="Telephone numbers, one a line; # begins a note.")
        ],
        tenant: Annotated[str, typer.Option(help="Who must not call them.")] = "demo",
        remove: Annotated[
            bool, typer.Option("--remove", help="Take the numbers off the list again.")
        ] = False,
        database_url: DatabaseOption = None,
    ) -> None:
        """Put numbers on the do-not-call list; doing it again changes nothing."""
        if not is_id(tenant):
            stop(f"--tenant: must be {ID_RULE}")
        try:
            lines, changed = asyncio.run(
                _change(opened, file, TenantId(tenant), database_url, remove=remove)
            )
        except (OSError, UnicodeDecodeError) as error:
            stop(f"{file}: cannot be read ({type(error).__name__}); give a text file in UTF-8")
        except (DomainError, StartError) as error:
            stop(str(error))
        done = "taken off" if remove else "new on"
        typer.echo(f"{lines.read} numbers read, {changed} {done} the list, {lines.refused} refused")
        if lines.refused:
            raise typer.Exit(1)


async def _change(
    opened: OpenNumberList, file: Path, tenant: TenantId, database_url: str | None, *, remove: bool
) -> tuple[_Lines, int]:
    async with opened(database_url) as numbers:
        lines = _Lines(file, numbers)
        return lines, await numbers.change(tenant, iter(lines), remove=remove)
