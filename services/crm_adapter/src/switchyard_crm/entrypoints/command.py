"""`switchyard crm`: what a person does with the store."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO, NoReturn

import typer
from switchyard_common.errors import DomainError, StartError

from switchyard_crm.domain.names import ID_RULE, is_id
from switchyard_crm.service.importing import BatchResult, LineProblem


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What to import, and into which tenant."""

    file: BinaryIO
    tenant: str
    database_url: str | None


type OpenImport = Callable[[ImportOrder], AbstractAsyncContextManager[AsyncIterator[BatchResult]]]


def make_app(open_import: OpenImport) -> typer.Typer:
    """The commands; `open_import` gives the batches of an import while they are stored."""
    app = typer.Typer(
        name="crm",
        help="The customer store.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback()(_group)

    @app.command("import")
    def import_customers(
        file: Annotated[
            Path,
            typer.Argument(help="JSON Lines, one customer each; services/crm_adapter/README.md."),
        ],
        tenant: Annotated[str, typer.Option(help="Whose customers they are.")] = "demo",
        database_url: Annotated[
            str | None, typer.Option(help="The store; CRM_DATABASE_URL if not given.")
        ] = None,
    ) -> None:
        """Take customers over from a file; doing it again changes nothing."""
        if not is_id(tenant):
            _stop(f"--tenant: must be {ID_RULE}")
        totals = _run(open_import, file, tenant, database_url)
        typer.echo(f"{totals.stored} customers stored, {totals.refused} lines refused")
        if totals.refused:
            raise typer.Exit(1)

    return app


@dataclass(slots=True)
class _Totals:
    stored: int = 0
    refused: int = 0


def _run(open_import: OpenImport, file: Path, tenant: str, database_url: str | None) -> _Totals:
    try:
        with file.open("rb") as opened:
            order = ImportOrder(opened, tenant, database_url)
            return asyncio.run(_import(open_import, order, file.stat().st_size))
    except OSError as error:
        _stop(f"{file}: cannot be read ({error.strerror}); give the path of a file")
    except (DomainError, StartError) as error:
        _stop(str(error))


async def _import(open_import: OpenImport, order: ImportOrder, total_bytes: int) -> _Totals:
    totals = _Totals()
    shown = sys.stderr.isatty()
    with typer.progressbar(
        length=total_bytes, label="importing", file=sys.stderr, hidden=not shown
    ) as bar:
        done = 0
        async with open_import(order) as batches:
            async for batch in batches:
                totals.stored += batch.stored
                totals.refused += len({each.line for each in batch.problems})
                for each in batch.problems:
                    typer.echo(_line(order.file.name, each), err=True)
                bar.update(batch.bytes_read - done)
                done = batch.bytes_read
    return totals


def _line(file: str, found: LineProblem) -> str:
    field = f"{found.problem.field}: " if found.problem.field else ""
    return f"{file}:{found.line}: {field}{found.problem.fix}"


def _stop(problem: str) -> NoReturn:
    typer.echo(problem, err=True)
    raise typer.Exit(2)


def _group() -> None:
    """The customer store."""
