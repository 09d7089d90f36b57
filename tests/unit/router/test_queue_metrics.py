"""What routers export of their queues, and how far their view is behind."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import pytest
from prometheus_client import CollectorRegistry
from switchyard_router.adapters.metrics import RouterMetrics
from switchyard_router.domain.records import QueueCounts
from switchyard_router.domain.refusals import store_down
from switchyard_router.service.auditor import Auditor
from switchyard_router.service.event_lag import EventLag
from switchyard_router.service.projection import Projection
from switchyard_router.wiring.gauges import Gauges

from tests.fakes.router.core import board, event, profile, store_clock

pytestmark = pytest.mark.unit

PREFIX = "switchyard_router_queue"
COUNTS = QueueCounts(offered=12, answered=9, answered_in_target=7, abandoned=2)


@dataclass
class Counted:
    """A store that has counted, or is away."""

    away: bool = False
    asked: list[Sequence[str]] = field(default_factory=list)

    async def counts(self, queue_ids: Sequence[str]) -> list[QueueCounts]:
        self.asked.append(queue_ids)
        if self.away:
            raise store_down()
        return [COUNTS for _ in queue_ids]


@dataclass
class World:
    """Gauges over a board with queue q and agent ann."""

    store: Counted = field(default_factory=Counted)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.board = board(profile("ann"), target_ms=30_000)
        self.board.queues["q"] = replace(self.board.queues["q"], service_level_goal=0.9)
        self.clock, self.own = store_clock()
        self.lag = EventLag(self.clock)
        metrics = RouterMetrics(self.registry)
        auditor = Auditor(self.board, self.clock, metrics)
        projection = cast(Projection, _Following())
        self.gauges = Gauges(
            self.board, self.store, auditor, self.clock, self.lag, projection, metrics
        )

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"{PREFIX}_{name}", labels)


class _Following:
    """A projection that follows the log."""

    def __init__(self) -> None:
        self.caught_up = self

    def is_set(self) -> bool:
        return True


async def test_what_the_store_counted_is_exported_as_counters() -> None:
    world = World()
    world.gauges.refresh()
    await world.gauges.count()
    assert world.value("offered_total", queue="q") == 12
    assert world.value("answered_total", queue="q", in_target="yes") == 7
    assert world.value("answered_total", queue="q", in_target="no") == 2
    assert world.value("abandoned_total", queue="q") == 2


async def test_goal_target_and_staff_of_a_queue_are_exported() -> None:
    world = World()
    world.gauges.refresh()
    assert world.value("service_level_goal_ratio", queue="q") == 0.9
    assert world.value("service_level_target_seconds", queue="q") == 30
    assert world.value("staffed_agents", queue="q") == 1


async def test_a_store_that_is_away_leaves_what_was_shown() -> None:
    world = World()
    world.gauges.refresh()
    await world.gauges.count()
    world.store.away = True
    await world.gauges.count()
    assert world.value("offered_total", queue="q") == 12


async def test_a_queue_that_was_deleted_has_no_series() -> None:
    world = World()
    world.gauges.refresh()
    await world.gauges.count()
    world.board.forget("queue", "q")
    world.gauges.refresh()
    await world.gauges.count()
    assert world.value("offered_total", queue="q") is None
    assert world.value("staffed_agents", queue="q") is None
    assert len(world.store.asked) == 1, "nothing is asked of no queues"


def test_the_largest_age_since_the_last_look_is_the_lag() -> None:
    clock, _ = store_clock(now_ms=5_000)
    lag = EventLag(clock)
    for _ in range(2):
        lag.on_event(event("agent.state_changed", "ann", 1, {}))
    assert lag.take_seconds() == 4.0
    assert lag.take_seconds() == 0.0
