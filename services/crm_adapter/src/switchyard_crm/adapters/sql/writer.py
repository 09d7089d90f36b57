"""Writes what sources tell of people.

Only what changed is written: a record says so by its digest. Writers of the same records wait for
each other where they are stored already; where both are new, one of them starts again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import batched

import structlog
from sqlalchemy import Table, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from switchyard_common.clock import Clock

from switchyard_crm.adapters.sql import statements, values
from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.erasures import Place, erased
from switchyard_crm.adapters.sql.links import alone
from switchyard_crm.adapters.sql.links_values import Untied, untied, without_untied
from switchyard_crm.adapters.sql.pins import tell_pin
from switchyard_crm.adapters.sql.rows import AnyRow
from switchyard_crm.adapters.sql.schema import (
    bills,
    cases,
    identifiers,
    interactions,
    orders,
    record_keys,
    records,
)
from switchyard_crm.adapters.sql.values import Digests, Stored, Values
from switchyard_crm.domain.errors import WriteConflict
from switchyard_crm.domain.names import CustomerId, TenantId
from switchyard_crm.domain.records import CustomerRecord
from switchyard_crm.service.vault import Vault

_MAX_VALUES = 1000  # in one IN (...)
_TRIES = 3

_BELONGINGS: tuple[tuple[Table, Callable[[Vault, Stored], Iterable[Values]]], ...] = (
    (identifiers, values.identifier_values),
    (orders, values.order_values),
    (bills, values.bill_values),
    (cases, values.case_values),
    (interactions, values.interaction_values),
)


@dataclass(frozen=True, slots=True)
class _Write:
    """A record to be written; `before` is what is stored of it."""

    stored: Stored
    digests: Digests
    wrapped: bytes | None
    """The key, if it is new."""
    before: AnyRow | None


class StoreWriter:
    """Changes the store. All methods raise StoreUnavailable when it does not answer."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    async def order_owners(
        self, tenant: TenantId, source: str, order_keys: Sequence[str]
    ) -> dict[str, CustomerId]:
        """The records that hold orders of these comparable numbers in a source.

        Unknown numbers are left out.
        """
        by_index = {values.order_index(self._vault, tenant, key): key for key in order_keys}
        owners: dict[str, CustomerId] = {}
        async with self._database.reading() as connection:
            for some in batched(by_index, _MAX_VALUES):
                asked = {"tenant": tenant, "source": source, "values": some}
                for index, record in await connection.execute(statements.ORDER_OWNERS, asked):
                    owners[by_index[index]] = CustomerId(record)
        return owners

    async def replace(self, given: Sequence[CustomerRecord]) -> tuple[CustomerId, ...]:
        """Store all records in one transaction; the ids they are stored under.

        Each takes the place of what its source said before, and one that says nothing new is not
        written. What was logged through the service stays. Records that were erased stay out, and
        so do those whose id in the source cannot be stored; both are left out of the ids.
        Raises WriteConflict.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                async with self._database.writing() as connection:
                    return await self.replace_in(connection, given)
            except WriteConflict:
                # Somebody else stored one of them in between: now it is there and can be seen.
                if attempt == _TRIES:
                    raise
        raise AssertionError("a try either returns or raises")

    async def replace_in(
        self, connection: AsyncConnection, given: Sequence[CustomerRecord]
    ) -> tuple[CustomerId, ...]:
        """The same within an open transaction, which a WriteConflict leaves to be rolled back."""
        try:
            return await self._replace(connection, given)
        except IntegrityError as error:
            raise WriteConflict from error

    async def _replace(
        self, connection: AsyncConnection, given: Sequence[CustomerRecord]
    ) -> tuple[CustomerId, ...]:
        for tenant in sorted({record.name.tenant for record in given}):
            await alone(connection, tenant)
        given = [record for record in given if not _stays_out(record)]
        gone = await erased(connection, self._vault, [_place(record) for record in given])
        given = [record for record in given if _place(record) not in gone]
        wanted = {_place(record): record for record in given}
        before = await _stored(connection, wanted)
        barred = await _untied(connection, before)
        # In the same order everywhere, so that two writers never wait for each other in a circle.
        writes = [
            write
            for place in sorted(wanted)
            if (write := self._plan(wanted[place], before.get(place), barred)) is not None
        ]
        await self._write(connection, writes)
        return tuple(
            CustomerId(before[place].id) if place in before else wanted[place].name.customer
            for place in map(_place, given)
        )

    def _plan(
        self, record: CustomerRecord, before: AnyRow | None, barred: Mapping[Place, Untied]
    ) -> _Write | None:
        digests = values.digests(self._vault, record)
        if before is not None and before.digest == digests.content:
            return None
        record_id = CustomerId(before.id) if before is not None else record.name.customer
        if before is not None and before.wrapped is not None:
            key, wrapped = self._vault.open(before.wrapped), None
        else:
            key, wrapped = self._vault.new_key()
        if (values_barred := barred.get(_place(record))) is not None:
            kept = without_untied(self._vault, record.name.tenant, record.profile, values_barred)
            record = replace(record, profile=kept)
        return _Write(Stored(record.name.tenant, record_id, record, key), digests, wrapped, before)

    async def _write(self, connection: AsyncConnection, writes: Sequence[_Write]) -> None:
        new = [write for write in writes if write.before is None]
        changed = [write for write in writes if write.before is not None]
        if new:
            now = self._clock.now()
            rows = [{**_record(write), **_origin(write), "first_time": now} for write in new]
            await connection.execute(insert(records), rows)
        if changed:
            await connection.execute(statements.CHANGE_RECORD, [*map(_change, changed)])
            owners = [write.stored.owner for write in changed]
            for table, _ in _BELONGINGS:
                await connection.execute(statements.REMOVE_TOLD[table], owners)
        keys = [
            {**write.stored.owner, "wrapped": write.wrapped}
            for write in writes
            if write.wrapped is not None
        ]
        if keys:
            await connection.execute(insert(record_keys), keys)
        for table, rows_of in _BELONGINGS:
            told = [row for write in writes for row in rows_of(self._vault, write.stored)]
            if told:
                await connection.execute(insert(table), told)
        pins = [row for write in writes for row in values.pin_values(self._vault, write.stored)]
        if pins:
            now = self._clock.now()
            told_pins = [row | {"time": now} for row in pins]
            await connection.execute(tell_pin(connection.dialect.name), told_pins)


async def _stored(
    connection: AsyncConnection, wanted: Mapping[Place, CustomerRecord]
) -> dict[Place, AnyRow]:
    """What there is of these records, locked until the transaction ends."""
    ids: dict[tuple[str, str], list[str]] = {}
    for tenant, source, source_id in sorted(wanted):
        ids.setdefault((tenant, source), []).append(source_id)
    found: dict[Place, AnyRow] = {}
    for (tenant, source), source_ids in ids.items():
        for some in batched(source_ids, _MAX_VALUES):
            asked = {"tenant": tenant, "source": source, "values": some}
            for row in await connection.execute(statements.STORED, asked):
                found[tenant, source, row.source_id] = row
    return found


async def _untied(
    connection: AsyncConnection, before: Mapping[Place, AnyRow]
) -> dict[Place, Untied]:
    """What people untied from these records: it does not come back with what a source brings."""
    places = {(place[0], row.id): place for place, row in before.items()}
    found: dict[Place, Untied] = {}
    for tenant in sorted({place[0] for place in before}):
        ids = [CustomerId(record) for of, record in places if of == tenant]
        for record, its in (await untied(connection, TenantId(tenant), ids)).items():
            found[places[tenant, record]] = its
    return found


def _stays_out(record: CustomerRecord) -> bool:
    """Whether a record cannot be stored. It must not keep the others of its page out."""
    if record.has_a_place:
        return False
    structlog.stdlib.get_logger("switchyard.crm").error(
        "record_not_stored",
        source=record.profile.provenance.source,
        why="its id there is empty, too long or holds NUL",
    )
    return True


def _place(record: CustomerRecord) -> Place:
    origin = record.profile.provenance
    return record.name.tenant, origin.source, origin.source_id


def _record(write: _Write) -> Values:
    stored = write.stored
    return {
        **values.profile_values(stored.content.profile, stored.key),
        "digest": write.digests.content,
        "identity_digest": write.digests.identity,
    }


def _origin(write: _Write) -> Values:
    stored, origin = write.stored, write.stored.content.profile.provenance
    return {
        "tenant": stored.tenant,
        "id": stored.id,
        "customer_id": stored.id,
        "source": origin.source,
        "source_id": origin.source_id,
        "relink": True,
    }


def _change(write: _Write) -> Values:
    before = write.before
    moved = before is None or before.identity_digest != write.digests.identity
    whose = {"of_tenant": write.stored.tenant, "of_id": write.stored.id}
    return {**_record(write), **whose, "moved": moved}
