"""Values that people tied to records, or untied from them for ever.

What is tied to a record is kept in another one, of the source "manual", whose id there is the id of
the record: so nothing that a source brings overwrites it. It bears a copy of the record's name,
since it counts how many names a value is held under.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.links_base import MAX_VALUES, SOME, AnyRow, InTenant
from switchyard_crm.adapters.sql.rows import profile_of
from switchyard_crm.adapters.sql.tables.links import unlinked
from switchyard_crm.adapters.sql.tables.records import identifiers, record_keys, records
from switchyard_crm.adapters.sql.values import (
    Stored,
    identifier_index,
    identifier_values,
    profile_values,
)
from switchyard_crm.domain.customer import Provenance
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.records import CustomerRecord, Profile
from switchyard_crm.domain.survivors import MANUAL_SOURCE
from switchyard_crm.service.vault import DataKey, Unreadable, Vault

_OPEN = (
    select(records, record_keys.c.wrapped)
    .join(
        record_keys,
        (record_keys.c.tenant == records.c.tenant) & (record_keys.c.record_id == records.c.id),
    )
    .where(records.c.tenant == bindparam("tenant"))
)
_BY_ID = _OPEN.where(records.c.id.in_(SOME))
_TIED_TO = _OPEN.where(records.c.source == MANUAL_SOURCE, records.c.source_id.in_(SOME))
_IS_VALUE = (
    (identifiers.c.tenant == bindparam("tenant"))
    & (identifiers.c.kind == bindparam("kind"))
    & (identifiers.c.namespace == bindparam("namespace"))
    & (identifiers.c.index == bindparam("value_index"))
    & identifiers.c.record_id.in_(SOME)
)
_HOLDING = select(identifiers.c.record_id).where(_IS_VALUE)
_DROP = delete(identifiers).where(_IS_VALUE)
_UNTIED = select(unlinked).where(
    unlinked.c.tenant == bindparam("tenant"), unlinked.c.record_id.in_(SOME)
)
_FORGIVE = delete(unlinked).where(
    unlinked.c.tenant == bindparam("tenant"),
    unlinked.c.kind == bindparam("kind"),
    unlinked.c.namespace == bindparam("namespace"),
    unlinked.c.value_index == bindparam("value_index"),
    unlinked.c.record_id == bindparam("record"),
)
_RESEAL = (
    update(records)
    .where(records.c.tenant == bindparam("of_tenant"), records.c.id == bindparam("of_id"))
    .values(identifiers=bindparam("sealed"))
)

type Untied = frozenset[tuple[str, str, str]]
"""Kind, namespace and blind index of each value that is not a record's."""


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """A record that can be read, and its key."""

    id: CustomerId
    profile: Profile
    key: DataKey


async def open_records(
    connection: AsyncConnection, vault: Vault, tenant: TenantId, wanted: Iterable[CustomerId]
) -> list[OpenRecord]:
    """Records by id; those that are gone, erased or unreadable are left out."""
    return await _opened(connection, vault, tenant, wanted, tied=False)


async def tied_records(
    connection: AsyncConnection, vault: Vault, tenant: TenantId, owners: Iterable[CustomerId]
) -> list[OpenRecord]:
    """What people tied to these records; the owner of each is its id in its source."""
    return await _opened(connection, vault, tenant, owners, tied=True)


async def untied(
    connection: AsyncConnection, tenant: TenantId, of: Iterable[CustomerId]
) -> Mapping[CustomerId, Untied]:
    """What was untied from records: a writer of what their sources say leaves it out."""
    found = dict[CustomerId, set[tuple[str, str, str]]]()
    for some in batched(of, MAX_VALUES):
        rows = await connection.execute(_UNTIED, {"tenant": tenant, "some": some})
        for row in rows:
            value = (row.kind, row.namespace, row.value_index)
            found.setdefault(CustomerId(row.record_id), set()).add(value)
    return {record: frozenset(values) for record, values in found.items()}


def without_untied(vault: Vault, tenant: TenantId, profile: Profile, values: Untied) -> Profile:
    """A profile without the values that were untied from its record."""
    kept = tuple(
        known
        for known in profile.identifiers
        if (known.kind.value, known.namespace, identifier_index(vault, tenant, known)) not in values
    )
    return replace(profile, identifiers=kept)


