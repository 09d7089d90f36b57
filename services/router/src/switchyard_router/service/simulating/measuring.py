"""What a repetition came to, by day and by the queue that contacts came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from switchyard_router.domain.evaluation.measures import LONGEST_WAIT_S
from switchyard_router.domain.outcomes import (
    ANSWERED,
    NOBODY,
    RATIOS,
    SUMS,
    Outcomes,
    quantile_seconds,
    ratios,
)
from switchyard_router.domain.recording import RecordedContact, Recording

type Floats = NDArray[np.float64]
type Figure = tuple[str, str]
"""Name of a figure, and id of the queue that it is of, "": all."""

_BY_QUEUE = ("abandoned_share", "service_level", "average_speed_of_answer_seconds")
MOVED = ("elsewhere_share", "other_agent_share", "other_queue_share", "answered_once_share")
_LEAST_READY_MS = 3_600_000
"""Who is there for less, and for less than half as long as others, is not counted for a day."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A repetition under a regime: sums [days, 1 + queues, SUMS], the first of all queues; `spread`
    of occupancies [days], nan where nobody was there; `quantiles`: by figure.

    `waits` [days, 2 + queues, seconds]: contacts by their wait: all, those of each queue, and the
    answered.
    """

    sums: Floats
    spread: Floats
    quantiles: dict[Figure, float]
    waits: NDArray[np.int32]


class Measures:
    """Puts contacts to their days and queues. Memory of a measure: 14 kB for each day and queue."""

    def __init__(self, recording: Recording, agents: Sequence[str]) -> None:
        contacts = recording.contacts
        self.queues = _queues(contacts)
        self._of = {queue: at + 1 for at, queue in enumerate(self.queues)}
        self._ready_ms = _ready_ms(recording, {agent: row for row, agent in enumerate(agents)})
        edges = np.array(recording.day_edges_ms[1:-1], dtype=np.int64)
        come = np.array([one.contact.enqueue_ms for one in contacts], dtype=np.int64)
        place = np.searchsorted(edges, come, side="right")
        self._with_contacts, self._day = np.unique(place, return_inverse=True)
        self._group = np.array([self._of.get(one.contact.queue, 0) for one in contacts])

    @property
    def days(self) -> int:
        """Days on which contacts came."""
        return len(self._with_contacts)

    def of(self, outcomes: Outcomes) -> Measured:
        """What was played."""
        return Measured(
            sums=self._sums(outcomes.columns()),
            spread=self._spread(outcomes.busy_by_day_ms),
            quantiles=self.quantiles(outcomes),
            waits=self._waits(outcomes),
        )

    def moved(self, before: Outcomes, after: Outcomes) -> Floats:
        """All contacts, and those of MOVED, by day: [days, 1 + MOVED]."""
        differ = before.agent != after.agent
        once = differ & ((before.agent == NOBODY) | (after.agent == NOBODY))
        queue = np.array(before.queue) != np.array(after.queue)
        columns = (np.ones(len(differ)), differ | queue, differ & ~once, queue, once)
        found = np.zeros((self.days, len(columns)))
        np.add.at(found, self._day, np.column_stack(columns))
        return found

    def quantiles(
        self, outcomes: Outcomes, kept: NDArray[np.bool_] | None = None
    ) -> dict[Figure, float]:
        """Quantiles of waits. `kept`: which contacts the outcomes are of, None: all."""
        group = self._group if kept is None else self._group[kept]
        waited = outcomes.waited_ms
        return {
            ("wait_p90_seconds", ""): quantile_seconds(waited[outcomes.how == ANSWERED], 0.9),
            ("wait_p95_seconds", ""): quantile_seconds(waited, 0.95),
            **{
                ("wait_p95_seconds", queue): quantile_seconds(waited[group == at], 0.95)
                for queue, at in self._of.items()
            },
        }

    def logged(self, outcomes: Outcomes, kept: NDArray[np.bool_]) -> dict[Figure, float]:
        """Figures of the log's own outcomes, which are of the `kept` contacts."""
        columns = np.zeros((len(kept), len(SUMS)))
        columns[kept] = outcomes.columns()
        sums = self._sums(columns).sum(axis=0)
        found = dict(zip(self.figures(), self.ratios(sums).tolist(), strict=True))
        return found | self.quantiles(outcomes, kept)

    def figures(self) -> tuple[Figure, ...]:
        """Figures that `ratios` gives."""
        by_queue = [(name, queue) for queue in self.queues for name in _BY_QUEUE]
        return (*((name, "") for name in RATIOS), *by_queue)

    def ratios(self, sums: Floats) -> Floats:
        """Figures of sums, [..., 1 + queues, SUMS] to [..., figures]."""
        every = ratios(sums)
        columns = [RATIOS.index(name) for name in _BY_QUEUE]
        by_queue = every[..., 1:, columns]
        flat = by_queue.reshape(*by_queue.shape[:-2], len(self.queues) * len(columns))
        return np.concatenate((every[..., 0, :], flat), axis=-1)

    def _sums(self, columns: Floats) -> Floats:
        found = np.zeros((self.days, 1 + len(self.queues), len(SUMS)))
        np.add.at(found, (self._day, np.zeros_like(self._day)), columns)
        some = self._group > 0
        np.add.at(found, (self._day[some], self._group[some]), columns[some])
        return found

    def _waits(self, outcomes: Outcomes) -> NDArray[np.int32]:
        found = np.zeros((self.days, 2 + len(self.queues), LONGEST_WAIT_S + 1), dtype=np.int32)
        second = np.minimum(np.ceil(outcomes.waited_ms / 1000), LONGEST_WAIT_S).astype(np.int64)
        for some, group in (
            (slice(None), np.zeros(len(second), dtype=np.int64)),
            (self._group > 0, self._group),
            (outcomes.how == ANSWERED, np.full(len(second), -1)),
        ):
            np.add.at(found, (self._day[some], group[some], second[some]), 1)
        return found

    def _spread(self, busy_ms: Floats) -> Floats:
        """Standard deviation of occupancies, by day with contacts."""
        found = np.full(self.days, np.nan)
        for at, day in enumerate(self._with_contacts):
            ready_ms = self._ready_ms[day]
            there = ready_ms >= min(_LEAST_READY_MS, ready_ms.max(initial=0.0) / 2)
            there &= ready_ms > 0
            if there.any():
                found[at] = (busy_ms[day, there] / ready_ms[there]).std()
        return found


def _ready_ms(recording: Recording, row_of: Mapping[str, int]) -> Floats:
    """How long agents wanted contacts, [days, agents]."""
    edges = np.array(recording.day_edges_ms or (0, np.inf), dtype=np.float64)
    found = np.zeros((len(edges) - 1, len(row_of)))
    for agent, spans in recording.ready_spans().items():
        row = row_of.get(agent)
        for begin, end in spans if row is not None else ():
            overlap = np.minimum(edges[1:], end) - np.maximum(edges[:-1], begin)
            found[:, row] += np.maximum(overlap, 0.0)
    return found


def _queues(contacts: tuple[RecordedContact, ...]) -> tuple[str, ...]:
    """Queues that contacts came to; none where it is one: its figures are those of all."""
    found = tuple(sorted({one.contact.queue for one in contacts}))
    return found if len(found) > 1 else ()
