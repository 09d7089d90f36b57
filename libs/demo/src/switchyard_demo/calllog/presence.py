"""When agents were at work, inferred: the log has no staffing table.

An agent is taken to be present from the beginning of one service to the end of a later one as long
as no gap between services is longer than ``AWAY_GAP_SECONDS``. What follows from that:

* Idle time before an agent's first service and after the last one is invisible, so presence is too
  short and occupancy too high.
* A break shorter than the limit counts as presence, a quiet quarter of an hour counts as a break.
* Services longer than an hour are lines left open: only their beginning proves presence. Services
  without a recorded time prove that somebody was there at that second.
* Services of one agent sometimes overlap (two people under one name, or clocks that differ): the
  time is counted once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from switchyard_demo.calllog.calls import LoggedCall, ServiceQuality

AWAY_GAP_SECONDS = 600


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A stretch of time in seconds after midnight; ``end`` is not part of it."""

    start: float
    end: float

    def __post_init__(self) -> None:
        """Refuses an interval that ends before it starts."""
        if self.end < self.start:
            raise ValueError(f"an interval cannot end ({self.end}) before it starts ({self.start})")

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start


Presence = Mapping[str, Sequence[Interval]]
"""Agent to the stretches of presence, in order, not touching one another."""


def merge(intervals: Iterable[Interval], gap_seconds: float = 0) -> tuple[Interval, ...]:
    """The intervals in order, those joined that overlap or lie no more than the gap apart."""
    merged: list[Interval] = []
    for interval in sorted(intervals):
        if merged and interval.start - merged[-1].end <= gap_seconds:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, interval.end))
        else:
            merged.append(interval)
    return tuple(merged)


def overlap_seconds(busy: Iterable[Interval], present: Sequence[Interval]) -> float:
    """Time covered by both, each second counted once."""
    return sum(
        max(0.0, min(one.end, other.end) - max(one.start, other.start))
        for one in merge(busy)
        for other in merge(present)
    )


def infer_presence(calls: Iterable[LoggedCall], gap_seconds: float = AWAY_GAP_SECONDS) -> Presence:
    """Presence of every agent named in the calls of one day, as the module's text describes."""
    return {
        agent: merge(intervals, gap_seconds)
        for agent, intervals in sorted(_services(calls).items())
    }


def turnaround_seconds(calls: Iterable[LoggedCall]) -> float:
    """The shortest usual pause between two services of one agent, 0 if none can be seen.

    The log has no wrap-up, yet hardly any service follows another at once: the tenth percentile of
    the pauses between consecutive services that count as one presence.
    """
    pauses = [
        after.start - before.end
        for intervals in _services(calls).values()
        for before, after in pairwise(sorted(intervals))
        if 0 <= after.start - before.end <= AWAY_GAP_SECONDS
    ]
    return float(np.quantile(pauses, 0.1)) if pauses else 0.0


def _services(calls: Iterable[LoggedCall]) -> Mapping[str, list[Interval]]:
    services: defaultdict[str, list[Interval]] = defaultdict(list)
    for call in calls:
        if call.agent is None:
            continue
        start = call.service_start_seconds
        if start is None:
            start = call.arrival_seconds + call.wait_seconds
        believed = call.service_quality in (ServiceQuality.HONEST, ServiceQuality.SHORT)
        length = call.service_seconds if believed and call.service_seconds else 0
        services[call.agent].append(Interval(start, start + length))
    return services
