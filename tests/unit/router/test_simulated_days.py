"""Several days in one simulation: where they begin, and what is told of days, queues and agents."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.domain.agents import AgentProfile
from switchyard_router.domain.outcomes import ANSWERED, Outcomes
from switchyard_router.domain.queues import QueueProfile
from switchyard_router.domain.recording import Left, ReadyChange, RecordedContact, Recording
from switchyard_router.service.simulating.days import day_edges_ms
from switchyard_router.service.simulating.measuring import Measures
from switchyard_router.service.simulating.study import Study
from switchyard_router.service.simulating.values import Kpi, Regime, SimulationProgress
from switchyard_router.service.simulating.wiring import make_floor

from tests.fakes.router.core import TIMES, profile, waiting

pytestmark = pytest.mark.unit

T0 = 1_772_323_200_000
"""2026-03-01T00:00:00Z"""
HOUR_MS, DAY_MS = 3_600_000, 86_400_000


def at_ms(month: int, day: int, hour: int) -> int:
    return int(datetime(2026, month, day, hour, tzinfo=UTC).timestamp() * 1000)


def test_days_begin_at_midnight_of_the_zone_also_when_its_clock_changes() -> None:
    edges = day_edges_ms(at_ms(3, 28, 12), at_ms(3, 30, 12), "Europe/Berlin")
    assert edges == (
        at_ms(3, 28, 12), at_ms(3, 28, 23), at_ms(3, 29, 22),
        at_ms(3, 30, 12),
    )  # fmt: skip


@given(
    start=st.integers(T0, T0 + 400 * DAY_MS),
    length=st.integers(1, 40 * DAY_MS),
    zone=st.sampled_from(("UTC", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe")),
)
def test_days_cover_the_time_without_gaps(start: int, length: int, zone: str) -> None:
    edges = day_edges_ms(start, start + length, zone)
    assert (edges[0], edges[-1]) == (start, start + length)
    assert all(0 < later - earlier <= 25 * HOUR_MS for earlier, later in pairwise(edges))


def queue(queue_id: str, **changes: Any) -> QueueProfile:
    times = replace(TIMES, max_wait_ms=HOUR_MS, target_ms=20_000)
    return replace(QueueProfile(queue_id, "", "longest_idle", times, 1), **changes)


def week(days: int = 6, calls: int = 30) -> tuple[Recording, tuple[AgentProfile, ...]]:
    """Calls to two queues of two agents, of whom ann is three times as fast."""
    rng = np.random.default_rng(7)
    contacts = []
    for number in range(days * calls):
        day, at = divmod(number, calls)
        come = T0 + day * DAY_MS + 8 * HOUR_MS + at * 60_000
        agent, mean = (("ann", 10_000), ("bob", 40_000))[at % 2]
        talk = int(10_500 + rng.exponential(mean))
        call = waiting(f"c{number}", come, queue="qr"[at % 3 == 0])
        contacts.append(RecordedContact(call, Left.ANSWERED, come, agent, talk))
    recorded = Recording(
        contacts=tuple(contacts),
        ready_at_start={"ann": True, "bob": True},
        changes=(),
        answer_ms={},
        wrap_up_ms={"q": 10_000.0, "r": 10_000.0},
        events=1,
        until_ms=T0 + days * DAY_MS,
        day_edges_ms=tuple(T0 + day * DAY_MS for day in range(days + 1)),
    )
    return recorded, tuple(profile(agent, queues=("q", "r")) for agent in ("ann", "bob"))


def regime(agents: tuple[AgentProfile, ...], **changes: Any) -> Regime:
    return Regime(agents, (queue("q", **changes), queue("r", **changes)), ())


async def played(days: int = 6, **changes: Any) -> list[SimulationProgress]:
    recorded, agents = week(days)
    study = Study(make_floor, regime(agents), regime(agents, **changes), recorded, 2, 1)
    return [progress async for progress in study.run()]


def by_figure(progress: SimulationProgress) -> dict[tuple[str, str], Kpi]:
    return {(kpi.name, kpi.queue): kpi for kpi in progress.kpis}


async def test_figures_are_told_of_all_and_of_each_queue_in_a_fixed_order() -> None:
    _, last = await played(policy="fastest_mean")
    found = by_figure(last)
    for name in ("average_speed_of_answer_seconds", "service_level", "wait_p95_seconds"):
        assert {queue for kpi, queue in found if kpi == name} == {"", "q", "r"}
    assert [kpi.queue for kpi in last.kpis] == sorted(kpi.queue for kpi in last.kpis)
    assert last.days == 6


async def test_five_days_have_intervals_of_days_and_fewer_have_those_of_repetitions() -> None:
    recorded, agents = week()
    before, after = regime(agents), regime(agents, policy="fastest_mean")

    async def talk(recording: Recording) -> list[Kpi]:
        study = Study(make_floor, before, after, recording, 2, 1)
        return [by_figure(one)["average_talk_seconds", ""] async for one in study.run()]

    first, last = await talk(recorded)
    assert first.high == float("inf"), "one repetition alone says nothing"
    assert last.low <= last.candidate - last.baseline <= last.high < 0
    _, together = await talk(replace(recorded, day_edges_ms=()))
    assert together.candidate == pytest.approx(last.candidate, rel=0.01)
    assert (together.low, together.high) != (last.low, last.high)


async def test_unchanged_rules_change_nothing_on_any_day() -> None:
    _, last = await played()
    assert all(kpi.low == kpi.high == 0 for kpi in last.kpis)


async def test_shares_of_who_goes_elsewhere_are_told_with_intervals() -> None:
    _, last = await played(policy="fastest_mean")
    found = {kpi.name: kpi for kpi in last.kpis if kpi.name.endswith("_share")}
    assert 0 < found["other_agent_share"].low < found["other_agent_share"].candidate <= 1
    assert found["other_queue_share"].candidate == 0
    assert found["elsewhere_share"].candidate * last.contacts == pytest.approx(
        last.routed_differently, abs=0.5
    )


async def test_asking_one_agent_first_spreads_work_less_evenly() -> None:
    _, last = await played(policy="fastest_mean")
    spread = by_figure(last)["occupancy_spread", ""]
    assert spread.baseline != spread.candidate
    assert spread.low <= spread.candidate - spread.baseline <= spread.high


async def test_another_wrap_up_keeps_the_share_of_it_that_was_used() -> None:
    """Paperwork took 10 of 20 s; of 40 s it is 20: each call keeps its agent 10 s longer."""
    recorded, agents = week(1)
    before, after = (
        regime(agents, times=replace(queue("q").times, wrap_up_ms=ms)) for ms in (20_000, 40_000)
    )
    busy = []

    def make(made: Regime, recording: Recording) -> Any:
        busy.append(recording.wrap_up_ms["q"])
        return make_floor(made, recording)

    async for _ in Study(make, before, after, recorded, 1, 1).run():
        pass
    assert busy == [10_000.0, 20_000.0]


def test_occupancy_is_of_the_time_an_agent_was_there() -> None:
    """Both are busy for an hour; ann is there for two hours, bob for four."""
    recorded, _ = week(1, 2)
    start = recorded.contacts[0].contact.enqueue_ms
    away = (ReadyChange(start + 2 * HOUR_MS, "ann", False),
            ReadyChange(start + 4 * HOUR_MS, "bob", False))  # fmt: skip
    size = np.zeros(2)
    outcomes = Outcomes(
        how=np.full(2, ANSWERED, dtype=np.int8), waited_ms=size, talk_ms=size + 1,
        agent=np.arange(2), target_ms=size, queue=("q", "q"),
        busy_by_day_ms=np.full((1, 2), float(HOUR_MS)),
    )  # fmt: skip
    measures = Measures(replace(recorded, changes=away), ("ann", "bob"))
    assert measures.of(outcomes).spread.tolist() == pytest.approx([(0.5 - 0.25) / 2])
