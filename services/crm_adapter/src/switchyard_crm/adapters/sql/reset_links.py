"""Links that set a PIN, on SQL.

A token is the keyed hash of a random id that is kept with the request, so that a repeat of it gets
the same token without the token being stored; the store finds it by another keyed hash.
"""

import secrets
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.held import held
from switchyard_crm.adapters.sql.members import read_cluster
from switchyard_crm.adapters.sql.pins import set_pin
from switchyard_crm.adapters.sql.requests import once
from switchyard_crm.adapters.sql.seals import Field
from switchyard_crm.adapters.sql.tables.self_service import reset_links
from switchyard_crm.domain.errors import CustomerNotFound
from switchyard_crm.domain.identifiers import IdentifierKind
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.self_service_errors import LinkNotValid
from switchyard_crm.service.pin_reset import IssuedLink, PinOwner
from switchyard_crm.service.requests import WriteRequest
from switchyard_crm.service.vault import Vault

_ID_BYTES = 16
_IS_IT = (
    (reset_links.c.tenant == bindparam("of_tenant"))
    & (reset_links.c.token_digest == bindparam("of_token"))
    & (reset_links.c.expire_time > bindparam("now"))
)
_WHOSE = select(reset_links.c.record_id).where(_IS_IT)
_USE_UP = delete(reset_links).where(_IS_IT).returning(reset_links.c.record_id)


class SqlResetLinks:
    """Keeps links. All methods raise StoreUnavailable when the store does not answer."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def issue(
        self, customer: CustomerName, until: datetime, now: datetime, request: WriteRequest
    ) -> IssuedLink:
        """A new token in place of the customer's earlier ones, once per request."""
        async with self._database.writing() as connection:

            async def write() -> str:
                whose = await held(connection, customer)
                earlier = delete(reset_links).where(
                    reset_links.c.tenant == whose.tenant,
                    reset_links.c.record_id.in_(list(whose.wrapped)),
                )
                await connection.execute(earlier)
                link = secrets.token_hex(_ID_BYTES)
                row = {
                    "tenant": whose.tenant,
                    "token_digest": self._digest(customer.tenant, self._token(customer, link)),
                    "record_id": whose.named,
                    "expire_time": until,
                }
                await connection.execute(insert(reset_links), row)
                return link

            answered = await once(connection, request, now, write)
        return IssuedLink(self._token(customer, answered.answer), answered.new)

    async def owner(self, tenant: TenantId, token: str, now: datetime) -> PinOwner:
        """Whose link this is. Raises LinkNotValid."""
        asked = {"of_tenant": tenant, "of_token": self._digest(tenant, token), "now": now}
        async with self._database.reading() as connection:
            record = (await connection.execute(_WHOSE, asked)).scalar_one_or_none()
            if record is None:
                raise LinkNotValid
            named = CustomerName(tenant, CustomerId(record))
            cluster = await read_cluster(connection, self._vault, named)
        if cluster is None:
            raise LinkNotValid
        profiles = cluster.profiles
        return PinOwner(
            cluster.name,
            [each.birth_date for each in profiles if each.birth_date is not None],
            [known.value for each in profiles for known in each.values(IdentifierKind.PHONE)],
        )

    async def redeem(self, tenant: TenantId, token: str, pin_hash: str, now: datetime) -> None:
        """Set the PIN and use the link up; of several at the same moment one does."""
        asked = {"of_tenant": tenant, "of_token": self._digest(tenant, token), "now": now}
        async with self._database.writing() as connection:
            record = (await connection.execute(_USE_UP, asked)).scalar_one_or_none()
            if record is None:
                raise LinkNotValid
            await self._set(connection, CustomerName(tenant, CustomerId(record)), pin_hash, now)

    async def sweep(self, before: datetime, limit: int) -> int:
        """Forget at most `limit` links that were good until before a time; how many."""
        key = (reset_links.c.tenant, reset_links.c.token_digest)
        old = select(*key).where(reset_links.c.expire_time < before).limit(limit)
        async with self._database.writing() as connection:
            removed = await connection.execute(delete(reset_links).where(tuple_(*key).in_(old)))
        return removed.rowcount

    async def _set(
        self, connection: AsyncConnection, customer: CustomerName, pin_hash: str, now: datetime
    ) -> None:
        try:
            whose = await held(connection, customer)
        except CustomerNotFound as error:  # erased since
            raise LinkNotValid from error
        row = {
            "tenant": whose.tenant,
            "record_id": whose.named,
            "pin_digest": whose.key(self._vault, whose.named).seal(Field.PIN, pin_hash),
            "told_digest": "",
            "time": now,
        }
        await connection.execute(set_pin(connection.dialect.name), row)

    def _token(self, customer: CustomerName, link: str) -> str:
        return self._vault.index(customer.tenant, "reset-token", customer.customer, link)

    def _digest(self, tenant: TenantId, token: str) -> str:
        return self._vault.index(tenant, "reset-link", "", token)
