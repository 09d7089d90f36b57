"""The wrapped keys of all records: do they fit the master key, and how they get a new one."""

from collections.abc import AsyncIterator

from sqlalchemy import bindparam, func, select, tuple_, update

from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.schema import record_keys
from switchyard_crm.service.vault import Vault

_BATCH = 1_000

_ANY = select(record_keys.c.wrapped).limit(1)
_COUNT = select(func.count()).select_from(record_keys)
_PAGE = (
    select(record_keys)
    .where(
        tuple_(record_keys.c.tenant, record_keys.c.record_id)
        > tuple_(bindparam("after_tenant"), bindparam("after_record"))
    )
    .order_by(record_keys.c.tenant, record_keys.c.record_id)
    .limit(_BATCH)
)
# Compared with what was read: a record that was erased or stored anew meanwhile is left alone.
_REPLACE = (
    update(record_keys)
    .where(
        record_keys.c.tenant == bindparam("of_tenant"),
        record_keys.c.record_id == bindparam("of_record"),
        record_keys.c.wrapped == bindparam("before"),
    )
    .values(wrapped=bindparam("after"))
)


async def check_keys(database: Database, vault: Vault) -> None:
    """Open one key, if there is any. Raises Unreadable when it was wrapped by another master key.

    An unnoticed wrong key would seal what comes next so that nothing fits together any more.
    """
    async with database.reading() as connection:
        wrapped = (await connection.execute(_ANY)).scalar_one_or_none()
    if wrapped is not None:
        vault.open(wrapped)


async def count_keys(database: Database) -> int:
    """How many keys there are."""
    async with database.reading() as connection:
        return (await connection.execute(_COUNT)).scalar_one()


async def rewrap_keys(database: Database, vault: Vault) -> AsyncIterator[tuple[int, int]]:
    """Wrap all keys by the present master key, batch by batch: how many were looked at, how many
    of them changed. Breaking off and starting again does no harm. Raises Unreadable."""
    after = {"after_tenant": "", "after_record": ""}
    while True:
        async with database.reading() as connection:
            page = (await connection.execute(_PAGE, after)).all()
        if not page:
            return
        changes = [
            {
                "of_tenant": row.tenant,
                "of_record": row.record_id,
                "before": row.wrapped,
                "after": new,
            }
            for row in page
            if (new := vault.rewrap(row.wrapped)) is not None
        ]
        if changes:
            async with database.writing() as connection:
                await connection.execute(_REPLACE, changes)
        yield len(page), len(changes)
        after = {"after_tenant": page[-1].tenant, "after_record": page[-1].record_id}
