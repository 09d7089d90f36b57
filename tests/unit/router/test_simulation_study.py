"""Two sets of rules on the same recording, and what the difference rests on."""

import numpy as np
import pytest
from switchyard_common.errors import DomainError
from switchyard_router.domain.agents import AgentProfile
from switchyard_router.domain.recording import Left, RecordedContact, Recording
from switchyard_router.service.board import Board
from switchyard_router.service.simulating.draws import Draws
from switchyard_router.service.simulating.study import Study
from switchyard_router.service.simulating.values import SimulationProgress
from switchyard_router.service.simulating.wiring import make_floor

from tests.fakes.router.core import profile
from tests.fakes.router.recordings import T0, answered, come, recording, regime

pytestmark = pytest.mark.unit


async def result(study: Study) -> SimulationProgress:
    *_, last = [progress async for progress in study.run()]
    return last


def day(number: int = 80, gap_ms: int = 20_000) -> tuple[Recording, tuple[AgentProfile, ...]]:
    """Calls to two agents of whom ann is three times as fast; half of the calls each."""
    rng = np.random.default_rng(7)
    contacts = []
    for at, gap in enumerate(np.cumsum(rng.exponential(gap_ms, number)).astype(int)):
        agent, mean = (("ann", 10_000), ("bob", 40_000))[at % 2]
        talk = int(10_500 + rng.exponential(mean))
        contacts.append(answered(come(at, int(gap)), agent, talk))
    recorded = recording(*contacts, ready_at_start={"ann": True, "bob": True})
    return recorded, (profile("ann"), profile("bob"))


async def test_the_same_rules_give_no_difference() -> None:
    recorded, agents = day()
    progress = await result(Study(make_floor, regime(*agents), regime(*agents), recorded, 3, 1))
    assert progress.routed_differently == 0
    for kpi in progress.kpis:
        assert (kpi.low, kpi.high, kpi.candidate) == (0.0, 0.0, kpi.baseline)
    assert progress.effective_sample_size == len(recorded.contacts)
    assert (progress.done, progress.replications) == (3, 3)


async def test_the_same_seed_gives_the_same_figures_and_another_one_others() -> None:
    recorded, agents = day(30)
    fast = regime(*agents, policy="fastest_mean")

    async def figures(seed: int) -> SimulationProgress:
        return await result(Study(make_floor, regime(*agents), fast, recorded, 2, seed))

    assert await figures(1) == await figures(1)
    assert (await figures(1)).kpis != (await figures(2)).kpis


async def test_asking_the_faster_agent_first_shortens_conversations() -> None:
    recorded, agents = day(gap_ms=60_000)
    fast = regime(*agents, policy="fastest_mean")
    progress = await result(Study(make_floor, regime(*agents), fast, recorded, 5, 1))
    talk = next(kpi for kpi in progress.kpis if kpi.name == "average_talk_seconds")
    assert talk.candidate < talk.baseline
    assert talk.high < 0, "the interval leaves 0 out"
    assert progress.routed_differently > 5
    assert 1 <= progress.effective_sample_size <= len(recorded.contacts)
    logged = np.mean([one.talk_ms for one in recorded.contacts]) / 1000
    assert talk.logged == pytest.approx(logged)
    assert any("80 contacts arrive as logged" in each.en for each in progress.assumptions)


async def test_progress_comes_after_each_repetition() -> None:
    recorded, agents = day(20)
    study = Study(make_floor, regime(*agents), regime(*agents), recorded, 3, 1)
    assert [progress.done async for progress in study.run()] == [1, 2, 3]


def test_without_conversations_there_is_nothing_to_draw_from() -> None:
    lost = RecordedContact(come(0, 0), Left.ABANDONED, T0 + 5_000)
    with pytest.raises(DomainError) as caught:
        Draws(recording(lost), Board().agents)
    assert caught.value.reason == "NOTHING_TO_DRAW"
