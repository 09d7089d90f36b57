"""Finding and changing the cases of a customer: those stored here, and those of a CRM alone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.held import Held
from switchyard_crm.adapters.sql.rows import AnyRow, case_of
from switchyard_crm.adapters.sql.tables.belongings import cases
from switchyard_crm.adapters.sql.tables.outbox import case_entries, copies, dispatches
from switchyard_crm.domain.cases import number_key
from switchyard_crm.domain.customer import Case
from switchyard_crm.domain.deliveries import DeliveryState, WriteKind
from switchyard_crm.service.cases import CaseReference
from switchyard_crm.service.vault import DataKey, Vault

ENTRY = "case_entries.text"


@dataclass(frozen=True, slots=True)
class CopyOfCase:
    """Where a case is or will be: source, our record of it, its number there if it is known."""

    source: str
    record: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class KnownCase:
    """A case: its number, the record that holds it here (empty: only a CRM has it), its copies.

    `source` is empty for a case of the store.
    """

    number: str
    record: str
    source: str
    copies: tuple[CopyOfCase, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What was said in a case, and when. Personal. `public`: customers may read it."""

    text: str
    time: datetime
    public: bool


_OF_TENANT: BindParameter[str] = bindparam("of_tenant")
_OF_NUMBER: BindParameter[str] = bindparam("of_number")
_OF_RECORDS: BindParameter[list[str]] = bindparam("of_records", expanding=True)
_CASES = (
    select(cases)
    .where(
        cases.c.tenant == _OF_TENANT,
        cases.c.record_id.in_(_OF_RECORDS),
        cases.c.number == _OF_NUMBER,
    )
    .order_by(cases.c.record_id)
)
_DELIVERED = select(copies.c.source, copies.c.record_id, copies.c.remote_id).where(
    copies.c.tenant == _OF_TENANT,
    copies.c.kind == WriteKind.CASE,
    copies.c.local_id == _OF_NUMBER,
    copies.c.record_id.in_(_OF_RECORDS),
)
# A dead one may be re-driven, and its changes shall come after it.
_ON_THE_WAY = select(dispatches.c.source, dispatches.c.record_id).where(
    dispatches.c.tenant == _OF_TENANT,
    dispatches.c.record_id.in_(_OF_RECORDS),
    dispatches.c.kind == WriteKind.CASE,
    dispatches.c.case_number == _OF_NUMBER,
    or_(
        dispatches.c.state == DeliveryState.PENDING,
        dispatches.c.state == DeliveryState.DEAD,
    ),
)
_HERE = select(copies.c.local_id).where(
    copies.c.tenant == _OF_TENANT,
    copies.c.source == bindparam("of_source"),
    copies.c.kind == WriteKind.CASE,
    copies.c.remote_id == _OF_NUMBER,
    copies.c.record_id.in_(_OF_RECORDS),
)


async def find_case(
    connection: AsyncConnection, whose: Held, which: CaseReference, takers: Collection[str]
) -> KnownCase | None:
    """The case that is meant, with the copies that take changes; None if there is none.

    First a case of the store; a number of a CRM that is a copy of one means that one; otherwise,
    with a source that takes changes, a case that only this CRM has.
    """
    number = number_key(which.number)
    row = await _row(connection, whose, CaseReference(number, which.source))
    if row is None and which.source:
        here = {**_asked(whose, number), "of_source": which.source}
        local = (await connection.execute(_HERE, here)).scalar_one_or_none()
        if local is not None:
            row = await _row(connection, whose, CaseReference(local))
    if row is not None:
        places = await _copies(connection, whose, row.number)
        taking = tuple(each for each in places if each.source in takers)
        return KnownCase(row.number, row.record_id, "", taking)
    there = [each for each in whose.places(takers) if each.source == which.source]
    if not there:
        return None
    alone = CopyOfCase(which.source, there[0].id, number)
    return KnownCase(number, "", which.source, (alone,))


async def read_case(
    connection: AsyncConnection, whose: Held, which: CaseReference, vault: Vault
) -> Case | None:
    """A case of the store as it is now; None if it is not stored here."""
    row = await _row(connection, whose, which)
    return None if row is None else case_of(row, whose.key(vault, row.record_id))


async def change_state(
    connection: AsyncConnection, owner: dict[str, str], number: str, state: str, now: datetime
) -> None:
    """Note that a case changed; an empty state stays as it is."""
    changed = update(cases).where(
        cases.c.tenant == owner["tenant"],
        cases.c.record_id == owner["record_id"],
        cases.c.number == number,
    )
    values = {"update_time": now, **({"state": state} if state else {})}
    await connection.execute(changed.values(**values))


async def add_entry(
    connection: AsyncConnection,
    owner: dict[str, str],
    number: str,
    entry: Entry,
    key: DataKey,
) -> None:
    """Keep what was said in a case, sealed; an empty text is not kept."""
    if entry.text:
        values = {
            **owner,
            "number": number,
            "time": entry.time,
            "text": key.seal(ENTRY, entry.text),
            "public": entry.public,
        }
        await connection.execute(insert(case_entries), values)


async def _row(connection: AsyncConnection, whose: Held, which: CaseReference) -> AnyRow | None:
    rows = (await connection.execute(_CASES, _asked(whose, which.number))).all()
    meant = [row for row in rows if which.source in ("", row.source)]
    return next((row for row in meant if row.record_id == whose.named), next(iter(meant), None))


async def _copies(connection: AsyncConnection, whose: Held, number: str) -> tuple[CopyOfCase, ...]:
    asked = _asked(whose, number)
    there = {
        row.source: CopyOfCase(row.source, row.record_id, row.remote_id)
        for row in (await connection.execute(_DELIVERED, asked)).all()
    }
    for row in (await connection.execute(_ON_THE_WAY, asked)).all():
        there.setdefault(row.source, CopyOfCase(row.source, row.record_id))
    return tuple(there[source] for source in sorted(there))


def _asked(whose: Held, number: str) -> dict[str, object]:
    return {"of_tenant": whose.tenant, "of_number": number, "of_records": list(whose.wrapped)}
