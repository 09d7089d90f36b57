"""Turns services into training rows: the features as the router would have seen them then.

Services go through the router's own table in the order of time: a row knows what had ended before
its service began, and nothing later.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import heappop, heappush

import numpy as np

from switchyard_router.adapters.models.call_log import Service
from switchyard_router.domain.agent_features import AgentFeatures
from switchyard_router.domain.handle_time_features import (
    NAMES,
    ContactFacts,
    Moment,
    contact_features,
)
from switchyard_router.domain.handle_time_table import SHORT_BELOW_SECONDS, Floats

_OCCUPANCY_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """Rows in the order of time. `table_seconds`: what the shrunk table alone expected then."""

    features: Floats
    seconds: Floats
    table_seconds: Floats
    start_seconds: Floats

    def part(self, which: slice) -> "TrainingRows":
        """Some of the rows."""
        return TrainingRows(
            self.features[which],
            self.seconds[which],
            self.table_seconds[which],
            self.start_seconds[which],
        )


@dataclass(slots=True)
class _Occupancy:
    """Share of time with contacts, exponentially weighted over an hour, as of the last event."""

    share: float = 0.0
    since_seconds: float = 0.0

    def to(self, now_seconds: float, busy: bool) -> float:
        """The share at a moment, having been busy or free until then."""
        passed = max(0.0, now_seconds - self.since_seconds)
        kept = math.exp(-passed / _OCCUPANCY_SECONDS)
        self.share = self.share * kept + (1 - kept if busy else 0.0)
        self.since_seconds = max(self.since_seconds, now_seconds)
        return self.share


def training_rows(services: Sequence[Service]) -> TrainingRows:
    """Rows of all services that are services; hang-ups only teach the table. O(services)."""
    slots = {agent: slot for slot, agent in enumerate(sorted({s.agent for s in services}))}
    features = AgentFeatures()
    features.reserve(len(slots))
    busy = [_Occupancy() for _ in slots]
    ended: list[tuple[float, int]] = []
    rows = np.empty((len(services), len(NAMES)))
    expected = np.empty(len(services))
    honest = np.zeros(len(services), dtype=bool)
    for number, service in enumerate(services):
        while ended and ended[0][0] <= service.start_seconds:
            end, other = heappop(ended)
            past, slot = services[other], slots[services[other].agent]
            features.set_occupancy(slot, busy[slot].to(end, busy=True))
            features.observe(slot, past.kind, past.seconds)
        slot = slots[service.agent]
        if service.seconds >= SHORT_BELOW_SECONDS:
            rows[number], expected[number] = _row(features, service, slot)
            honest[number] = True
        busy[slot].to(service.start_seconds, busy=False)
        heappush(ended, (service.start_seconds + service.seconds, number))
    return TrainingRows(
        rows[honest],
        np.array([s.seconds for s in services])[honest],
        expected[honest],
        np.array([s.start_seconds for s in services])[honest],
    )


def _row(features: AgentFeatures, service: Service, slot: int) -> tuple[Floats, float]:
    slots = np.array([slot])
    moment = datetime.fromtimestamp(service.start_seconds, UTC)
    facts = ContactFacts(
        type_log_seconds=features.table.level(service.kind),
        channel=service.kind[1],
        waited_seconds=service.waited_seconds,
        queue_length=service.queue_length,
    )
    row = np.concatenate(
        (
            contact_features(facts, Moment(moment.hour, moment.weekday())),
            features.of_agents(slots)[0],
            features.of_pairs(service.kind, slots)[0],
        )
    )
    return row, float(features.table.seconds(service.kind, slots)[0])
