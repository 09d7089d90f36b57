"""`switchyard crm check-connector`: does a CRM answer as the connectors file says?"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from switchyard_common.errors import DomainError, StartError

from switchyard_crm.domain.identifiers import IdentifierKind
from switchyard_crm.entrypoints.cli.stopping import stop
from switchyard_crm.service.connector_check import Outcome, Step

_SOMEBODY = "+8619900000000"  # who that is does not matter: the call shows whether it works


@dataclass(frozen=True, slots=True)
class CheckOrder:
    """Which connector of which file, and whom to ask it for."""

    file: Path
    name: str
    kind: IdentifierKind
    value: str
    region: str


type OpenChecking = Callable[[CheckOrder], AbstractAsyncContextManager[AsyncIterator[Step]]]


def add_check_connector(app: typer.Typer, checking: OpenChecking) -> None:
    """Add the command; `checking` builds the connector and tries it as it is asked for more."""

    @app.command("check-connector")
    def check_connector(
        file: Annotated[Path, typer.Argument(help="The connectors file (CRM_CONNECTORS_FILE).")],
        name: Annotated[str, typer.Argument(help="The connector's name in it.")],
        phone: Annotated[str, typer.Option(help="Number of somebody whom the CRM knows.")] = "",
        email: Annotated[str, typer.Option(help="Or an address of theirs.")] = "",
        region: Annotated[
            str,
            typer.Option(
                envvar="CRM_DEFAULT_REGION", help="Where numbers without country code are."
            ),
        ] = "CN",
    ) -> None:
        """Read a connectors file, ask its CRM for health and for somebody, and say what works.

        Nothing is written to the CRM, and nothing personal is shown.
        """
        kind = IdentifierKind.EMAIL if email and not phone else IdentifierKind.PHONE
        order = CheckOrder(file, name, kind, phone or email or _SOMEBODY, region)
        try:
            failed = asyncio.run(_check(checking, order))
        except (DomainError, StartError) as error:
            stop(str(error))
        if failed:
            raise typer.Exit(1)


async def _check(checking: OpenChecking, order: CheckOrder) -> bool:
    failed = False
    async with checking(order) as steps:
        async for step in steps:
            failed = failed or step.outcome is Outcome.FAILED
            typer.echo(f"{step.outcome.value:<7} {step.name:<16} {step.told}".rstrip())
    return failed
