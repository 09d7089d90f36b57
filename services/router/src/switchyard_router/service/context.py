"""Who is the customer? Asked of the CRM while the contact already stands in its queue."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

import structlog
from switchyard_common.clock import Clock
from switchyard_common.errors import DomainError
from switchyard_common.logs import contact_scope

CONTEXT_SECONDS = 0.15
_STORING_SECONDS = 0.02
"""What is left for storing what was found, or that nothing was, before the offer."""
_OPEN_AFTER_FAILURES = 5
_OPEN_SECONDS = 5.0
_MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class ContextQuery:
    """Whom to look up: the CRM's customer if known, else the caller's address. Personal."""

    customer: str
    caller: str
    language: str


@dataclass(frozen=True, slots=True)
class FoundContext:
    """What the CRM said. `encoded`: for the agent, opaque here; `customer` empty when unknown."""

    encoded: bytes
    customer: str = ""
    customer_key: str = ""
    language: str = ""


class ContextSource(Protocol):
    """The CRM."""

    async def fetch(self, query: ContextQuery, budget_seconds: float) -> FoundContext:
        """Look up; raises DomainError when it does not answer within the budget."""
        ...

    def missing(self) -> FoundContext:
        """The context of a customer who could not be looked up: it says what is missing."""
        ...


class ContextStore(Protocol):
    """Attaches context to contacts."""

    async def attach_context(
        self, contact_id: str, context: bytes, customer: str, customer_key: str, language: str
    ) -> bool:
        """Store context and end the contact's wait for it; False when the contact is over."""
        ...


class ContextMeter(Protocol):
    """Counts look-ups by outcome: found, unknown, failed, skipped."""

    def looked_up(self, outcome: str, seconds: float) -> None:
        """One look-up ended."""
        ...


class ContextLookup:
    """Looks customers up beside the queue. Absent context never blocks: the hold ends by itself,
    `seconds` after it began.

    After five failures in a row the CRM is left alone for five seconds, and contacts do not wait
    for it at all; then one look-up at a time finds out whether it is back.
    """

    def __init__(
        self,
        source: ContextSource,
        store: ContextStore,
        clock: Clock,
        meter: ContextMeter,
        seconds: float = CONTEXT_SECONDS,
    ) -> None:
        self._source = source
        self._store = store
        self._clock = clock
        self._meter = meter
        self._seconds = seconds
        self._failures = 0
        self._closed_again_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._log = structlog.stdlib.get_logger()

    def budget_seconds(self, query: ContextQuery) -> float:
        """How long a contact may be held for its context; 0 when there is nothing to wait for."""
        if not (query.customer or query.caller) or len(self._tasks) >= _MOST_AT_ONCE:
            return 0.0
        if self._clock.monotonic() < self._closed_again_at:
            self._meter.looked_up("skipped", 0.0)
            return 0.0
        if self._failures >= _OPEN_AFTER_FAILURES:  # half open: this one finds out
            self._closed_again_at = self._clock.monotonic() + _OPEN_SECONDS
        return self._seconds

    def start(self, contact_id: str, query: ContextQuery) -> None:
        """Look up in the background and attach what was found, or that nothing was."""
        task = asyncio.create_task(self._run(contact_id, query))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._log.error("context_lookup_failed", exc_info=error)

    async def drain(self) -> None:
        """Wait for look-ups under way; each is bounded by its budget."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, contact_id: str, query: ContextQuery) -> None:
        with contact_scope(contact_id):
            found = await self._fetch(query)
            try:
                await self._store.attach_context(
                    contact_id, found.encoded, found.customer, found.customer_key, found.language
                )
            except (
                DomainError
            ) as error:  # the hold ends by time; the contact is served without context
                self._log.warning("context_not_attached", reason=error.reason)

    async def _fetch(self, query: ContextQuery) -> FoundContext:
        started = self._clock.monotonic()
        try:
            found = await self._source.fetch(query, self._seconds - _STORING_SECONDS)
        except DomainError as error:
            self._failures += 1
            if self._failures >= _OPEN_AFTER_FAILURES:
                self._closed_again_at = self._clock.monotonic() + _OPEN_SECONDS
            self._meter.looked_up("failed", self._clock.monotonic() - started)
            self._log.warning("context_missing", reason=error.reason)
            return self._source.missing()
        self._failures = 0
        self._closed_again_at = 0.0
        outcome = "found" if found.customer else "unknown"
        self._meter.looked_up(outcome, self._clock.monotonic() - started)
        return found
