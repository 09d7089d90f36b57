"""CRMs as sources of context: what a connector knows of a customer's records, in time."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from switchyard_common.clock import Clock

from switchyard_crm.domain.context import CustomerContext, Section, SourceReport, SourceStatus
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.names import TenantId
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.connectors import Capability, Connector, ConnectorError
from switchyard_crm.service.remembering import Answer, Content, Part, Remembering, Slot
from switchyard_crm.service.upstream import BreakerOpen, NotAsked, Upstream
from switchyard_crm.service.vault import DataKey

# Lists are fetched and kept in one of two lengths, so that callers with other limits share them.
_SHORT, _LONG = 10, 100

_PARTS = {
    Section.PROFILE: (Part.PROFILE, Capability.GET),
    Section.ORDERS: (Part.ORDERS, Capability.ORDERS),
    Section.OPEN_CASES: (Part.OPEN_CASES, Capability.OPEN_CASES),
    Section.TIMELINE: (Part.TIMELINE, Capability.TIMELINE),
}

# The report of a source is the worst of its parts'.
_WORST_FIRST = (
    SourceStatus.ERROR,
    SourceStatus.OPEN,
    SourceStatus.TIMEOUT,
    SourceStatus.STALE,
    SourceStatus.CACHED,
    SourceStatus.FRESH,
)


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it is stored: our id of it, what the source said, and its key."""

    id: str
    profile: Profile
    key: DataKey


@dataclass(frozen=True, slots=True)
class SourceAnswer:
    """What a source said, and how."""

    report: SourceReport
    content: CustomerContext


@dataclass(frozen=True, slots=True)
class Found:
    """Records that hold an identifier, and how the search went."""

    report: SourceReport
    profiles: tuple[Profile, ...] = ()


class CrmSource:
    """One connector of one tenant, with its bounds and its memory."""

    def __init__(
        self,
        tenant: TenantId,
        connector: Connector,
        upstream: Upstream,
        memory: Remembering,
        clock: Clock,
        seconds: float,
    ) -> None:
        """`seconds`: the most that one context waits for it."""
        self.tenant = tenant
        self.name = connector.name
        self._connector = connector
        self._upstream = upstream
        self._memory = memory
        self._clock = clock
        self._seconds = seconds

    def knows(self, sections: Iterable[Section]) -> bool:
        """Whether it can say anything about these sections."""
        return bool(self._parts(sections))

    @property
    def finds(self) -> bool:
        """Whether it can search."""
        return Capability.FIND in self._connector.capabilities

    async def read(
        self, records: Sequence[StoredRecord], sections: Sequence[Section], limit: int, end: float
    ) -> SourceAnswer:
        """What it knows of its records by `end` (monotonic). Never raises what it can cause."""
        began = self._clock.monotonic()
        end = min(end, began + self._seconds)
        parts = self._parts(sections)
        answers = await asyncio.gather(
            *(self._ask(record, part, limit, end) for record in records for part in parts)
        )
        content = CustomerContext()
        for part, answer in answers:
            content = content.plus(_content(part, answer.content, limit))
        report = SourceReport(
            self.name,
            min((answer.status for _, answer in answers), key=_WORST_FIRST.index),
            self._clock.monotonic() - began,
            max(answer.age_seconds for _, answer in answers),
        )
        return SourceAnswer(report, content)

    async def find(self, identifier: Identifier, end: float) -> Found:
        """Records that hold the identifier, by `end`. What the CRM returned is checked here."""
        began = self._clock.monotonic()
        end = min(end, began + self._seconds)
        profiles: Sequence[Profile] = ()
        status = SourceStatus.FRESH
        try:
            profiles = await self._upstream.call(
                f"find:{identifier.kind}:{identifier.namespace}:{identifier.value}",
                lambda: self._connector.find(identifier),
                _keep_nothing,
                end,
            )
        except TimeoutError:
            status = SourceStatus.TIMEOUT
        except BreakerOpen:
            status = SourceStatus.OPEN
        except (ConnectorError, NotAsked):
            status = SourceStatus.ERROR
        report = SourceReport(self.name, status, self._clock.monotonic() - began)
        holding = tuple(each for each in profiles if identifier in each.identifiers)
        return Found(report, holding)

    async def close(self) -> None:
        """End what is under way."""
        await self._memory.close()
        await self._upstream.close()

    def _parts(self, sections: Iterable[Section]) -> tuple[Part, ...]:
        capabilities = self._connector.capabilities
        wanted = (_PARTS[section] for section in sections if section in _PARTS)
        return tuple(part for part, capability in wanted if capability in capabilities)

    async def _ask(
        self, record: StoredRecord, part: Part, limit: int, end: float
    ) -> tuple[Part, Answer]:
        length = _SHORT if limit <= _SHORT else _LONG
        slot = Slot(self.tenant, self.name, record.id, part, length)
        call = self._call(record.profile.provenance.source_id, part, length)
        return part, await self._memory.ask(slot, record.key, call, end)

    def _call(
        self, source_id: str, part: Part, limit: int
    ) -> Callable[[], Coroutine[Any, Any, Content]]:
        connector = self._connector

        async def call() -> Content:
            match part:
                case Part.PROFILE:
                    return await connector.get(source_id)
                case Part.ORDERS:
                    return tuple(await connector.orders(source_id, limit))
                case Part.OPEN_CASES:
                    return tuple(await connector.open_cases(source_id, limit))
                case Part.TIMELINE:
                    return (await connector.timeline(source_id, limit)).interactions

        return call


async def _keep_nothing(_: object) -> None:
    """What a search found becomes a record; the search itself is not remembered."""


def _content(part: Part, content: Any, limit: int) -> CustomerContext:
    if content is None:
        return CustomerContext()
    match part:
        case Part.PROFILE:
            return CustomerContext(profiles=(content,))
        case Part.ORDERS:
            return CustomerContext(orders=content[:limit])
        case Part.OPEN_CASES:
            return CustomerContext(open_cases=content[:limit])
        case Part.TIMELINE:
            return CustomerContext(timeline=content[:limit])
