"""`switchyard crm import`: customers from a file."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from switchyard_common.errors import DomainError, StartError

from switchyard_crm.domain.names import ID_RULE, is_id
from switchyard_crm.entrypoints.cli.stopping import DatabaseOption, stop
from switchyard_crm.service.comparing import Compared
from switchyard_crm.service.importing import BatchResult, LineProblem
from switchyard_crm.service.relinking import Relinked


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What to import, and into which tenant; `mapping` says what the columns of a table are."""

    file: BinaryIO
    tenant: str
    database_url: str | None
    mapping: Path | None = None


@dataclass(frozen=True, slots=True)
class Importing:
    """An import under way: its batches while they are stored, then the comparing of what waits."""

    batches: AsyncIterator[BatchResult]
    comparing: AsyncIterator[Compared]


type OpenImport = Callable[[ImportOrder], AbstractAsyncContextManager[Importing]]


def add_import(app: typer.Typer, open_import: OpenImport) -> None:
    """Add the command; `open_import` stores and compares as it is asked for more."""

    @app.command("import")
    def import_customers(
        file: Annotated[
            Path,
            typer.Argument(
                help="JSON Lines or a table (.csv), one customer each; see docs/customers.md."
            ),
        ],
        mapping: Annotated[
            Path | None, typer.Option("--map", help="YAML that says what a table's columns are.")
        ] = None,
        tenant: Annotated[str, typer.Option(help="Whose customers they are.")] = "demo",
        database_url: DatabaseOption = None,
    ) -> None:
        """Take customers over from a file; doing it again changes nothing."""
        if not is_id(tenant):
            stop(f"--tenant: must be {ID_RULE}")
        totals = _run(open_import, file, tenant, mapping, database_url)
        typer.echo(f"{totals.stored} customers stored, {totals.refused} lines refused")
        if totals.kept_out:
            typer.echo(f"{totals.kept_out} customers were erased before and stay out")
        typer.echo(_compared(totals.relinked))
        if totals.refused:
            raise typer.Exit(1)


@dataclass(slots=True)
class _Totals:
    stored: int = 0
    refused: int = 0
    kept_out: int = 0
    relinked: Relinked = field(default_factory=Relinked)


def _run(
    open_import: OpenImport,
    file: Path,
    tenant: str,
    mapping: Path | None,
    database_url: str | None,
) -> _Totals:
    try:
        with file.open("rb") as opened:
            order = ImportOrder(opened, tenant, database_url, mapping)
            return asyncio.run(_import(open_import, order, file.stat().st_size))
    except OSError as error:
        stop(f"{file}: cannot be read ({error.strerror}); give the path of a file")
    except (DomainError, StartError) as error:
        stop(str(error))


async def _import(open_import: OpenImport, order: ImportOrder, total_bytes: int) -> _Totals:
    totals = _Totals()
    async with open_import(order) as importing:
        with _bar("importing", total_bytes) as bar:
            done = 0
            async for batch in importing.batches:
                totals.stored += batch.stored
                totals.kept_out += batch.kept_out
                totals.refused += len({each.line for each in batch.problems})
                for each in batch.problems:
                    typer.echo(_line(order.file.name, each), err=True)
                bar.update(batch.bytes_read - done)
                done = batch.bytes_read
        with _bar("comparing", 0) as bar:
            async for step in importing.comparing:
                bar.length = max(step.waited, bar.pos + step.done.compared)
                bar.update(step.done.compared)
                totals.relinked = totals.relinked.plus(step.done)
    return totals


def _bar(label: str, length: int) -> AbstractContextManager[Any]:
    shown = sys.stderr.isatty()
    return typer.progressbar(length=length, label=label, file=sys.stderr, hidden=not shown)


def _compared(done: Relinked) -> str:
    return (
        f"{done.compared} records compared: {done.linked} links, "
        f"{done.suspected} suspected duplicates for people to decide"
    )


def _line(file: str, found: LineProblem) -> str:
    field = f"{found.problem.field}: " if found.problem.field else ""
    return f"{file}:{found.line}: {field}{found.problem.fix}"
