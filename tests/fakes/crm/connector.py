"""A CRM in memory behind the port, which can be told to fail, to hang or to be slow."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from switchyard_crm.domain.customer import Case, Interaction, Order
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.connectors import (
    Capability,
    CaseChange,
    Changes,
    ConnectorError,
    NewCase,
    NotFound,
    TimelinePage,
    Unsupported,
)

from tests.fakes.crm.people import NOW


@dataclass
class Held:
    """What the CRM holds of one person."""

    profile: Profile
    orders: list[Order] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    timeline: list[Interaction] = field(default_factory=list)


class FakeConnector:
    """`fails` raises on every call, `hangs` answers never; `calls` counts them by method."""

    def __init__(self, name: str = "crm", *, without: frozenset[Capability] = frozenset()) -> None:
        self.name = name
        self.capabilities = frozenset(Capability) - without
        self.held: dict[str, Held] = {}
        self.fails: Callable[[], ConnectorError | Exception] | None = None
        self.hangs = False
        self.release = asyncio.Event()
        self.calls = Counter[str]()
        self.in_flight = 0
        self.most_in_flight = 0
        self.changed: list[tuple[str, Profile | str]] = []

    def holds(self, *people: Held) -> None:
        for person in people:
            self.held[person.profile.provenance.source_id] = person

    @property
    def total_calls(self) -> int:
        return self.calls.total()

    async def find(self, identifier: Identifier) -> Sequence[Profile]:
        await self._called("find")
        people = (person.profile for person in self.held.values())
        return [profile for profile in people if identifier in profile.identifiers]

    async def get(self, source_id: str) -> Profile:
        await self._called("get")
        return self._person(source_id).profile

    async def timeline(self, source_id: str, limit: int, cursor: str = "") -> TimelinePage:
        await self._called("timeline")
        return TimelinePage(tuple(self._person(source_id).timeline[:limit]))

    async def open_cases(self, source_id: str, limit: int) -> Sequence[Case]:
        await self._called("open_cases")
        return self._person(source_id).cases[:limit]

    async def orders(self, source_id: str, limit: int) -> Sequence[Order]:
        await self._called("orders")
        return self._person(source_id).orders[:limit]

    async def log_interaction(self, key: str, source_id: str, interaction: Interaction) -> str:
        raise Unsupported("not written to in these tests")

    async def create_case(self, key: str, source_id: str, case: NewCase) -> Case:
        raise Unsupported("not written to in these tests")

    async def update_case(self, key: str, number: str, change: CaseChange) -> Case:
        raise Unsupported("not written to in these tests")

    async def changes(self, cursor: str, limit: int) -> Changes:
        """The log of changes from a position; entries are profiles or ids of removed records."""
        await self._called("changes")
        begin = int(cursor or 0)
        page = [entry for _, entry in self.changed[begin : begin + limit]]
        end = begin + len(page)
        return Changes(
            profiles=tuple(entry for entry in page if isinstance(entry, Profile)),
            removed=tuple(entry for entry in page if isinstance(entry, str)),
            cursor=str(end),
            more=end < len(self.changed),
        )

    async def erase(self, source_id: str) -> None:
        raise Unsupported("not written to in these tests")

    async def health(self) -> datetime:
        return NOW

    async def close(self) -> None:
        """Nothing to give back."""

    def change(self, entry: Profile | str) -> None:
        """Something changes or is removed."""
        self.changed.append((str(len(self.changed)), entry))

    def _person(self, source_id: str) -> Held:
        if source_id not in self.held:
            raise NotFound("no such record")
        return self.held[source_id]

    async def _called(self, method: str) -> None:
        self.calls[method] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self.hangs:
                await self.release.wait()
            if self.fails is not None:
                raise self.fails()
        finally:
            self.in_flight -= 1
