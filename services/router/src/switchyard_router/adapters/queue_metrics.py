"""How well queues do, for alerts: what became of their contacts, their goals, and who is there."""

from collections.abc import Iterable, Mapping
from typing import override

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from switchyard_router.domain.queues import QueueProfile
from switchyard_router.domain.records import QueueCounts

_PREFIX = "switchyard_router_queue"
_QUEUE = ("queue",)


class QueueMetrics(Collector):
    """Present figures of every queue. Its id is the only label.

    A collector of its own, because the store counts and routers only show it: all replicas show the
    same numbers, so that `max by (queue)` is right and a sum over replicas is not. A queue that was
    deleted has no series any more.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._profiles: dict[str, QueueProfile] = {}
        self._staffed: dict[str, int] = {}
        self._counts: dict[str, QueueCounts] = {}
        registry.register(self)

    def show(self, profiles: Mapping[str, QueueProfile], staffed: Mapping[str, int]) -> None:
        """The queues there are, and how many agents of each are signed in and ready or busy."""
        self._profiles, self._staffed = dict(profiles), dict(staffed)

    def counted(self, counts: Mapping[str, QueueCounts]) -> None:
        """What the store has counted of queues since they were made."""
        self._counts = dict(counts)

    @override
    def collect(self) -> Iterable[Metric]:
        """What a scrape sees (from another thread: each mapping is replaced, never changed)."""
        families = _Families()
        profiles, staffed, counts = self._profiles, self._staffed, self._counts
        for queue, profile in profiles.items():
            families.goal.add_metric((queue,), profile.service_level_goal)
            families.target.add_metric((queue,), profile.times.target_ms / 1000)
            families.agents.add_metric((queue,), staffed.get(queue, 0))
            if queue in counts:
                families.count(queue, counts[queue])
        return families.all()

    def describe(self) -> Iterable[Metric]:
        """The names, so that the registry refuses others of the same names."""
        return _Families().all()


class _Families:
    def __init__(self) -> None:
        self.offered = CounterMetricFamily(
            f"{_PREFIX}_offered",
            "Contacts that came to a queue, as the store counts. All replicas show the same.",
            labels=_QUEUE,
        )
        self.answered = CounterMetricFamily(
            f"{_PREFIX}_answered",
            "Contacts joined with an agent, by whether within the queue's target (yes or no), as "
            "the store counts. All replicas show the same.",
            labels=("queue", "in_target"),
        )
        self.abandoned = CounterMetricFamily(
            f"{_PREFIX}_abandoned",
            "Contacts that gave up before an agent had them, as the store counts. All replicas "
            "show the same.",
            labels=_QUEUE,
        )
        self.goal = GaugeMetricFamily(
            f"{_PREFIX}_service_level_goal_ratio",
            "Share of contacts that shall be answered within the queue's target.",
            labels=_QUEUE,
        )
        self.target = GaugeMetricFamily(
            f"{_PREFIX}_service_level_target_seconds",
            "Wait within which an answer counts as in target.",
            labels=_QUEUE,
        )
        self.agents = GaugeMetricFamily(
            f"{_PREFIX}_staffed_agents",
            "Agents of a queue who are signed in and ready or busy.",
            labels=_QUEUE,
        )

    def count(self, queue: str, counts: QueueCounts) -> None:
        self.offered.add_metric((queue,), counts.offered)
        self.answered.add_metric((queue, "yes"), counts.answered_in_target)
        self.answered.add_metric((queue, "no"), counts.answered - counts.answered_in_target)
        self.abandoned.add_metric((queue,), counts.abandoned)

    def all(self) -> Iterable[Metric]:
        return self.offered, self.answered, self.abandoned, self.goal, self.target, self.agents
