"""What the router exports, and decisions kept beside its work."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from switchyard.router.v1 import decision_pb2
from switchyard_router.adapters.decision_sink import DecisionWriter, encode
from switchyard_router.adapters.metrics import RouterMetrics
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.decision_search import DecisionRow
from switchyard_router.domain.lanes import Rows
from switchyard_router.domain.names import Tenant
from switchyard_router.domain.refusals import store_down
from switchyard_router.domain.skills import SkillNeed
from switchyard_router.service.deciding import Decider, NoFilters
from switchyard_router.service.predictions import Predictions
from switchyard_scoring.decision import Decision, Inputs

from tests.fakes.router.core import Meter, board, profile, ready, waiting

pytestmark = pytest.mark.unit

DEMO = Tenant("demo")


def decision(decision_id: str = "d1") -> Decision:
    return Decision(
        id=decision_id,
        contact="c1",
        agent="ann",
        queue="q",
        policy="longest_idle",
        plan_version=3,
        step=1,
        time_ms=1_800_000_000_000,
        waited_ms=1500,
        eligible_count=2,
        rejected_counts={"CAPACITY": 4},
        inputs=Inputs("1", ("ann",), ("idle_ms",), (9_500,), {"idle": 1.0}, scores=(9.5,)),
    )


def test_invariants_are_exported_and_begin_at_nothing() -> None:
    registry = CollectorRegistry()
    metrics = RouterMetrics(registry)
    text = generate_latest(registry).decode()
    for name in ("double_assignments_total", "orphan_contacts", "stuck_agents"):
        assert f"switchyard_router_{name} 0.0" in text
    metrics.double_assignment()
    metrics.inconsistent(2, 1)
    text = generate_latest(registry).decode()
    assert "switchyard_router_double_assignments_total 1.0" in text
    assert "switchyard_router_orphan_contacts 2.0" in text
    assert "switchyard_router_stuck_agents 1.0" in text


def test_a_decision_is_small_and_whole() -> None:
    encoded = encode(decision(), DEMO)
    message = decision_pb2.Decision.FromString(encoded)
    assert message.name == "tenants/demo/decisions/d1"
    assert message.chosen_agent == "tenants/demo/agents/ann"
    assert list(message.inputs.agents) == ["ann"], "terms are computed when it is read"
    assert (message.waited.ToMilliseconds(), message.step, message.plan_version) == (1500, 1, 3)
    assert dict(message.rejected_counts) == {"CAPACITY": 4}
    assert len(encoded) < 1024


def test_twenty_candidates_with_all_that_a_replay_needs_take_about_a_kilobyte() -> None:
    now, agents = 1_800_000_000_000, [profile(f"agent-{n:04}", skills={"en": 5}) for n in range(40)]
    made = board(*agents)
    made.queues["q"] = replace(made.queues["q"], policy="predictive")
    for n, agent in enumerate(agents):
        live = ready(seq=2, idle_since_ms=now - n * 37_123, occupancy=n / 50, occupancy_ms=now)
        made.agents.set_live(agent.id, live)
    contact = waiting("01jd5x8q2n4v6w8y0a2c4e6g8j", now - 30_000, needs=(SkillNeed("en", 3),))
    decider = Decider(made, NoFilters(), Guesses())
    rejected = {"QUEUE": 112, "PRESENCE": 31, "CAPACITY": 240, "SKILL en": 17, "SPARED": 1}
    name, offer = "01jd5x8q2n4v6w8y0a2c4e6g8k", "01jd5x8q2n4v6w8y0a2c4e6g8k"
    decided = decider.decision(
        decider.rank(contact, now), contact, 0, name, rejected, offer_id=offer
    )
    encoded = encode(decided, DEMO)
    message = decision_pb2.Decision.FromString(encoded)
    assert len(message.inputs.agents) == 20
    assert len(message.inputs.columns) == 7
    assert len(encoded) <= 1_300


class Guesses:
    """Handle times."""

    def predict(self, contacts: Sequence[Waiting], rows: Rows) -> Predictions:
        """Some minutes."""
        return Predictions(np.tile(120 + rows * 7.003, (len(contacts), 1)), "2026-11-01T00:00:00Z")

    means = predict


class Store:
    """Keeps what it is given, unless it is down for the first few times."""

    def __init__(self, down: int = 0) -> None:
        self.rows: list[str] = []
        self.down = down

    async def put(self, rows: Sequence[DecisionRow]) -> None:
        """As the store does."""
        if self.down:
            self.down -= 1
            raise store_down()
        self.rows += [row.id for row in rows]


async def test_decisions_wait_for_a_store_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("switchyard_router.adapters.decision_sink._RETRY_SECONDS", 0)
    store = Store(down=2)
    writer = DecisionWriter(store, DEMO, Meter())
    for number in range(3):
        writer.note(decision(f"d{number}"))
    task = asyncio.create_task(writer.run())
    async with asyncio.timeout(60):
        while len(store.rows) < 3:
            await asyncio.sleep(0)
    task.cancel()
    assert store.rows == ["d0", "d1", "d2"]


async def test_what_is_left_is_written_when_the_process_stops() -> None:
    store = Store()
    writer = DecisionWriter(store, DEMO, Meter())
    writer.note(decision("last"))
    await writer.flush()
    assert store.rows == ["last"]
    store.down = 1
    writer.note(decision("lost"))
    await writer.flush()  # says so in the log, and does not keep the process from stopping
    assert store.rows == ["last"]


def test_more_than_can_be_kept_is_dropped_and_counted() -> None:
    meter = Meter()
    writer = DecisionWriter(Store(), DEMO, meter)
    for number in range(5_002):
        writer.note(decision(f"d{number}"))
    assert meter.told == [("decision_dropped",)] * 2
