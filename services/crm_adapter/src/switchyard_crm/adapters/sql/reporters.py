"""Records for people of whom only a phone, e-mail address or handle is known: they named it.

Anybody can name any number. So such a record is found by nothing but the word "reporter" with the
number, as an id of the source `reporter`: no call from that number, and no comparing of records,
leads to it. It is exported, merged and erased like any other.
"""

import secrets
from datetime import datetime

from sqlalchemy import bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.links import alone
from switchyard_crm.adapters.sql.tables.records import identifiers, record_keys, records
from switchyard_crm.adapters.sql.values import (
    Stored,
    identifier_index,
    identifier_values,
    profile_values,
)
from switchyard_crm.domain.customer import Provenance
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.records import CustomerRecord, Profile
from switchyard_crm.domain.survivors import REPORTER_SOURCE
from switchyard_crm.service.vault import Vault

_ID_BYTES = 12
_KNOWN = (
    select(identifiers.c.record_id)
    .where(
        identifiers.c.tenant == bindparam("tenant"),
        identifiers.c.kind == IdentifierKind.SOURCE_RECORD.value,
        identifiers.c.namespace == REPORTER_SOURCE,
        identifiers.c.index == bindparam("value"),
    )
    .order_by(identifiers.c.record_id)
    .limit(1)
)


async def reporter_of(
    connection: AsyncConnection, vault: Vault, tenant: TenantId, contact: Identifier, now: datetime
) -> CustomerName:
    """The record of a contact, made if there is none. Waits for others who make one."""
    await alone(connection, tenant)
    known = await find_reporter(connection, vault, tenant, contact)
    return known or await _made(connection, vault, tenant, _named(contact), now)


async def find_reporter(
    connection: AsyncConnection, vault: Vault, tenant: TenantId, contact: Identifier
) -> CustomerName | None:
    """The record of a contact; None if there is none."""
    asked = {"tenant": tenant, "value": identifier_index(vault, tenant, _named(contact))}
    record = (await connection.execute(_KNOWN, asked)).scalar_one_or_none()
    return CustomerName(tenant, CustomerId(record)) if record is not None else None


def _named(contact: Identifier) -> Identifier:
    # A handle is one's own within its app only.
    value = f"{contact.namespace}:{contact.value}" if contact.namespace else contact.value
    return Identifier(IdentifierKind.SOURCE_RECORD, value, REPORTER_SOURCE)


async def _made(
    connection: AsyncConnection, vault: Vault, tenant: TenantId, named: Identifier, now: datetime
) -> CustomerName:
    source_id = secrets.token_hex(_ID_BYTES)
    name = CustomerName(tenant, CustomerId(f"{REPORTER_SOURCE}~{source_id}"))
    profile = Profile(Provenance(REPORTER_SOURCE, source_id, now), identifiers=(named,))
    key, wrapped = vault.new_key()
    stored = Stored(tenant, name.customer, CustomerRecord(name, profile), key)
    row = {
        "tenant": tenant,
        "id": name.customer,
        "customer_id": name.customer,
        "source": REPORTER_SOURCE,
        "source_id": source_id,
        "first_time": now,
        "digest": "",
        "identity_digest": "",
        "relink": False,
        **profile_values(profile, key),
    }
    await connection.execute(insert(records), row)
    await connection.execute(insert(record_keys), {**stored.owner, "wrapped": wrapped})
    await connection.execute(insert(identifiers), list(identifier_values(vault, stored)))
    return name
