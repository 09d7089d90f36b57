"""What is known of a customer, in time: whatever has arrived when the time is up is the answer."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from switchyard_common.clock import Clock
from switchyard_common.errors import DomainError

from switchyard_crm.domain.context import (
    ContextPart,
    CustomerContext,
    Section,
    SourceReport,
    SourceStatus,
)
from switchyard_crm.domain.customer import LOCAL_SOURCE
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.domain.resolution import NOBODY, Resolution, ResolveOutcome
from switchyard_crm.service.bounded import Bounded
from switchyard_crm.service.resolve import Resolve

# Left of the caller's time for building and sending the answer.
_ANSWER_SHARE = 0.2
_ANSWER_MAX_SECONDS = 0.05

type Work = Callable[[], Coroutine[object, object, None]]


@dataclass(frozen=True, slots=True)
class ContextQuery:
    """Whom and what to look up; `subject` None is somebody no identifier can stand for."""

    tenant: TenantId
    subject: Identifier | None
    sections: tuple[Section, ...]
    limit: int


@dataclass(frozen=True, slots=True)
class SourceQuery:
    """What a source is asked: sections of one customer, at most `limit` entries per list."""

    customer: CustomerName
    sections: tuple[Section, ...]
    limit: int
    now: datetime


@dataclass(frozen=True, slots=True)
class ContextAnswer:
    """What arrived in time, how each source answered, and the sources and sections missing."""

    outcome: ResolveOutcome
    context: CustomerContext
    reports: tuple[SourceReport, ...]
    missing: tuple[str, ...]


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
    """Asks all sources at once and answers before the caller's time is up.

    `default_seconds` is the time when the caller sets none.
    """

    def __init__(
        self,
        resolve: Resolve,
        sources: Sequence[ContextSource],
        bounded: Bounded,
        clock: Clock,
        default_seconds: float,
    ) -> None:
        self._resolve = resolve
        self._sources = tuple(sources)
        self._bounded = bounded
        self._clock = clock
        self._default_seconds = default_seconds
        self._log = structlog.stdlib.get_logger("switchyard.crm")

    async def run(self, query: ContextQuery, remaining_seconds: float | None) -> ContextAnswer:
        """Always an answer; what failed or came late is in `reports` and `missing`."""
        end = self._clock.monotonic() + self._budget(remaining_seconds)
        resolution, report = await self._who(query, end)
        if resolution.outcome is not ResolveOutcome.UNIQUE:
            return _answer(resolution.outcome, query, [report], [])
        customer = CustomerName(query.tenant, resolution.candidates[0].customer)
        asked = SourceQuery(customer, query.sections, query.limit, self._clock.now())
        answers = await asyncio.gather(*(self._ask(source, asked, end) for source in self._sources))
        parts = [part for _, delivered in answers for part in delivered]
        return _answer(resolution.outcome, query, [report for report, _ in answers], parts)

    def _budget(self, remaining_seconds: float | None) -> float:
        total = self._default_seconds if remaining_seconds is None else remaining_seconds
        return total - min(total * _ANSWER_SHARE, _ANSWER_MAX_SECONDS)

    async def _who(self, query: ContextQuery, end: float) -> tuple[Resolution, SourceReport]:
        found = NOBODY

        async def look_up() -> None:
            nonlocal found
            identifiers = () if query.subject is None else (query.subject,)
            found = await self._resolve.run(query.tenant, identifiers)

        report = await self._timed(LOCAL_SOURCE, look_up, end)
        return found, report

    async def _ask(
        self, source: ContextSource, query: SourceQuery, end: float
    ) -> tuple[SourceReport, tuple[ContextPart, ...]]:
        parts: list[ContextPart] = []

        async def collect() -> None:
            async with aclosing(source.read(query)) as reading:
                async for part in reading:
                    parts.append(part)  # what came before a failure counts

        report = await self._timed(source.name, collect, end)
        return report, tuple(parts)

    async def _timed(self, source: str, work: Work, end: float) -> SourceReport:
        began = self._clock.monotonic()
        status = SourceStatus.FRESH
        try:
            await self._bounded.run(work(), end - began)
        except TimeoutError:
            status = SourceStatus.TIMEOUT
        except DomainError:
            status = SourceStatus.ERROR
        except Exception:  # noqa: BLE001  # logged with its traceback, and told to the caller
            # One broken source must not take the answers of the others with it.
            self._log.exception("source_crashed", source=source)
            status = SourceStatus.ERROR
        return SourceReport(source, status, self._clock.monotonic() - began)


def _answer(
    outcome: ResolveOutcome,
    query: ContextQuery,
    reports: Iterable[SourceReport],
    parts: Iterable[ContextPart],
) -> ContextAnswer:
    context = CustomerContext()
    delivered = set[Section]()
    for part in parts:
        context = context.plus(part.content)
        delivered.add(part.section)
    reports = tuple(reports)
    asked = tuple(reports)
    failed = tuple(report.source for report in asked if report.status is not SourceStatus.FRESH)
    absent = tuple(section for section in query.sections if section not in delivered)
    # Of somebody nobody knows, nothing is missing - unless nobody could look.
    nobody = outcome is not ResolveOutcome.UNIQUE and not failed
    return ContextAnswer(outcome, context, asked, () if nobody else failed + absent)