class SqlValues(InTenant):
    """The values of one tenant's records."""

    async def tie(self, record: CustomerId, identifier: Identifier, time: datetime) -> CustomerId:
        """Keep the value in the record of what people tied to this one; that record's id.

        The record is made if there is none. An earlier untying from either is void.
        """
        tied = await tied_records(self._connection, self._vault, self._tenant, (record,))
        holder = tied[0] if tied else await self._new_holder(record, time)
        value = self._value(identifier)
        for untied_from in (record, holder.id):
            await self._connection.execute(_FORGIVE, {**value, "record": untied_from})
        if identifier not in holder.profile.identifiers:
            known = (*holder.profile.identifiers, identifier)
            await self._keep(replace(holder, profile=replace(holder.profile, identifiers=known)))
            row = identifier_values(self._vault, self._stored(holder, (identifier,)))
            await self._connection.execute(insert(identifiers), list(row))
        return holder.id

    async def untie(
        self, of: Sequence[CustomerId], identifier: Identifier, actor: str, time: datetime
    ) -> tuple[CustomerId, ...]:
        """Take the value from those of the records that hold it, for ever; which did."""
        asked = {**self._value(identifier), "some": list(of)}
        holding = tuple(map(CustomerId, await self._connection.scalars(_HOLDING, asked)))
        if not holding:
            return ()
        await self._connection.execute(_DROP, asked)
        for holder in await open_records(self._connection, self._vault, self._tenant, holding):
            known = tuple(each for each in holder.profile.identifiers if each != identifier)
            await self._keep(replace(holder, profile=replace(holder.profile, identifiers=known)))
        said = {"actor": actor, "time": time, **self._value(identifier)}
        rows = [{**said, "record_id": record} for record in holding]
        await self._connection.execute(insert(unlinked), rows)
        return holding

    def _value(self, identifier: Identifier) -> dict[str, object]:
        return {
            "tenant": self._tenant,
            "kind": identifier.kind.value,
            "namespace": identifier.namespace,
            "value_index": identifier_index(self._vault, self._tenant, identifier),
        }

    async def _new_holder(self, record: CustomerId, time: datetime) -> OpenRecord:
        owner = await open_records(self._connection, self._vault, self._tenant, (record,))
        name = owner[0].profile.display_name if owner else ""
        key, wrapped = self._vault.new_key()
        holder = OpenRecord(
            CustomerId(self._ids.new()), Profile(Provenance(MANUAL_SOURCE, record, time), name), key
        )
        row = {
            "tenant": self._tenant,
            "id": holder.id,
            "customer_id": holder.id,
            "source": MANUAL_SOURCE,
            "source_id": record,
            "first_time": time,
            "digest": "",
            "identity_digest": "",
            "relink": False,
            **profile_values(holder.profile, key),
        }
        await self._connection.execute(insert(records), row)
        kept = {"tenant": self._tenant, "record_id": holder.id, "wrapped": wrapped}
        await self._connection.execute(insert(record_keys), kept)
        return holder

    async def _keep(self, holder: OpenRecord) -> None:
        sealed = profile_values(holder.profile, holder.key)["identifiers"]
        changed = {"of_tenant": self._tenant, "of_id": holder.id, "sealed": sealed}
        await self._connection.execute(_RESEAL, changed)

    def _stored(self, holder: OpenRecord, known: tuple[Identifier, ...]) -> Stored:
        name = CustomerName(self._tenant, holder.id)
        content = CustomerRecord(name, replace(holder.profile, identifiers=known))
        return Stored(self._tenant, holder.id, content, holder.key)


async def _opened(
    connection: AsyncConnection,
    vault: Vault,
    tenant: TenantId,
    wanted: Iterable[CustomerId],
    *,
    tied: bool,
) -> list[OpenRecord]:
    statement = _TIED_TO if tied else _BY_ID
    found = list[OpenRecord]()
    for some in batched(wanted, MAX_VALUES):
        rows = await connection.execute(statement, {"tenant": tenant, "some": some})
        found.extend(each for row in rows if (each := _open(vault, row)) is not None)
    return found


def _open(vault: Vault, row: AnyRow) -> OpenRecord | None:
    try:
        key = vault.open(row.wrapped)
        return OpenRecord(CustomerId(row.id), profile_of(row, key), key)
    except Unreadable:
        return None  # erased: whoever asks leaves it out
