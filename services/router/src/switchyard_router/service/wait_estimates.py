"""How long contacts will wait: who serves them and others too, by when those are free, how sure.

A contact is served when the agents who can serve it have served those before it whom they serve as
well. How agents divide their time among all lines says the flow (domain/line_flow.py), in mean
times; as many services as its agents end until then must end, and how long that takes, with the
rests of those in hand, says the curve (domain/wait_curve.py). Who suits, and which lines there are,
is what dispatching goes by.
"""

import asyncio
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from switchyard_common.clock import Clock

from switchyard_router.domain.agents import Mask
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.estimate import Estimate, estimate, nobody
from switchyard_router.domain.lanes import Place
from switchyard_router.domain.records import QueueCounts
from switchyard_router.domain.wait_curve import METHOD, WaitCurve, rate, wait_curve, with_leavers
from switchyard_router.service.board import Board
from switchyard_router.service.line_surveys import LineSurveys, Suitability, Survey
from switchyard_router.service.paces import Paces
from switchyard_router.service.places import PlaceFinder
from switchyard_router.service.promises import Promises
from switchyard_router.service.store_clock import StoreClock
from switchyard_router.service.upkeep import Upkeep

_MOST_CURVES = 256
_HEADROOM = 1.5


class CountStore(Protocol):
    """Counters of queues."""

    async def counts(self, queue_ids: Sequence[str]) -> list[QueueCounts]:
        """Counters, in the order asked for."""
        ...


@dataclass(frozen=True, slots=True)
class _Curve:
    """What is known of those who wait like one contact. No `wait`: nobody serves it."""

    agents: Mask
    wait: WaitCurve | None
    ends_per_second: float
    answer_seconds: float
    leave_rate: float
    observed: float
    furthest: float
    until: float


@dataclass(frozen=True, slots=True)
class _Asker:
    """A contact, its signature and its place in its queue."""

    contact: Waiting
    key: Hashable
    place: Place


class WaitEstimates:
    """Estimates for waiting contacts and newcomers.

    An estimate costs some microseconds where the curve of its line is at hand. A curve costs about
    10 ms of another thread's time; curves and surveys are kept so long that all of them take about
    2 % of a core, but 30 s at most.
    """

    def __init__(
        self,
        board: Board,
        suitability: Suitability,
        surveys: LineSurveys,
        finder: PlaceFinder,
        paces: Paces,
        promises: Promises,
        counts: CountStore,
        clock: StoreClock,
        timer: Clock,
        upkeep: Upkeep,
        rng: np.random.Generator,
    ) -> None:
        self._board = board
        self._suitability = suitability
        self._surveys = surveys
        self._finder = finder
        self._paces = paces
        self._promises = promises
        self._counts = counts
        self._clock = clock
        self._timer = timer
        self._upkeep = upkeep
        self._rng = rng
        self._curves: OrderedDict[Hashable, _Curve] = OrderedDict()
        self._making: dict[Hashable, asyncio.Task[_Curve]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def waiting(self, contact: Waiting) -> Estimate:
        """For a queued contact; what it says first is compared with what comes true."""
        position = self._board.position(contact.id)
        if not position:
            return nobody(0, METHOD, self._promises.record(contact.queue))
        found = await self._estimate(contact, position)
        self._promises.give(contact.id, contact.queue, found, self._clock.now_ms())
        return found

    async def newcomer(self, contact: Waiting) -> Estimate:
        """For a contact that is nowhere stored and would stand at its `order_ms`."""
        line = self._board.line(contact.queue)
        position = bisect_left(line, (contact.order_ms, contact.id)) + 1
        room = self._board.agents.room(contact.channel)
        if position == 1 and bool((self._surveys.ready(contact) & room).any()):
            answer = self._paces.of(contact.queue).answer_seconds
            error = self._promises.record(contact.queue).abs_error_seconds
            return Estimate(position, answer, answer, True, METHOD, error)
        return await self._estimate(contact, position)

    async def _estimate(self, contact: Waiting, position: int) -> Estimate:
        record = self._promises.record(contact.queue)
        key = self._suitability.signature(contact)
        asker = _Asker(contact, key, (contact.order_ms, contact.id))
        survey = await self._surveys.now()
        curve = await self._curve(asker, survey)
        if curve.wait is None:
            return nobody(position, METHOD, record)
        needed = self._needed(asker, survey, curve.agents, curve.ends_per_second)
        ends = with_leavers(needed, curve.leave_rate, curve.ends_per_second)
        p50, p90 = (seconds + curve.answer_seconds for seconds in curve.wait.at(ends))
        return estimate(position, p50, p90, method=METHOD, observed=curve.observed, record=record)

    def _needed(self, asker: _Asker, survey: Survey, agents: Mask, ends_per_second: float) -> float:
        """Ends of services at the agents of a contact until it is its turn.

        Those of its queue who came after the survey count in full.
        """
        queue_id = asker.contact.queue
        newer = survey.newer(queue_id, self._board.line(queue_id), asker.place)
        now = self._timer.monotonic()
        seconds = survey.seconds(asker.key, agents, asker.place[0], now)
        return 1.0 + newer + seconds * ends_per_second

    async def _curve(self, asker: _Asker, survey: Survey) -> _Curve:
        """The curve of those who wait like a contact, made anew when it is out of date."""
        known = self._curves.get(asker.key)
        if known is not None and self._lasts(known, asker, survey):
            self._curves.move_to_end(asker.key)
            return known
        making = self._making.get(asker.key)
        if making is None:
            making = self._making[asker.key] = asyncio.create_task(self._make(asker, survey))
            making.add_done_callback(lambda _: self._making.pop(asker.key, None))
        curve = self._curves[asker.key] = await asyncio.shield(making)
        self._curves.move_to_end(asker.key)
        while len(self._curves) > _MOST_CURVES:
            self._upkeep.forget(self._curves.popitem(last=False)[0])
        return curve

    def _lasts(self, curve: _Curve, asker: _Asker, survey: Survey) -> bool:
        if self._timer.monotonic() >= curve.until:
            return False
        needed = self._needed(asker, survey, curve.agents, curve.ends_per_second)
        return curve.wait is None or needed <= curve.furthest

    async def _make(self, asker: _Asker, survey: Survey) -> _Curve:
        async with self._one_at_a_time:
            contact = asker.contact
            (counts,) = await self._counts.counts((contact.queue,))
            started, now = self._timer.monotonic(), self._clock.now_ms()
            agents = self._surveys.ready(contact)
            rows = np.flatnonzero(agents)
            places, scale = self._finder.find(contact, rows, now, counts.finished)
            ends_per_second = rate(places) * scale
            behind = len(self._board.line(contact.queue))
            furthest = _HEADROOM * (behind + self._needed(asker, survey, agents, ends_per_second))
            wait = None
            if len(places):
                rng, most = self._rng.spawn(1)[0], int(furthest / scale) + 1
                wait = await asyncio.to_thread(wait_curve, places, most, rng)
            pace = self._paces.of(contact.queue)
            return _Curve(
                agents=agents,
                wait=None if wait is None else wait.stretched(scale),
                ends_per_second=ends_per_second,
                answer_seconds=pace.answer_seconds,
                leave_rate=pace.leave_rate,
                observed=places.observed,
                furthest=furthest,
                until=self._upkeep.until(asker.key, self._timer.monotonic() - started),
            )
