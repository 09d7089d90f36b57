"""Who is meant: whom the store knows, and if it knows nobody, whom the CRMs do."""

import asyncio
from dataclasses import dataclass, field, replace

from switchyard_common.clock import Clock

from switchyard_crm.domain.context import SourceReport, SourceStatus
from switchyard_crm.domain.customer import LOCAL_SOURCE
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.names import TenantId
from switchyard_crm.domain.resolution import NOBODY, Resolution, ResolveOutcome
from switchyard_crm.service.remote import RemoteSources, Search
from switchyard_crm.service.reporting import Reporter
from switchyard_crm.service.resolve import Resolve


@dataclass(slots=True)
class Sought:
    """Who is meant, and how each source that was asked answered, by its name."""

    resolution: Resolution = NOBODY
    reports: dict[str, SourceReport] = field(default_factory=dict)

    @property
    def unknown(self) -> bool:
        """The store has answered, and knows nobody."""
        local = self.reports.get(LOCAL_SOURCE)
        looked = local is not None and local.status is SourceStatus.FRESH
        return looked and self.resolution.outcome is ResolveOutcome.NONE


class FindCustomer:
    """Looks in the store, and beyond it only for somebody it does not know.

    The store has `local_seconds` for itself; if it takes longer, CRMs are searched meanwhile. What
    they find counts only once the store has said that it knows nobody: only there stands what was
    merged, tied and untied.
    """

    def __init__(
        self,
        resolve: Resolve,
        remote: RemoteSources,
        reporter: Reporter,
        clock: Clock,
        local_seconds: float,
    ) -> None:
        self._resolve = resolve
        self._remote = remote
        self._reporter = reporter
        self._clock = clock
        self._local_seconds = local_seconds

    async def run(self, tenant: TenantId, subject: Identifier | None, end: float) -> Sought:
        """Whoever is known by `end` (monotonic)."""
        sought = Sought()
        if subject is None or not self._remote.can_find(tenant, subject):
            await self._look_up(tenant, subject, sought, end)
            return sought
        looking = asyncio.create_task(self._look_up(tenant, subject, sought, end))
        searching: asyncio.Task[Search] | None = None
        try:
            await asyncio.wait((looking,), timeout=self._local_seconds)
            if not looking.done() or sought.unknown:
                searching = asyncio.create_task(self._remote.find(tenant, subject, end))
            await looking
            if searching is not None and sought.unknown:
                await self._take_in(tenant, subject, sought, await searching, end)
        finally:
            looking.cancel()
            if searching is not None:
                searching.cancel()
        return sought

    async def _look_up(
        self, tenant: TenantId, subject: Identifier | None, sought: Sought, end: float
    ) -> None:
        async def look_up() -> None:
            identifiers = () if subject is None else (subject,)
            sought.resolution = await self._resolve.run(tenant, identifiers)

        sought.reports[LOCAL_SOURCE] = await self._reporter.run(LOCAL_SOURCE, look_up, end)

    async def _take_in(
        self, tenant: TenantId, subject: Identifier, sought: Sought, search: Search, end: float
    ) -> None:
        sought.reports.update((report.source, report) for report in search.reports)
        if not search.profiles:
            return
        if await self._remote.take_in(tenant, search.profiles, end):
            await self._look_up(tenant, subject, sought, end)
            return
        late = self._clock.monotonic() >= end
        status = SourceStatus.TIMEOUT if late else SourceStatus.ERROR
        sought.reports[LOCAL_SOURCE] = replace(sought.reports[LOCAL_SOURCE], status=status)
