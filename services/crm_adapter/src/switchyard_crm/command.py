"""`switchyard crm` for the command line, which loads every package's commands to show its help."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from switchyard_crm.entrypoints.command import ImportOrder, make_app
from switchyard_crm.service.importing import BatchResult


@asynccontextmanager
async def _open_import(order: ImportOrder) -> AsyncIterator[AsyncIterator[BatchResult]]:
    # Loading the store takes a second, which only the command that needs it should cost.
    from switchyard_crm.main import open_import

    async with open_import(order) as batches:
        yield batches


app = make_app(_open_import)
