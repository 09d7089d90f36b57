"""Turns services into training rows: the features as the router would have seen them then.

Services go through the router's own table in the order of time: a row knows what had ended before
its service began, and nothing later.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import heappop, heappush

import numpy as np

from switchyard_router.adapters.models.call_log import Service
from switchyard_router.domain.agent_features import AgentFeatures
from switchyard_router.domain.customer_history import CustomerHistory
from switchyard_router.domain.handle_time_features import (
    NAMES,
    ContactFacts,
    Moment,
    contact_features,
)
from switchyard_router.domain.handle_time_table import (
    OVERLONG_ABOVE_SECONDS,
    PRIOR_SECONDS,
    SHORT_BELOW_SECONDS,
    Floats,
)

_OCCUPANCY_SECONDS = 3600.0
_WATCH_EVERY = 4096
_SIMPLER = ("global", "type", "agent")


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """Rows in the order of time. `table_seconds`: what the shrunk table alone expected then."""

    features: Floats
    seconds: Floats
    table_seconds: Floats
    start_seconds: Floats
    simpler: Mapping[str, Floats] = field(default_factory=dict)
    """Running means as known then, seconds: of all (global), by type, by agent."""

    def part(self, which: slice) -> "TrainingRows":
        """Some of the rows."""
        return TrainingRows(
            self.features[which],
            self.seconds[which],
            self.table_seconds[which],
            self.start_seconds[which],
            {name: guess[which] for name, guess in self.simpler.items()},
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


@dataclass(slots=True)
class _Mean:
    """A mean as of now; begins as if one service of the prior length were known."""

    total: float = PRIOR_SECONDS
    count: int = 1

    @property
    def seconds(self) -> float:
        return self.total / self.count

    def add(self, seconds: float) -> None:
        """One service more."""
        self.total += seconds
        self.count += 1


class _Past:
    """What a router would know at a moment: services that had ended by then, and nothing else."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = services
        self.slots = {name: slot for slot, name in enumerate(sorted({s.agent for s in services}))}
        self.features = AgentFeatures()
        self.features.reserve(len(self.slots))
        self.customers = CustomerHistory()
        self.means: dict[str, _Mean] = defaultdict(_Mean)
        self._busy = [_Occupancy() for _ in self.slots]
        self._ended: list[tuple[float, int]] = []

    def begin(self, number: int) -> None:
        """A service begins: who serves it has been free until now."""
        service = self._services[number]
        self._busy[self.slots[service.agent]].to(service.start_seconds, busy=False)
        heappush(self._ended, (service.start_seconds + service.seconds, number))

    def until(self, now_seconds: float) -> None:
        """Learn all services that have ended by now, in the order of their ends."""
        while self._ended and self._ended[0][0] <= now_seconds:
            end, number = heappop(self._ended)
            self._learn(self._services[number], end)

    def _learn(self, past: Service, end: float) -> None:
        slot, features = self.slots[past.agent], self.features
        features.set_occupancy(slot, self._busy[slot].to(end, busy=True))
        features.served(slot, past.start_seconds, end)
        if SHORT_BELOW_SECONDS <= past.seconds <= OVERLONG_ABOVE_SECONDS:
            explained = features.table.explained(slot, past.kind)
            self.customers.observe(past.customer, math.log(past.seconds) - explained, end)
            for name in _groups(past):
                self.means[name].add(past.seconds)
        features.observe(slot, past.kind, past.seconds)


def training_rows(
    services: Sequence[Service], watch: Callable[[float], object] = float
) -> TrainingRows:
    """Rows of all services that are services; hang-ups only teach the table. O(services).

    `services` rise by their starts; `watch` hears which share is done, every few thousand.
    """
    past = _Past(services)
    rows = np.empty((len(services), len(NAMES)))
    guesses = np.empty((len(services), 1 + len(_SIMPLER)))
    honest = np.zeros(len(services), dtype=bool)
    for number, service in enumerate(services):
        past.until(service.start_seconds)
        if service.seconds >= SHORT_BELOW_SECONDS:
            rows[number], guesses[number] = _row(past, service), _guesses(past, service)
            honest[number] = True
        past.begin(number)
        if number % _WATCH_EVERY == 0:
            watch(number / len(services))
    return TrainingRows(
        rows[honest],
        np.array([s.seconds for s in services])[honest],
        guesses[honest, 0],
        np.array([s.start_seconds for s in services])[honest],
        {name: guesses[honest, place] for place, name in enumerate(_SIMPLER, 1)},
    )


def _row(past: _Past, service: Service) -> Floats:
    features = past.features
    slots = np.array([past.slots[service.agent]])
    moment = datetime.fromtimestamp(service.start_seconds, UTC)
    facts = ContactFacts(
        type_log_seconds=features.table.level(service.kind),
        channel=service.kind[1],
        waited_seconds=service.waited_seconds,
        queue_length=service.queue_length,
        customer=past.customers.recall(service.customer, service.start_seconds),
    )
    row: Floats = np.concatenate(
        (
            contact_features(facts, Moment(moment.hour, moment.weekday())),
            features.of_agents(slots)[0],
            features.of_pairs(service.kind, slots)[0],
        )
    )
    return row


def _guesses(past: _Past, service: Service) -> tuple[float, ...]:
    """What the table, and simpler means, expected then."""
    slots = np.array([past.slots[service.agent]])
    simpler = (past.means[name].seconds for name in _groups(service))
    return float(past.features.table.seconds(service.kind, slots)[0]), *simpler


def _groups(service: Service) -> tuple[str, str, str]:
    """What its time counts for, in the order of `_SIMPLER`."""
    return "", f"type {service.kind}", f"agent {service.agent}"
