"""Consents and the do-not-call list on SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, insert, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.held import held
from switchyard_crm.adapters.sql.requests import once
from switchyard_crm.adapters.sql.tables.consents import consents, do_not_call
from switchyard_crm.adapters.sql.tables.records import identifiers, records
from switchyard_crm.adapters.sql.values import identifier_index
from switchyard_crm.domain.consents import Consent, Purpose
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.service.consents import NewConsent, Permissions
from switchyard_crm.service.requests import Answered, WriteRequest
from switchyard_crm.service.vault import Vault

EVIDENCE = "consents.evidence"

_NAMED = records.alias("named")
_RECORDS = (
    select(records.c.id)
    .select_from(
        _NAMED.join(
            records,
            and_(
                records.c.tenant == _NAMED.c.tenant,
                records.c.customer_id == _NAMED.c.customer_id,
            ),
        )
    )
    .where(_NAMED.c.tenant == bindparam("of_tenant"), _NAMED.c.id == bindparam("of_id"))
)
_SAID = select(
    consents.c.position,
    consents.c.record_id,
    consents.c.named_record_id,
    consents.c.channel,
    consents.c.granted,
).where(
    consents.c.tenant == bindparam("of_tenant"),
    consents.c.record_id.in_(bindparam("of_records", expanding=True)),
    consents.c.purpose == bindparam("of_purpose"),
)
_LISTED_OF_RECORDS = (
    select(do_not_call.c.kind)
    .join(
        identifiers,
        and_(
            identifiers.c.tenant == do_not_call.c.tenant,
            identifiers.c.kind == do_not_call.c.kind,
            identifiers.c.namespace == do_not_call.c.namespace,
            identifiers.c.index == do_not_call.c.index,
        ),
    )
    .where(
        identifiers.c.tenant == bindparam("of_tenant"),
        identifiers.c.record_id.in_(bindparam("of_records", expanding=True)),
    )
    .limit(1)
)
_LISTED = select(do_not_call.c.kind).where(
    do_not_call.c.tenant == bindparam("of_tenant"),
    do_not_call.c.kind == bindparam("of_kind"),
    do_not_call.c.namespace == bindparam("of_namespace"),
    do_not_call.c["index"] == bindparam("of_index"),
)


class SqlConsents:
    """Keeps consents and the list. All methods raise StoreUnavailable."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def add(
        self, customer: CustomerName, consent: NewConsent, now: datetime, request: WriteRequest
    ) -> Answered:
        """Store it for every record of the customer, once per request.

        The answer is the time it took effect, ISO 8601. CustomerNotFound, RequestIdReused.
        """
        async with self._database.writing() as connection:

            async def write() -> str:
                whose = await held(connection, customer)
                rows: list[dict[str, object]] = [
                    {
                        "tenant": whose.tenant,
                        "record_id": record,
                        "named_record_id": whose.named,
                        "channel": consent.channel,
                        "purpose": consent.purpose,
                        "granted": consent.granted,
                        "evidence": whose.key(self._vault, record).seal(EVIDENCE, consent.evidence),
                        "time": now,
                    }
                    for record in sorted(whose.wrapped)
                ]
                await connection.execute(insert(consents), rows)
                return now.isoformat()

            return await once(connection, request, now, write)

    async def permissions(self, customer: CustomerName, purpose: Purpose) -> Permissions | None:
        """What is known; None if there is no such customer."""
        named = {"of_tenant": customer.tenant, "of_id": customer.customer}
        async with self._database.reading() as connection:
            known = (await connection.execute(_RECORDS, named)).scalars().all()
            if not known:
                return None
            theirs = {"of_tenant": customer.tenant, "of_records": list(known)}
            said = await connection.execute(_SAID, {**theirs, "of_purpose": purpose})
            listed = await connection.execute(_LISTED_OF_RECORDS, theirs)
            return Permissions(
                tuple(known),
                tuple(Consent(*row) for row in said),
                listed.one_or_none() is not None,
            )

    async def listed(self, tenant: TenantId, identifier: Identifier) -> bool:
        """Whether the do-not-call list holds the identifier."""
        asked = {
            "of_tenant": tenant,
            "of_kind": identifier.kind.value,
            "of_namespace": identifier.namespace,
            "of_index": identifier_index(self._vault, tenant, identifier),
        }
        async with self._database.reading() as connection:
            return (await connection.execute(_LISTED, asked)).one_or_none() is not None

    async def list_numbers(
        self, tenant: TenantId, listed: Sequence[Identifier], now: datetime
    ) -> int:
        """Put identifiers on the do-not-call list; how many were not there."""
        rows: list[dict[str, object]] = [
            {
                "tenant": tenant,
                "kind": each.kind.value,
                "namespace": each.namespace,
                "index": identifier_index(self._vault, tenant, each),
                "time": now,
            }
            for each in dict.fromkeys(listed)
        ]
        async with self._database.writing() as connection:
            return await _list(connection, rows)

    async def unlist_numbers(self, tenant: TenantId, listed: Sequence[Identifier]) -> int:
        """Take identifiers off the do-not-call list; how many were there."""
        keys = [
            (tenant, each.kind.value, each.namespace, identifier_index(self._vault, tenant, each))
            for each in dict.fromkeys(listed)
        ]
        table = do_not_call.c
        those = tuple_(table.tenant, table.kind, table.namespace, table["index"]).in_(keys)
        async with self._database.writing() as connection:
            return (await connection.execute(delete(do_not_call).where(those))).rowcount


async def _list(connection: AsyncConnection, rows: list[dict[str, object]]) -> int:
    insertion = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    # In one order, so that two imports at once do not wait for each other in a circle.
    ordered = sorted(rows, key=lambda row: (str(row["kind"]), str(row["index"])))
    put = insertion(do_not_call).values(ordered).on_conflict_do_nothing()
    added = await connection.execute(put.returning(do_not_call.c.kind))
    return len(added.all())
