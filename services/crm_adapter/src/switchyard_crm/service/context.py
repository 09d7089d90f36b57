"""What is known of a customer, in time: whatever has arrived when the time is up is the answer.

The store is asked first. Whom it does not know, the CRMs are searched for; whom it knows, those of
them are asked that have records of the customer, all at once, while the store is being read.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from switchyard_common.clock import Clock

from switchyard_crm.domain.context import (
    ContextPart,
    CustomerContext,
    Section,
    SourceReport,
    newest_first,
)
from switchyard_crm.domain.customer import LOCAL_SOURCE
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.domain.resolution import ResolveOutcome
from switchyard_crm.service.finding import FindCustomer, Sought
from switchyard_crm.service.remote import KnownRecords, RemoteSources
from switchyard_crm.service.reporting import Reporter
from switchyard_crm.service.sources import SourceAnswer

# Left of the caller's time for building and sending the answer.
_ANSWER_SHARE = 0.2
_ANSWER_MAX_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ContextQuery:
    """Whom and what to look up; `subject` None is somebody no identifier can stand for."""

    tenant: TenantId
    subject: Identifier | None
    sections: tuple[Section, ...]
    limit: int


@dataclass(frozen=True, slots=True)
class SourceQuery:
    """What a source is asked: sections of one customer, at most `limit` entries per list.

    `known`: the customer's records, if they have been read.
    """

    customer: CustomerName
    sections: tuple[Section, ...]
    limit: int
    now: datetime
    known: KnownRecords | None = None


@dataclass(frozen=True, slots=True)
class ContextAnswer:
    """What arrived in time, how each source answered, and the sources and sections missing.

    `whom`: the customer, if exactly one is meant. `complete`: nothing follows.
    """

    outcome: ResolveOutcome
    context: CustomerContext
    reports: tuple[SourceReport, ...]
    missing: tuple[str, ...]
    complete: bool = True
    whom: CustomerName | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds for a whole context, and for one of hints for routing only."""

    context: float = 0.3
    routing: float = 0.15


class ContextSource(Protocol):
    """Something that knows customers."""

    @property
    def name(self) -> str:
        """The source's name in reports."""
        ...

    def read(self, query: SourceQuery) -> AsyncGenerator[ContextPart]:
        """Yields section after section; the caller watches the time.

        Of an unknown customer, lists are empty, PROFILE and ROUTING are left out. Raises
        DomainError.
        """
        ...


