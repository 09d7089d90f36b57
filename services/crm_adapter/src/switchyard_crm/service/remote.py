"""All CRMs together: which of them know a customer, what they say, and who is found only there."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from switchyard_common.clock import Clock
from switchyard_common.errors import DomainError

from switchyard_crm.domain.context import (
    CustomerContext,
    Section,
    SourceReport,
    SourceStatus,
)
from switchyard_crm.domain.customer import LOCAL_SOURCE, Customer, Provenance
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.domain.records import Profile
from switchyard_crm.domain.survivors import MANUAL_SOURCE, REPORTER_SOURCE
from switchyard_crm.service.sources import CrmSource, Found, SourceAnswer, StoredRecord

FINDABLE = frozenset((IdentifierKind.PHONE, IdentifierKind.EMAIL, IdentifierKind.HANDLE))
_OWN_SOURCES = frozenset((LOCAL_SOURCE, MANUAL_SOURCE, REPORTER_SOURCE))
_TAKING_IN_AT_ONCE = 64
_NOWHERE = Provenance("", "", datetime.min.replace(tzinfo=UTC))

type Freshen = Callable[[Customer, Sequence[Profile]], Customer]
"""The view of a customer whose records are these profiles; of the given view, only what comes from
no record stays."""


@dataclass(frozen=True, slots=True)
class KnownRecords:
    """The records of a customer, and its name if there are any.

    `copies`: what was written here and is in CRMs too, as source, kind ("interaction" or "case")
    and id there. `removed`: records that their source has removed, as source and id there.
    """

    records: tuple[StoredRecord, ...] = ()
    copies: frozenset[tuple[str, str, str]] = frozenset()
    removed: frozenset[tuple[str, str]] = frozenset()
    name: CustomerName | None = None


class CustomerRecords(Protocol):
    """Knows which records are one customer."""

    async def records_of(self, customer: CustomerName) -> KnownRecords:
        """All of them; none of an unknown customer. Raises StoreUnavailable."""
        ...


class Intake(Protocol):
    """Takes in what a CRM said."""

    async def take_in(self, tenant: TenantId, profiles: Sequence[Profile]) -> None:
        """Store them as records, in the place of what was stored of them, and link them.

        Raises DomainError.
        """
        ...


@dataclass(frozen=True, slots=True)
class Search:
    """Records that hold an identifier, and how each search went."""

    reports: tuple[SourceReport, ...] = ()
    profiles: tuple[Profile, ...] = ()


class RemoteSources:
    """The CRMs of all tenants."""

    def __init__(
        self,
        sources: Sequence[CrmSource],
        records: CustomerRecords,
        intake: Intake,
        freshen: Freshen,
        clock: Clock,
    ) -> None:
        self._sources = {(source.tenant, source.name): source for source in sources}
        self._records = records
        self._intake = intake
        self._freshen = freshen
        self._clock = clock
        self._taking_in: dict[tuple[str, ...], asyncio.Task[bool]] = {}
        self._log = structlog.stdlib.get_logger("switchyard.crm")

    async def records_of(self, customer: CustomerName) -> KnownRecords:
        """The records of a customer. Raises StoreUnavailable."""
        return await self._records.records_of(customer)

    def can_find(self, tenant: TenantId, identifier: Identifier | None) -> bool:
        """Whether any CRM of the tenant can be searched for it."""
        return (
            identifier is not None
            and identifier.kind in FINDABLE
            and any(source.finds for source in self._of(tenant))
        )

    async def find(self, tenant: TenantId, identifier: Identifier, end: float) -> Search:
        """Who holds the identifier, from all CRMs at once, by `end` (monotonic)."""
        found: list[Found] = await asyncio.gather(
            *(source.find(identifier, end) for source in self._of(tenant) if source.finds)
        )
        return Search(
            tuple(each.report for each in found),
            tuple(profile for each in found for profile in each.profiles),
        )

    async def take_in(self, tenant: TenantId, profiles: Sequence[Profile], end: float) -> bool:
        """Whether they are stored and linked by `end`; otherwise they will be, if all is well."""
        task = self._begin_taking_in(tenant, profiles)
        if task is None:
            return False
        await asyncio.wait((task,), timeout=max(end - self._clock.monotonic(), 0.0))
        return task.done() and not task.cancelled() and task.exception() is None and task.result()

    def ask(
        self,
        customer: CustomerName,
        known: KnownRecords,
        sections: Sequence[Section],
        limit: int,
        end: float,
    ) -> list[asyncio.Task[SourceAnswer]]:
        """Begin to ask each CRM that has records of the customer, until `end`.

        Each task has the name of its source.
        """
        asked = dict[str, list[StoredRecord]]()
        for record in known.records:
            if _place(record.profile) not in known.removed:
                asked.setdefault(record.profile.provenance.source, []).append(record)
        reading = dict[str, Coroutine[Any, Any, SourceAnswer]]()
        for name in sorted(asked.keys() - _OWN_SOURCES):
            source = self._sources.get((customer.tenant, name))
            if source is None:
                reading[name] = _not_configured(name)
            elif source.knows(sections):
                answer = source.read(asked[name], sections, limit, end)
                reading[name] = self._taken(customer.tenant, known, answer)
        return [asyncio.create_task(each, name=name) for name, each in reading.items()]

    def fresh(
        self, customer: Customer, known: KnownRecords, profiles: Sequence[Profile]
    ) -> Customer:
        """The view of a customer with what CRMs just said in the place of what was stored."""
        now = {_place(profile): profile for profile in profiles}
        stored = [record.profile for record in known.records]
        return self._freshen(customer, [now.get(_place(each), each) for each in stored])

    async def close(self) -> None:
        """End what is under way; what is being stored is waited for."""
        await asyncio.gather(*self._taking_in.values(), return_exceptions=True)
        for source in self._sources.values():
            await source.close()

    def _of(self, tenant: TenantId) -> Iterable[CrmSource]:
        return (source for (of, _), source in self._sources.items() if of == tenant)

    async def _taken(
        self, tenant: TenantId, known: KnownRecords, answer: Coroutine[Any, Any, SourceAnswer]
    ) -> SourceAnswer:
        said = await answer
        self._renew(tenant, known, said.content.profiles)
        return replace(said, content=_without(said, known.copies))

    def _renew(self, tenant: TenantId, known: KnownRecords, profiles: Sequence[Profile]) -> None:
        stored = {_place(record.profile): record.profile for record in known.records}
        changed = [each for each in profiles if not _same(stored.get(_place(each)), each)]
        if changed:
            self._begin_taking_in(tenant, changed)

    def _begin_taking_in(
        self, tenant: TenantId, profiles: Sequence[Profile]
    ) -> asyncio.Task[bool] | None:
        key = (tenant, *(text for profile in profiles for text in _place(profile)))
        task = self._taking_in.get(key)
        if task is None and len(self._taking_in) < _TAKING_IN_AT_ONCE:
            task = asyncio.create_task(self._take_in(tenant, profiles))
            self._taking_in[key] = task
            task.add_done_callback(lambda ended: self._taken_in(key, ended))
        return task

    def _taken_in(self, key: tuple[str, ...], task: asyncio.Task[bool]) -> None:
        del self._taking_in[key]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._log.error("record_not_taken_in", reason=type(error).__name__)

    async def _take_in(self, tenant: TenantId, profiles: Sequence[Profile]) -> bool:
        try:
            await self._intake.take_in(tenant, profiles)
        except DomainError as error:
            self._log.warning("record_not_taken_in", reason=error.reason)
            return False
        return True


def _place(profile: Profile) -> tuple[str, str]:
    return profile.provenance.source, profile.provenance.source_id


def _same(stored: Profile | None, now: Profile) -> bool:
    """Whether nothing but the time of looking differs."""
    return stored is not None and _content(now) == _content(stored)


def _content(profile: Profile) -> tuple[Profile, frozenset[Identifier]]:
    bare = replace(profile, provenance=_NOWHERE, identifiers=())
    return bare, frozenset(profile.identifiers)


async def _not_configured(source: str) -> SourceAnswer:
    report = SourceReport(source, SourceStatus.NOT_CONFIGURED, 0.0)
    return SourceAnswer(report, CustomerContext())


def _without(answer: SourceAnswer, copies: frozenset[tuple[str, str, str]]) -> CustomerContext:
    """The content without what was written through this service and is known already."""
    source, content = answer.report.source, answer.content
    if not copies:
        return content
    return replace(
        content,
        open_cases=tuple(
            case for case in content.open_cases if (source, "case", case.number) not in copies
        ),
        timeline=tuple(
            each for each in content.timeline if (source, "interaction", each.id) not in copies
        ),
    )
