"""What the kinds of database have in common."""

from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine


class Engines(NamedTuple):
    """Connections for readers, who need no transactions, and those for writers.

    They are apart so that writers who wait for a lock do not keep readers from their connections.
    """

    reading: AsyncEngine
    writing: AsyncEngine


class PoolSizes(NamedTuple):
    """How many read and write at the same time; SQLite always has one writer."""

    readers: int
    writers: int
