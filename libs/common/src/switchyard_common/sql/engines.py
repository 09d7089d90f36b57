"""What the kinds of database have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, Executable
from sqlalchemy.ext.asyncio import AsyncEngine

from switchyard_common.errors import DomainError


@dataclass(frozen=True, slots=True)
class StoreKind:
    """What one service's store has of its own."""

    name: str
    """How connections name themselves to the server, and the file in examples."""
    migrations: str
    """Where Alembic finds them, `package:folder`."""
    migration_lock: int
    """Any number, the same in every process of the service."""
    ping: Executable
    """A quick statement that works only where the tables are."""
    unavailable: Callable[[], DomainError]
    """The store does not answer, or is locked."""
    conflict: Callable[[], DomainError]
    """Somebody else wrote the same at that moment."""
    tell_planner: Callable[[Connection], None] | None = None
    """What SQLite's planner is told once the tables are there."""


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
