"""`switchyard crm` for the command line, which loads every package's commands to show its help."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from switchyard_crm.entrypoints.cli.check_connector import CheckOrder
from switchyard_crm.entrypoints.cli.do_not_call import NumberList
from switchyard_crm.entrypoints.cli.importing import Importing
from switchyard_crm.entrypoints.command import ImportOrder, Rewrapping, SearchOrder, make_app
from switchyard_crm.service.connector_check import Step
from switchyard_crm.service.duplicates import SearchProgress

# Loading the store takes a second, which only the commands that need it should cost.


@asynccontextmanager
async def _open_import(order: ImportOrder) -> AsyncIterator[Importing]:
    from switchyard_crm.wiring.commands import open_import

    async with open_import(order) as importing:
        yield importing


@asynccontextmanager
async def _rewrapping(database_url: str | None) -> AsyncIterator[Rewrapping]:
    from switchyard_crm.wiring.commands import rewrapping

    async with rewrapping(database_url) as work:
        yield work


@asynccontextmanager
async def _searching(order: SearchOrder) -> AsyncIterator[AsyncIterator[SearchProgress]]:
    from switchyard_crm.wiring.duplicates import searching

    async with searching(order) as steps:
        yield steps


@asynccontextmanager
async def _number_list(database_url: str | None) -> AsyncIterator[NumberList]:
    from switchyard_crm.wiring.do_not_call import number_list

    async with number_list(database_url) as numbers:
        yield numbers


@asynccontextmanager
async def _checking(order: CheckOrder) -> AsyncIterator[AsyncIterator[Step]]:
    from switchyard_crm.wiring.connector_check import checking

    async with checking(order) as steps:
        yield steps


app = make_app(_open_import, _rewrapping, _searching, _number_list, _checking)
