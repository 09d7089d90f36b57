"""Who may write beside whom.

Facts merge in any order, so writers need no turns among themselves. Forgetting somebody does: a
writer that began before must not bring the key back after. SQLite has one writer anyway.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from switchyard_common.sql.database import POSTGRESQL

_LOCK = 0x464F5247  # any number, the same in every process
_SHARED = text(f"SELECT pg_advisory_xact_lock_shared({_LOCK:d})")
_ALONE = text(f"SELECT pg_advisory_xact_lock({_LOCK:d})")


async def beside_other_writers(connection: AsyncConnection) -> None:
    """Until this transaction ends, nobody works alone."""
    if connection.dialect.name == POSTGRESQL:
        await connection.execute(_SHARED)


async def alone(connection: AsyncConnection) -> None:
    """Wait until no other transaction writes, and let none until this one ends."""
    if connection.dialect.name == POSTGRESQL:
        await connection.execute(_ALONE)
