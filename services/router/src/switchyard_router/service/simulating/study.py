"""Compares two regimes on a recording, repetition by repetition, with the same random numbers."""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace
from math import isfinite, isnan

import numpy as np
from numpy.typing import NDArray

from switchyard_router.domain.comparison import effective_sample_size
from switchyard_router.domain.evaluation.bootstrap import Difference
from switchyard_router.domain.outcomes import (
    ABANDONED,
    ANSWERED,
    ELSEWHERE,
    FORMULAS,
    NOBODY,
    Outcomes,
)
from switchyard_router.domain.recording import Left, RecordedContact, Recording
from switchyard_router.service.simulating.assumptions import assumptions
from switchyard_router.service.simulating.draws import Floats
from switchyard_router.service.simulating.floor import Floor, Router
from switchyard_router.service.simulating.intervals import Repetitions
from switchyard_router.service.simulating.measuring import Figure, Measures
from switchyard_router.service.simulating.values import Kpi, Regime, SimulationProgress

_HOW = {Left.ANSWERED: ANSWERED, Left.ABANDONED: ABANDONED, Left.WITHDRAWN: ELSEWHERE}
_SEEDS = 1 << 32
_ORDER = {name: place for place, name in enumerate(FORMULAS)}

type FloorMaker = Callable[[Regime, Recording], tuple[Floor, Router]]
"""A fresh floor under a regime, and what routes on it."""


class Study:
    """Runs repetitions; memory grows with contacts, time with contacts x repetitions.

    Intervals of the last progress are from drawing days anew where the recording has days enough
    (bootstrap.FEWEST_DAYS); all others are over repetitions.
    """

    def __init__(
        self,
        make_floor: FloorMaker,
        baseline: Regime,
        candidate: Regime,
        recording: Recording,
        replications: int,
        seed: int,
    ) -> None:
        self._make_floor = make_floor
        self._baseline = baseline, recording
        self._candidate = candidate, _under(recording, baseline, candidate)
        self._recording = recording
        self._replications = replications
        self._seed = seed
        self._measures = Measures(recording, [agent.id for agent in baseline.agents])
        self._found = Repetitions(self._measures, seed % _SEEDS)
        self._logged = self._measures.logged(*_logged(recording, baseline))
        self._wait_difference = np.zeros(len(recording.contacts))

    async def run(self) -> AsyncGenerator[SimulationProgress]:
        """One progress for each repetition; the last one is the result."""
        size = len(self._recording.contacts)
        for number in range(self._replications):
            rng = np.random.default_rng((self._seed, number))
            talk, patience = rng.random(size), rng.random(size)
            before = await self._play(*self._baseline, talk, patience)
            after = await self._play(*self._candidate, talk, patience)
            measures = self._measures
            self._found.add(measures.of(before), measures.of(after), measures.moved(before, after))
            self._wait_difference += after.waited_ms - before.waited_ms
            yield self._progress(number + 1)

    async def _play(
        self, regime: Regime, recording: Recording, talk: Floats, patience: Floats
    ) -> Outcomes:
        floor, router = self._make_floor(regime, recording)
        return await floor.run(router, talk, patience)

    def _progress(self, done: int) -> SimulationProgress:
        found = self._found.differences(of_days=done == self._replications)
        kpis = [self._kpi(figure, each) for figure, each in found.items() if _said(each)]
        return SimulationProgress(
            kpis=tuple(sorted(kpis, key=lambda kpi: (kpi.queue, _ORDER[kpi.name]))),
            routed_differently=round(self._found.elsewhere),
            contacts=len(self._recording.contacts),
            effective_sample_size=effective_sample_size(self._wait_difference),
            done=done,
            replications=self._replications,
            days=self._measures.days,
            assumptions=assumptions(self._recording),
        )

    def _kpi(self, figure: Figure, found: Difference) -> Kpi:
        name, queue = figure
        logged = self._logged.get(figure)
        return Kpi(
            name=name,
            queue=queue,
            formula=FORMULAS[name],
            baseline=found.baseline,
            candidate=found.candidate,
            low=found.low,
            high=found.high,
            logged=None if logged is None or not isfinite(logged) else logged,
        )


def _said(found: Difference) -> bool:
    return not (isnan(found.baseline) or isnan(found.candidate))


def _under(recording: Recording, baseline: Regime, candidate: Regime) -> Recording:
    """The recording as other queue settings make it: the same share of another wrap-up time, and
    places in line by another credit of priority."""
    before = {queue.id: queue.times for queue in baseline.queues}
    after = {queue.id: queue.times for queue in candidate.queues}
    paperwork, credit_ms = dict(recording.wrap_up_ms), dict[str, int]()
    for queue_id, times in after.items():
        usual = before.get(queue_id, times)
        credit_ms[queue_id] = usual.credit_ms - times.credit_ms
        if usual.wrap_up_ms != times.wrap_up_ms:
            logged = recording.wrap_up_ms.get(queue_id, 0.0)
            share = logged / usual.wrap_up_ms if usual.wrap_up_ms else 1.0
            paperwork[queue_id] = share * times.wrap_up_ms
    return replace(
        recording,
        wrap_up_ms=paperwork,
        contacts=tuple(_placed(one, credit_ms) for one in recording.contacts),
    )


def _placed(one: RecordedContact, credit_ms: Mapping[str, int]) -> RecordedContact:
    later_ms = one.contact.priority * credit_ms.get(one.contact.queue, 0)
    if not later_ms:
        return one
    contact = replace(one.contact, order_ms=one.contact.order_ms + later_ms)
    return replace(one, contact=contact)


def _logged(recording: Recording, regime: Regime) -> tuple[Outcomes, NDArray[np.bool_]]:
    """The log's own outcomes, contacts that are still open left out, and which are not."""
    targets = {queue.id: float(queue.times.target_ms) for queue in regime.queues}
    kept = np.array([one.left is not Left.OPEN for one in recording.contacts], dtype=np.bool_)
    ended = [one for one in recording.contacts if one.left is not Left.OPEN]
    outcomes = Outcomes(
        how=np.array([_HOW.get(one.left, 0) for one in ended], dtype=np.int8),
        waited_ms=np.array([one.waited_ms for one in ended], dtype=np.float64),
        talk_ms=np.array([one.talk_ms for one in ended], dtype=np.float64),
        agent=np.full(len(ended), NOBODY, dtype=np.int64),
        target_ms=np.array([targets[one.contact.queue] for one in ended], dtype=np.float64),
    )
    return outcomes, kept