class GetContext:
    """Answers before the caller's time is up, whatever store and CRMs are doing."""

    def __init__(
        self,
        finder: FindCustomer,
        local: ContextSource,
        remote: RemoteSources,
        reporter: Reporter,
        clock: Clock,
        times: Times,
    ) -> None:
        self._finder = finder
        self._local = local
        self._remote = remote
        self._reporter = reporter
        self._clock = clock
        self._times = times

    async def run(self, query: ContextQuery, remaining_seconds: float | None) -> ContextAnswer:
        """Always an answer; what failed or came late is in `reports` and `missing`."""
        whole = ContextAnswer(ResolveOutcome.NONE, CustomerContext(), (), ())
        async with aclosing(self.updates(query, remaining_seconds)) as updates:
            async for update in updates:
                whole = _plus(whole, update)
        return replace(whole, context=newest_first(whole.context, query.limit))

    async def updates(
        self, query: ContextQuery, remaining_seconds: float | None
    ) -> AsyncGenerator[ContextAnswer]:
        """The same piece by piece: what the store knows, then each CRM as it arrives.

        Each adds to what came before; a customer and hints take the place of those before.
        """
        end = self._clock.monotonic() + self.budget(query, remaining_seconds)
        sought = await self._finder.run(query.tenant, query.subject, end)
        if sought.resolution.outcome is not ResolveOutcome.UNIQUE:
            yield _nobody(sought, query)
            return
        customer = CustomerName(query.tenant, sought.resolution.candidates[0].customer)
        known = await self._records_of(customer, end)
        asked = self._remote.ask(customer, known, query.sections, query.limit, end)
        try:
            so_far = await self._read_store(customer, known, query, end)
            so_far = replace(so_far, whom=customer)
            yield replace(_with_searches(so_far, sought, asked), complete=not asked)
            for left, arriving in zip(_countdown(asked), asyncio.as_completed(asked), strict=True):
                update = self._update(so_far.context, await arriving, known, query.limit)
                so_far = _plus(so_far, update)
                yield replace(update, complete=left == 0)
        finally:
            for task in asked:
                task.cancel()

    def budget(self, query: ContextQuery, remaining: float | None) -> float:
        """The seconds an answer may take; `remaining` are the caller's, None: no deadline."""
        routing = query.sections == (Section.ROUTING,)
        total = self._times.routing if routing else self._times.context
        if remaining is None:
            return total
        return min(total, remaining - min(remaining * _ANSWER_SHARE, _ANSWER_MAX_SECONDS))

    async def _records_of(self, customer: CustomerName, end: float) -> KnownRecords:
        known = KnownRecords()

        async def look_up() -> None:
            nonlocal known
            known = await self._remote.records_of(customer)

        await self._reporter.run(LOCAL_SOURCE, look_up, end)
        return known

    async def _read_store(
        self, customer: CustomerName, known: KnownRecords, query: ContextQuery, end: float
    ) -> ContextAnswer:
        now = self._clock.now()
        asked = SourceQuery(customer, query.sections, query.limit, now, known)
        parts: list[ContextPart] = []

        async def collect() -> None:
            async with aclosing(self._local.read(asked)) as reading:
                async for part in reading:
                    parts.append(part)  # what came before a failure counts

        report = await self._reporter.run(LOCAL_SOURCE, collect, end)
        return _stored(report, parts, query)

    def _update(
        self, so_far: CustomerContext, said: SourceAnswer, known: KnownRecords, limit: int
    ) -> ContextAnswer:
        """What a CRM said, and what it changes in the view of the customer and in the hints."""
        content = newest_first(said.content, limit)
        customer, hints = so_far.customer, so_far.routing
        if customer is not None and content.profiles:
            profiles = so_far.profiles + content.profiles
            content = replace(content, customer=self._remote.fresh(customer, known, profiles))
        if hints is not None and said.content.open_cases:
            cases = hints.open_cases + len(said.content.open_cases)
            content = replace(content, routing=replace(hints, open_cases=cases))
        failed = (said.report.source,) if said.report.status.failed else ()
        return ContextAnswer(ResolveOutcome.UNIQUE, content, (said.report,), failed)


def _countdown(things: Sequence[object]) -> Iterable[int]:
    return range(len(things) - 1, -1, -1)


def _plus(whole: ContextAnswer, update: ContextAnswer) -> ContextAnswer:
    """Both together; a later customer and later hints count."""
    context = whole.context.plus(update.context)
    context = replace(
        context,
        customer=update.context.customer or context.customer,
        routing=update.context.routing or context.routing,
    )
    return ContextAnswer(
        update.outcome,
        context,
        whole.reports + update.reports,
        whole.missing + update.missing,
        whom=whole.whom or update.whom,
    )


def _nobody(sought: Sought, query: ContextQuery) -> ContextAnswer:
    """Of somebody nobody knows, nothing is missing - unless somebody could not look."""
    reports = tuple(sought.reports.values())
    failed = tuple(report.source for report in reports if report.status.failed)
    missing = failed + query.sections if failed else ()
    return ContextAnswer(sought.resolution.outcome, CustomerContext(), reports, missing)


def _stored(
    report: SourceReport, parts: Iterable[ContextPart], query: ContextQuery
) -> ContextAnswer:
    context = CustomerContext()
    delivered = set[Section]()
    for part in parts:
        context = context.plus(part.content)
        delivered.add(part.section)
    failed = (report.source,) if report.status.failed else ()
    absent = tuple(section for section in query.sections if section not in delivered)
    return ContextAnswer(ResolveOutcome.UNIQUE, context, (report,), failed + absent)


def _with_searches(
    stored: ContextAnswer, sought: Sought, asked: Iterable[asyncio.Task[SourceAnswer]]
) -> ContextAnswer:
    """With how the search for the customer went, of the sources that are not asked again."""
    again = {LOCAL_SOURCE, *(task.get_name() for task in asked)}
    searched = tuple(each for name, each in sought.reports.items() if name not in again)
    failed = tuple(report.source for report in searched if report.status.failed)
    return replace(stored, reports=stored.reports + searched, missing=stored.missing + failed)
