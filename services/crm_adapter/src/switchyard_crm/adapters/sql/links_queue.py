"""Records that wait to be compared, and who holds the same values, within one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import batched
from typing import Any

from sqlalchemy import Select, bindparam, case, func, select, true, update

from switchyard_crm.adapters.sql.links_base import MAX_VALUES, SOME, TENANT, InTenant
from switchyard_crm.adapters.sql.links_values import open_records, tied_records
from switchyard_crm.adapters.sql.tables.records import identifiers, records
from switchyard_crm.adapters.sql.values import identifier_index
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerId
from switchyard_crm.domain.records import Profile
from switchyard_crm.domain.survivors import MANUAL_SOURCE
from switchyard_crm.service.identities import Held

_WAITING = (
    select(records.c.id)
    .where(records.c.tenant == TENANT, records.c.relink.is_(true()))
    .order_by(records.c.id)
    .limit(bindparam("most"))
)
_IS_ONE = (
    (identifiers.c.tenant == TENANT)
    & (identifiers.c.kind == bindparam("kind"))
    & (identifiers.c.namespace == bindparam("namespace"))
    & identifiers.c.index.in_(SOME)
)
_COUNTS = (
    select(
        identifiers.c.index.label("value_index"),
        func.count().label("total"),
        func.count(func.nullif(identifiers.c.name_index, "").distinct()).label("names"),
    )
    .where(_IS_ONE)
    .group_by(identifiers.c.index)
)
# What people tied to a record is held by that record.
_HOLDERS = (
    select(
        identifiers.c.index.label("value_index"),
        case((records.c.source == MANUAL_SOURCE, records.c.source_id), else_=records.c.id).label(
            "holder"
        ),
    )
    .join(
        records,
        (records.c.tenant == identifiers.c.tenant) & (records.c.id == identifiers.c.record_id),
    )
    .where(_IS_ONE)
)
_IN_SOURCE = select(records.c.source_id, records.c.id).where(
    records.c.tenant == TENANT,
    records.c.source == bindparam("source"),
    records.c.source_id.in_(SOME),
)
_SET = (
    update(records)
    .where(records.c.tenant == bindparam("of_tenant"), records.c.id.in_(SOME))
    .values(relink=bindparam("waits"))
)


class SqlRelinkQueue(InTenant):
    """The records of one tenant that wait."""

    async def flagged(self, limit: int) -> Mapping[CustomerId, Profile | None]:
        """At most `limit` records that wait, by id; None for one that cannot be read any more."""
        asked = {"tenant": self._tenant, "most": limit}
        found = await self._connection.scalars(self._waiting(), asked)
        waiting = [CustomerId(each) for each in found]
        read = await self.profiles(waiting)
        return {record: read.get(record) for record in waiting}

    async def profiles(self, wanted: Iterable[CustomerId]) -> Mapping[CustomerId, Profile]:
        """Records by id; those that are gone or cannot be read are left out."""
        asked = sorted(wanted)
        where = (self._connection, self._vault, self._tenant, asked)
        found = {each.id: each.profile for each in await open_records(*where)}
        for tied in await tied_records(*where):
            owner = CustomerId(tied.profile.provenance.source_id)
            if (profile := found.get(owner)) is not None:
                known = dict.fromkeys((*profile.identifiers, *tied.profile.identifiers))
                found[owner] = replace(profile, identifiers=tuple(known))
        return found

    async def holders(self, wanted: Iterable[Identifier], limit: int) -> Mapping[Identifier, Held]:
        """Who holds each value, named if at most `limit` records do."""
        groups = dict[tuple[IdentifierKind, str], dict[str, Identifier]]()
        for value in wanted:
            index = identifier_index(self._vault, self._tenant, value)
            groups.setdefault((value.kind, value.namespace), {})[index] = value
        found = dict[Identifier, Held]()
        for (kind, namespace), group in sorted(groups.items()):
            for some in batched(sorted(group), MAX_VALUES):
                values = {index: group[index] for index in some}
                found |= await self._held(kind, namespace, values, limit)
        return found

    async def flag(self, of: Iterable[CustomerId]) -> None:
        """Let records be compared again."""
        await self._set(of, waits=True)

    async def compared(self, of: Iterable[CustomerId]) -> None:
        """These need not be compared any more."""
        await self._set(of, waits=False)

    def _waiting(self) -> Select[str]:
        # Nobody may write a record between its being read and its being marked as compared.
        # Who is being written just now comes in the next batch.
        if self._connection.dialect.name == "postgresql":
            return _WAITING.with_for_update(key_share=True, skip_locked=True)
        return _WAITING

    async def _held(
        self, kind: IdentifierKind, namespace: str, values: Mapping[str, Identifier], limit: int
    ) -> dict[Identifier, Held]:
        asked: dict[str, Any] = {
            "tenant": self._tenant, "kind": kind.value, "namespace": namespace
        }  # fmt: skip
        own = await self._in_source(namespace, values) if _is_record(kind) else {}
        counts = (await self._connection.execute(_COUNTS, {**asked, "some": list(values)})).all()
        few = [row.value_index for row in counts if row.total <= limit]
        holders = dict[str, set[CustomerId]]()
        if few:
            for row in await self._connection.execute(_HOLDERS, {**asked, "some": few}):
                holders.setdefault(row.value_index, set()).add(CustomerId(row.holder))
        found = {
            values[row.value_index]: Held(
                row.names, row.total, _order(holders.get(row.value_index, ()))
            )
            for row in counts
        }
        for value, record in own.items():
            held = found.get(value, Held(0, 0, ()))
            everyone = _order({*held.records, record})
            found[value] = Held(held.names, held.total + 1, everyone)
        return found

    async def _in_source(
        self, source: str, values: Mapping[str, Identifier]
    ) -> dict[Identifier, CustomerId]:
        by_id = {value.value: value for value in values.values()}
        asked = {"tenant": self._tenant, "source": source, "some": sorted(by_id)}
        rows = await self._connection.execute(_IN_SOURCE, asked)
        return {by_id[row.source_id]: CustomerId(row.id) for row in rows}

    async def _set(self, of: Iterable[CustomerId], *, waits: bool) -> None:
        for some in batched(sorted(of), MAX_VALUES):
            asked = {"of_tenant": self._tenant, "some": some, "waits": waits}
            await self._connection.execute(_SET, asked)


def _is_record(kind: IdentifierKind) -> bool:
    return kind is IdentifierKind.SOURCE_RECORD


def _order(records_found: Iterable[CustomerId]) -> tuple[CustomerId, ...]:
    return tuple(sorted(records_found))
