"""Follows an event log: read, store, and only then say that it is done."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog
from switchyard_common.errors import DomainError
from switchyard_history.merging import Row
from switchyard_history.positions import position_of
from switchyard_history.tables import readings, refused_events

from switchyard_insights.domain.events import NEVER_PRUNED, BadEvent, Fact
from switchyard_insights.domain.folding import fact_of
from switchyard_insights.domain.reading import event_of
from switchyard_insights.service.backing_off import BackOff
from switchyard_insights.service.logs import Entry, EventLog, Page
from switchyard_insights.service.ports import History, HistoryUnavailable, LogUnavailable, Stored
from switchyard_insights.service.storing import store_what_can_be

_TEXT_CHARS = 250


class ReadingMeter(Protocol):
    """Counts what is read."""

    def stored(self, log: str, *, kept: int, pruned: int, ignored: int) -> None:
        """Events are in the tables, are older than those, or are of no concern."""
        ...

    def again(self, log: str, count: int) -> None:
        """Entries were given out a second time."""
        ...

    def lost(self, log: str, count: int) -> None:
        """Entries were trimmed before they were read."""
        ...

    def refused(self, log: str, count: int) -> None:
        """Events that could not be understood were put aside."""
        ...

    def behind(self, log: str, entries: int, seconds: float) -> None:
        """How far the reader is behind the log."""
        ...

    def failed(self, what: str) -> None:
        """The `log` or the `history` did not answer; it is tried again."""
        ...


class Follow:
    """One log, from wherever its group stands, until cancelled.

    What cannot be stored now is tried again, ever less often, and nothing more is read meanwhile:
    at most one batch is in memory. What cannot be understood is put aside and stops nobody.
    """

    def __init__(
        self, log: EventLog, history: History, tenant: str, meter: ReadingMeter, pause: BackOff
    ) -> None:
        self._log = log
        self._history = history
        self._tenant = tenant
        self._meter = meter
        self._pause = pause
        self._events = structlog.stdlib.get_logger("switchyard.insights")

    async def run(self) -> None:
        """Never returns."""
        while True:
            try:
                page = await self._log.read()
                if not await self.take(page):
                    await self._log.wait()
                self._pause.worked()
            except LogUnavailable:
                self._meter.failed("log")
                await asyncio.sleep(self._pause.failed_seconds())

    async def take(self, page: Page) -> bool:
        """Store a page and say that it is done; False if there was nothing in it."""
        name = self._log.name
        self._meter.behind(name, page.behind, page.behind_seconds)
        if page.lost:
            self._meter.lost(name, page.lost)
            self._events.error("events_trimmed_unread", log=name, count=page.lost)
        if not page.entries:
            return False
        if page.again:
            self._meter.again(name, len(page.entries))
        facts, refused = self._facts(page.entries)
        reading = self._reading(page.entries)
        stored = await self._store([*facts, *refused, reading])
        ignored = len(page.entries) - len(facts) - len(refused)
        kept = stored.kept - len(refused) - 1
        self._meter.stored(name, kept=kept, pruned=stored.pruned, ignored=ignored)
        self._tell_refused(len(refused), stored.refused)
        await self._done(page.entries)
        return True

    def _tell_refused(self, unclear: int, unstorable: int) -> None:
        if unstorable:
            self._events.error("facts_unstorable", log=self._log.name, count=unstorable)
        if unclear or unstorable:
            self._meter.refused(self._log.name, unclear + unstorable)

    def _facts(self, entries: Sequence[Entry]) -> tuple[list[Fact], list[Fact]]:
        facts, refused = [], []
        for entry in entries:
            try:
                fact = fact_of(self._tenant, event_of(entry.id, entry.fields))
            except BadEvent as problem:
                refused.append(self._put_aside(entry, str(problem)))
                continue
            if fact is not None:
                facts.append(fact)
        return facts, refused

    def _put_aside(self, entry: Entry, problem: str) -> Fact:
        kind = entry.fields.get(b"type", b"").decode(errors="replace")[:64]
        self._events.warning("event_refused", log=self._log.name, entry=entry.id, problem=problem)
        row = self._place(entry) | {"type": kind, "problem": problem[:_TEXT_CHARS]}
        return Fact(NEVER_PRUNED, ((refused_events, row),))

    def _reading(self, entries: Sequence[Entry]) -> Fact:
        """How far this log has been read, kept in the same step as what was read."""
        newest = max(entries, key=lambda entry: position_of(entry.id))
        row = self._place(newest)
        return Fact(NEVER_PRUNED, ((readings, row),))

    def _place(self, entry: Entry) -> Row:
        position = position_of(entry.id)
        time_ms = int(entry.id.partition("-")[0])
        where: Row = {"tenant": self._tenant, "source": self._log.name}
        return where | {"position": position, "time_ms": time_ms}

    async def _store(self, facts: Sequence[Fact]) -> Stored:
        while True:
            try:
                stored = await store_what_can_be(self._history, facts)
            except HistoryUnavailable:
                self._meter.failed("history")
                await asyncio.sleep(self._pause.failed_seconds())
            else:
                self._pause.worked()
                return stored

    async def _done(self, entries: Sequence[Entry]) -> None:
        """What is stored but not said to be done comes again, and changes nothing."""
        try:
            await self._log.done(entries)
        except DomainError:
            self._meter.failed("log")
