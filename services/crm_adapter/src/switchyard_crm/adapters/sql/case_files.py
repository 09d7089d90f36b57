"""Cases with what was said in them, on SQL."""

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.held import Held, held
from switchyard_crm.adapters.sql.known_cases import ENTRY, read_case
from switchyard_crm.adapters.sql.rows import AnyRow
from switchyard_crm.adapters.sql.tables.outbox import case_entries
from switchyard_crm.domain.names import CustomerName
from switchyard_crm.service.cases import CaseFile, CaseReference
from switchyard_crm.service.vault import Vault

_ENTRIES = (
    select(case_entries.c.record_id, case_entries.c.text)
    .where(
        case_entries.c.tenant == bindparam("of_tenant"),
        case_entries.c.record_id.in_(bindparam("of_records", expanding=True)),
        case_entries.c.number == bindparam("of_number"),
        case_entries.c.public == bindparam("is_public"),
    )
    .order_by(case_entries.c.position.desc())
    .limit(bindparam("most"))
)


class SqlCaseFiles:
    """Reads cases. Raises StoreUnavailable, Unreadable."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def read(
        self, customer: CustomerName, number: str, comments: int, *, internal: bool = False
    ) -> CaseFile | None:
        """A case of the customer with its last comments; None if it is not stored here."""
        async with self._database.reading() as connection:
            whose = await held(connection, customer)
            case = await read_case(connection, whose, CaseReference(number), self._vault)
            if case is None:
                return None
            asked = {
                "of_tenant": whose.tenant,
                "of_records": list(whose.wrapped),
                "of_number": case.number,
                "most": comments,
            }
            public = await _entries(connection, {**asked, "is_public": True})
            among_us = await _entries(connection, {**asked, "is_public": False}) if internal else []
        return CaseFile(case, self._said(whose, public), self._said(whose, among_us))

    def _said(self, whose: Held, rows: Sequence[AnyRow]) -> tuple[str, ...]:
        keys = {
            record: whose.key(self._vault, record) for record in {row.record_id for row in rows}
        }
        return tuple(keys[row.record_id].unseal(ENTRY, row.text) for row in rows)


async def _entries(connection: AsyncConnection, asked: Mapping[str, object]) -> Sequence[AnyRow]:
    return (await connection.execute(_ENTRIES, asked)).all()
