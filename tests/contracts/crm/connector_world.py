"""What the conformance suite needs of a CRM besides its connector: to fill it and to look into it.

A world is one CRM, real or a stateful fake of a vendor's documented API, behind a proxy that breaks
what it is told to. It may be shared by tests: each makes people with numbers of its own.
"""

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from switchyard_crm.service.connectors import Connector

from tests.fakes.crm.faults import FaultyCrm, Seen

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """Somebody to be stored in the CRM: phones exactly as written here, unchecked."""

    name: str
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


def fresh_digits() -> str:
    """National digits of a Chinese mobile number that no other test of this process has.

    Take another one rather than changing a digit: its neighbours are other tests'.
    """
    return f"199{os.getpid() % 1000:03}{next(_NUMBERS):05}"


class World(Protocol):
    """One CRM under test."""

    @property
    def proxy(self) -> FaultyCrm:
        """What stands between the connectors and the CRM."""
        ...

    async def connect(self, timeout_seconds: float = 20.0, wrong: bool = False) -> Connector:
        """A connector as a process that just started has it; `wrong`: with wrong credentials.

        The world closes it.
        """
        ...

    def writes(self, seen: Seen) -> bool:
        """Whether a request makes or changes an interaction or a case."""
        ...

    async def add_person(self, person: Person) -> str:
        """Store somebody; the source id."""
        ...

    async def rename(self, source_id: str, name: str) -> None:
        """Change the name of somebody."""
        ...

    async def add_phone(self, source_id: str, phone: str) -> None:
        """Give somebody one more number, as an agent does in the CRM's own pages."""
        ...

    async def remove(self, source_id: str) -> None:
        """Delete somebody, or what the CRM has in its place."""
        ...

    async def changed_at_once(self, source_ids: Sequence[str]) -> None:
        """Give these records the very same time of change: now."""
        ...

    async def add_interactions(self, source_id: str, summaries: Sequence[str]) -> None:
        """Note contacts, each later than the one before, with different times."""
        ...

    async def add_case(self, source_id: str, subject: str, closed: bool) -> str:
        """Store a case that changes now, later than all before; its number."""
        ...

    async def add_orders(self, source_id: str, count: int) -> Sequence[str]:
        """Store orders, oldest first, of different times; their numbers."""
        ...

    async def count_interactions(self, source_id: str) -> int:
        """How many interactions the CRM holds of somebody."""
        ...

    async def count_cases(self, source_id: str) -> int:
        """How many cases, closed ones too, the CRM holds of somebody."""
        ...

    async def case_comments(self, number: str) -> int:
        """How many comments a case has."""
        ...
