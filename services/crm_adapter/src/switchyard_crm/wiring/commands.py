"""What commands do with the store itself, put together."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import BinaryIO

from switchyard_common.clock import SystemClock
from switchyard_common.errors import StartError
from switchyard_common.settings import load_settings

from switchyard_crm.adapters.importing.jsonl import JsonlReader
from switchyard_crm.adapters.importing.reading import DocumentReader
from switchyard_crm.adapters.importing.table import TableReader
from switchyard_crm.adapters.importing.table_mapping import TableMapping, load_mapping
from switchyard_crm.adapters.sql.keys import count_keys, rewrap_keys
from switchyard_crm.adapters.sql.writer import StoreWriter
from switchyard_crm.domain.customer import LOCAL_SOURCE
from switchyard_crm.domain.identifiers import Normaliser
from switchyard_crm.domain.matching.blocked import blocked_values
from switchyard_crm.domain.names import TenantId
from switchyard_crm.entrypoints.cli.importing import Importing
from switchyard_crm.entrypoints.command import ImportOrder, Rewrapping
from switchyard_crm.service.comparing import compare_waiting
from switchyard_crm.service.importing import ImportCustomers, ReadLine
from switchyard_crm.service.vault import Unreadable
from switchyard_crm.settings import CrmSettings
from switchyard_crm.wiring.identity import relink_batch, sql_identities
from switchyard_crm.wiring.privacy import open_vault
from switchyard_crm.wiring.store import database_of

_BATCH = 500
_BUSY_SECONDS = 30.0


@asynccontextmanager
async def open_import(order: ImportOrder) -> AsyncIterator[Importing]:
    """An import, stored and compared as it is asked for more. Raises StartError, DomainError."""
    settings = settings_beside_a_service(order.database_url)
    async with database_of(settings) as database:
        clock, vault, tenant = SystemClock(), open_vault(settings), TenantId(order.tenant)
        customers = ImportCustomers(StoreWriter(database, vault, clock), _BATCH)
        identities = sql_identities(database, vault, clock)
        batch = relink_batch(identities, clock, blocked_values(settings.blocked_values))
        yield Importing(
            customers.run(tenant, _lines(order, settings)),
            compare_waiting(identities, batch, tenant),
        )


@asynccontextmanager
async def rewrapping(database_url: str | None) -> AsyncIterator[Rewrapping]:
    """All keys of a store, wrapped by the first master key as the batches are asked for."""
    settings = settings_beside_a_service(database_url)
    vault = open_vault(settings)
    async with database_of(settings) as database:
        try:
            yield Rewrapping(await count_keys(database), rewrap_keys(database, vault))
        except Unreadable as error:
            raise StartError(
                f"{settings.env_name('master_key')}: {error}; list the old keys behind the new one"
            ) from error


def settings_beside_a_service(database_url: str | None) -> CrmSettings:
    """The settings, with a store of one's own choice. Raises StartError."""
    given = {} if database_url is None else {"database_url": database_url}
    # Beside a service that writes, a command can wait longer than a caller would.
    return load_settings(CrmSettings).model_copy(update={**given, "busy_seconds": _BUSY_SECONDS})


def _lines(order: ImportOrder, settings: CrmSettings) -> Iterator[ReadLine]:
    mapping = load_mapping(order.mapping) if order.mapping else TableMapping()
    documents = DocumentReader(
        TenantId(order.tenant),
        Normaliser(settings.default_region),
        SystemClock().now(),
        mapping.source if _is_table(order) else LOCAL_SOURCE,
    )
    file: BinaryIO = order.file
    if _is_table(order):
        return TableReader(documents, mapping).read(file)
    return JsonlReader(documents).read(file)


def _is_table(order: ImportOrder) -> bool:
    return order.mapping is not None or order.file.name.lower().endswith((".csv", ".tsv", ".txt"))
