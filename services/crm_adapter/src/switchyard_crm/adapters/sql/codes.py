"""One-time codes on SQL, and where they can be sent to."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from switchyard_crm.adapters.sql.database import POSTGRESQL, Database
from switchyard_crm.adapters.sql.held import held
from switchyard_crm.adapters.sql.members import read_cluster
from switchyard_crm.adapters.sql.tables.self_service import codes
from switchyard_crm.adapters.sql.view import View
from switchyard_crm.domain.customer import Customer
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.service.claims import Claim
from switchyard_crm.service.codes import Reachable, addresses_of
from switchyard_crm.service.vault import Vault

_NOBODY = CustomerId("")
_USE_UP = delete(codes).where(
    codes.c.tenant == bindparam("of_tenant"),
    codes.c.record_id == bindparam("of_record"),
    codes.c.conversation_index == bindparam("of_conversation"),
    codes.c.code_digest == bindparam("of_code"),
    codes.c.expire_time > bindparam("now"),
)


class SqlCodes:
    """Keeps digests of codes. All methods raise StoreUnavailable."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def keep(self, claim: Claim, customer: CustomerName, code: str, until: datetime) -> None:
        """Keep a code for this conversation, in place of an earlier one."""
        async with self._database.writing() as connection:
            await held(connection, customer)
            postgres = connection.dialect.name == POSTGRESQL
            put = (postgresql.insert if postgres else sqlite.insert)(codes)
            kept = put.on_conflict_do_update(
                index_elements=["tenant", "record_id", "conversation_index"],
                set_={
                    "code_digest": put.excluded.code_digest,
                    "expire_time": put.excluded.expire_time,
                },
            )
            row = {
                "tenant": claim.tenant,
                "record_id": customer.customer,
                "conversation_index": self._conversation(claim),
                "code_digest": self._digest(claim, customer, code),
                "expire_time": until,
            }
            await connection.execute(kept, row)

    async def redeem(
        self, claim: Claim, customer: CustomerName | None, code: str, now: datetime
    ) -> bool:
        """Whether the code is good; it is used up then, by one of those who try at once."""
        whose = customer or CustomerName(claim.tenant, _NOBODY)
        asked = {
            "of_tenant": claim.tenant,
            "of_record": whose.customer,
            "of_conversation": self._conversation(claim),
            "of_code": self._digest(claim, whose, code),
            "now": now,
        }
        async with self._database.writing() as connection:
            return (await connection.execute(_USE_UP, asked)).rowcount == 1

    async def sweep(self, before: datetime, limit: int) -> int:
        """Forget at most `limit` codes that were good until before a time; how many."""
        key = (codes.c.tenant, codes.c.record_id, codes.c.conversation_index)
        old = select(*key).where(codes.c.expire_time < before).limit(limit)
        async with self._database.writing() as connection:
            removed = await connection.execute(delete(codes).where(tuple_(*key).in_(old)))
        return removed.rowcount

    def _conversation(self, claim: Claim) -> str:
        return self._vault.index(claim.tenant, "conversation", "", claim.conversation)

    def _digest(self, claim: Claim, customer: CustomerName, code: str) -> str:
        """Keyed, for six digits are soon tried; of another customer it is another one."""
        return self._vault.index(claim.tenant, "code", customer.customer, code)


class SqlAddressBook:
    """Knows where customers are reached. Raises StoreUnavailable, Unreadable."""

    def __init__(self, database: Database, vault: Vault, view: View) -> None:
        self._database = database
        self._vault = vault
        self._view = view

    async def reachable(self, tenant: TenantId, customer: CustomerName | None) -> Reachable:
        """What is on file; nothing for nobody."""
        whose = customer or CustomerName(tenant, _NOBODY)
        async with self._database.reading() as connection:
            cluster = await read_cluster(connection, self._vault, whose)
        if cluster is None:
            return Reachable()
        return _reachable(self._view.customer(cluster.name, cluster.profiles))


def _reachable(known: Customer) -> Reachable:
    phones = tuple(each.value for each in known.phones)
    emails = tuple(each.value for each in known.emails)
    language = known.language.value if known.language is not None else ""
    return Reachable(addresses_of(phones, emails), language)
