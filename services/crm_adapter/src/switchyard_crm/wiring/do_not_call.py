"""The do-not-call list of a store, put together for the command line."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from switchyard_common.clock import SystemClock

from switchyard_crm.adapters.sql.consents import SqlConsents
from switchyard_crm.domain.errors import InvalidField
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import TenantId
from switchyard_crm.domain.phones import NotAPhoneNumber, to_e164
from switchyard_crm.service.consents import ListNumbers
from switchyard_crm.wiring.commands import settings_beside_a_service
from switchyard_crm.wiring.privacy import open_vault
from switchyard_crm.wiring.store import database_of

_BATCH = 500


@asynccontextmanager
async def number_list(database_url: str | None) -> AsyncIterator["StoredList"]:
    """The list of a store. Raises StartError."""
    settings = settings_beside_a_service(database_url)
    vault = open_vault(settings)
    async with database_of(settings) as database:
        listing = ListNumbers(SqlConsents(database, vault), SystemClock(), _BATCH)
        yield StoredList(listing, settings.default_region)


class StoredList:
    """Reads numbers as the service does, and changes the list."""

    def __init__(self, listing: ListNumbers, region: str) -> None:
        self._listing = listing
        self._region = region

    def read(self, text: str, field: str) -> Identifier:
        """The number of a line. Raises InvalidField, which does not repeat it."""
        try:
            number = to_e164(text, self._region)
        except NotAPhoneNumber as error:
            raise InvalidField(
                field, "is not a telephone number; write it like +8613912345678"
            ) from error
        if number is None:
            raise InvalidField(
                field, "is a service number or lacks its area code; write it in full, or drop it"
            )
        return Identifier(IdentifierKind.PHONE, number)

    async def change(self, tenant: TenantId, numbers: Iterator[Identifier], *, remove: bool) -> int:
        """Put them on the list or take them off; how many that changed. StoreUnavailable."""
        return await self._listing.run(tenant, numbers, remove=remove)
