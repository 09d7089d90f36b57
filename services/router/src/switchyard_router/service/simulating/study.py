"""Compares two regimes on a recording, repetition by repetition, with the same random numbers."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

import numpy as np

from switchyard_router.domain.comparison import effective_sample_size, paired
from switchyard_router.domain.outcomes import (
    ABANDONED,
    ANSWERED,
    ELSEWHERE,
    FORMULAS,
    NOBODY,
    Outcomes,
)
from switchyard_router.domain.recording import Left, Recording
from switchyard_router.service.simulating.draws import Floats
from switchyard_router.service.simulating.floor import Floor, Router
from switchyard_router.service.simulating.values import Kpi, Regime, SimulationProgress

_HOW = {Left.ANSWERED: ANSWERED, Left.ABANDONED: ABANDONED, Left.WITHDRAWN: ELSEWHERE}

type FloorMaker = Callable[[Regime, Recording], tuple[Floor, Router]]
"""A fresh floor under a regime, and what routes on it."""


@dataclass(slots=True)
class _Tally:
    baseline: list[dict[str, float]] = field(default_factory=list)
    candidate: list[dict[str, float]] = field(default_factory=list)
    differently: list[int] = field(default_factory=list)
    wait_difference: Floats | None = None


class Study:
    """Runs repetitions; memory grows with contacts, time with contacts x repetitions."""

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
        self._baseline = baseline
        self._candidate = candidate
        self._recording = recording
        self._replications = replications
        self._seed = seed
        self._tally = _Tally()
        self._logged = _logged(recording, baseline).figures()

    async def run(self) -> AsyncGenerator[SimulationProgress]:
        """One progress for each repetition; the last one is the result."""
        size = len(self._recording.contacts)
        for number in range(self._replications):
            rng = np.random.default_rng((self._seed, number))
            talk, patience = rng.random(size), rng.random(size)
            before = await self._play(self._baseline, talk, patience)
            after = await self._play(self._candidate, talk, patience)
            self._count(before, after)
            yield self._progress(number + 1)

    async def _play(self, regime: Regime, talk: Floats, patience: Floats) -> Outcomes:
        floor, router = self._make_floor(regime, self._recording)
        return await floor.run(router, talk, patience)

    def _count(self, before: Outcomes, after: Outcomes) -> None:
        tally = self._tally
        tally.baseline.append(before.figures())
        tally.candidate.append(after.figures())
        tally.differently.append(int((before.agent != after.agent).sum()))
        difference = after.waited_ms - before.waited_ms
        known = tally.wait_difference
        tally.wait_difference = difference if known is None else known + difference

    def _progress(self, done: int) -> SimulationProgress:
        tally = self._tally
        waits = tally.wait_difference
        return SimulationProgress(
            kpis=tuple(kpi for name in FORMULAS if (kpi := self._kpi(name)) is not None),
            routed_differently=round(float(np.mean(tally.differently))),
            contacts=len(self._recording.contacts),
            effective_sample_size=effective_sample_size(waits) if waits is not None else 0.0,
            done=done,
            replications=self._replications,
            assumptions=assumptions(self._recording),
        )

    def _kpi(self, name: str) -> Kpi | None:
        found = paired(
            [figures[name] for figures in self._tally.baseline],
            [figures[name] for figures in self._tally.candidate],
        )
        if np.isnan(found.baseline):
            return None
        logged = self._logged[name]
        return Kpi(
            name=name,
            formula=FORMULAS[name],
            baseline=found.baseline,
            candidate=found.candidate,
            low=found.low,
            high=found.high,
            logged=None if np.isnan(logged) else logged,
        )


def assumptions(recording: Recording) -> tuple[str, ...]:
    """What the figures rest on, for people."""
    ended = sum(one.left is not Left.OPEN for one in recording.contacts)
    talked = sum(one.talk_ms > 0 for one in recording.contacts)
    gave_up = sum(one.left is Left.ABANDONED for one in recording.contacts)
    return (
        f"{len(recording.contacts)} contacts arrive as logged; {ended} of them left the queue"
        f" before the log ended.",
        "Agents have today's skills, queues and capacity, and want contacts when they did then.",
        f"Times in conversation are drawn from {talked} logged ones of the same queue and channel,"
        " scaled by agents' shrunk means; the same draw holds under both regimes.",
        f"{gave_up} customers gave up; they have the same patience again, all others are drawn one"
        " beyond their logged wait (Kaplan and Meier 1958).",
        "Agents answer after the queue's mean time from offer to conversation, and decline, or let"
        " it ring for the queue's ring time, as often as each of them did in the log, by chance.",
        "Times of not being ready after missed offers are kept as logged, whoever misses now.",
        "Paperwork takes the queue's logged mean.",
        "Expected handle times are shrunk means of agent and type of contact from the same log,"
        " under both regimes; the model is not asked.",
        "Attributes of contacts are not in the log: conditions that read them find nothing.",
    )


def _logged(recording: Recording, regime: Regime) -> Outcomes:
    """The log's own outcomes, contacts that are still open left out."""
    targets = {queue.id: float(queue.times.target_ms) for queue in regime.queues}
    ended = [one for one in recording.contacts if one.left is not Left.OPEN]
    return Outcomes(
        how=np.array([_HOW.get(one.left, 0) for one in ended], dtype=np.int8),
        waited_ms=np.array([one.waited_ms for one in ended], dtype=np.float64),
        talk_ms=np.array([one.talk_ms for one in ended], dtype=np.float64),
        agent=np.full(len(ended), NOBODY, dtype=np.int64),
        target_ms=np.array([targets[one.contact.queue] for one in ended], dtype=np.float64),
    )
