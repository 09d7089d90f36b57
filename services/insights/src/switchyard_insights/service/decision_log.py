"""Follows the decision log, which has no readers' group: it is looked through by time.

Decisions are written beside the step they explain, so one may appear a little after later ones.
Each look therefore goes back `OVERLAP_MS`; what was stored already is skipped by name.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from switchyard_history.merging import Row
from switchyard_history.positions import position_at
from switchyard_history.tables import readings
from switchyard_scoring.decision import Decision

from switchyard_insights.domain.decisions import kept_fact
from switchyard_insights.domain.events import NEVER_PRUNED, Fact
from switchyard_insights.service.backing_off import BackOff
from switchyard_insights.service.following import ReadingMeter
from switchyard_insights.service.ports import (
    History,
    HistoryUnavailable,
    LogUnavailable,
    Progress,
)
from switchyard_insights.service.storing import store_what_can_be

NAME = "decisions"
OVERLAP_MS = 60_000
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """Places of decisions, the oldest first: 12 hex digits of the time in ms, a colon, the id."""

    places: Sequence[str]


class DecisionLog(Protocol):
    """What the router keeps of its decisions."""

    async def since(self, place: str) -> DecisionPage:
        """A batch of places after this one, "": from the oldest. Raises LogUnavailable."""
        ...

    async def read(self, places: Sequence[str]) -> list[Decision | None]:
        """The decisions there, in that order; None for one that is gone. Raises LogUnavailable."""
        ...


class KeptHistory(History, Progress, Protocol):
    """A history that knows how far it goes."""


class FollowDecisions:
    """Keeps every decision with all candidates, until cancelled.

    After a start it goes on where the history says that it was. Memory: the names of what was
    decided within the overlap.
    """

    def __init__(
        self,
        log: DecisionLog,
        history: KeptHistory,
        tenant: str,
        meter: ReadingMeter,
        pause: BackOff,
    ) -> None:
        self._log = log
        self._history = history
        self._tenant = tenant
        self._meter = meter
        self._pause = pause
        self._stored: set[str] = set()
        self._newest = ""

    async def run(self) -> None:
        """Never returns."""
        while True:
            try:
                await self.look()
                self._pause.worked()
                await asyncio.sleep(_LOOK_SECONDS)
            except (LogUnavailable, HistoryUnavailable) as error:
                self._meter.failed("log" if isinstance(error, LogUnavailable) else "history")
                await asyncio.sleep(self._pause.failed_seconds())

    async def look(self) -> int:
        """Store what is new; how many that was. Raises LogUnavailable or HistoryUnavailable."""
        if not self._newest:
            self._newest = _place(await self._history.read_until_ms(self._tenant, NAME))
        count, place = 0, _earlier(self._newest)
        while places := (await self._log.since(place)).places:
            new = [each for each in places if each not in self._stored]
            count += await self._keep(new)
            place = places[-1]
            self._newest = max(self._newest, place)
        self._forget()
        return count

    async def _keep(self, places: Sequence[str]) -> int:
        found = [each for each in await self._log.read(places) if each is not None]
        facts = [kept_fact(self._tenant, decision) for decision in found]
        if facts:
            facts.append(self._reading(max(fact.time_ms for fact in facts)))
        stored = await store_what_can_be(self._history, facts)
        self._stored.update(places)
        if facts:
            self._meter.stored(NAME, kept=stored.kept - 1, pruned=stored.pruned, ignored=0)
        if stored.refused:
            self._meter.refused(NAME, stored.refused)
        return max(0, stored.kept - 1)

    def _reading(self, time_ms: int) -> Fact:
        row: Row = {"tenant": self._tenant, "source": NAME}
        place: Row = {"position": position_at(time_ms), "time_ms": time_ms}
        return Fact(NEVER_PRUNED, ((readings, row | place),))

    def _forget(self) -> None:
        oldest = _earlier(self._newest)
        self._stored = {place for place in self._stored if place > oldest}


def _place(time_ms: int) -> str:
    """The first place of a millisecond; "" for 0."""
    return f"{time_ms:012x}" if time_ms else ""


def _earlier(place: str) -> str:
    """The place `OVERLAP_MS` before."""
    return f"{max(0, int(place[:12], 16) - OVERLAP_MS):012x}" if place else ""
