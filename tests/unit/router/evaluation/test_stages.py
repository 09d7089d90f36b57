"""Plans on the fast floor: its agents and moves are the router's, and so are its choices."""

from dataclasses import replace

import numpy as np
import pytest
from switchyard_router.domain.agents import AgentProfile, AgentTable
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.evaluation.contenders import of_policy
from switchyard_router.domain.evaluation.days import Day, Luck, Presence, Staff
from switchyard_router.domain.evaluation.floor import NOBODY, Floor, Played
from switchyard_router.domain.evaluation.rules import NOWHERE, Habits, Rules, stages_of
from switchyard_router.domain.outcomes import Outcomes
from switchyard_router.domain.plans import ANYONE, Plan, Step
from switchyard_router.domain.queues import QueueProfile, Target, TargetKind
from switchyard_router.domain.recording import (
    Left,
    ReadyChange,
    RecordedContact,
    Recording,
    Refusals,
)
from switchyard_router.domain.skills import SkillNeed
from switchyard_router.service.simulating.values import Regime
from switchyard_router.service.simulating.wiring import play

from tests.fakes.router.core import TIMES, profile, waiting

pytestmark = pytest.mark.unit

T0 = 1_000_000_000
KINDS = ("gold", "blue")
PLANS = {
    "gold": Plan(
        "gold",
        1,
        (
            Step((SkillNeed("gold", 7),), expires_after_ms=12_000),
            Step((SkillNeed("gold", 3),), expires_after_ms=25_000, priority_delta=40),
        ),
        Target(TargetKind.QUEUE, "blue"),
    ),
    "blue": Plan("blue", 1, (Step((SkillNeed("blue"),), expires_after_ms=30_000), Step())),
}
PEOPLE = (
    profile("ann", skills={"gold": 9}, queues=("gold",)),
    profile("bob", skills={"gold": 4, "blue": 2}, queues=KINDS),
    profile("cho", skills={"blue": 9}, queues=("blue",)),
    profile("dan", queues=KINDS),
)


def table(people: tuple[AgentProfile, ...] = PEOPLE) -> AgentTable:
    agents = AgentTable()
    for each in people:
        agents.upsert(each)
    return agents


def rules(plans: dict[str, Plan]) -> Rules:
    agents = table()
    stages, first = stages_of(KINDS, plans, agents, credit_s=1.0)
    return Rules(stages, first, (0.0, 0.0), agents.column("breadth"))


def test_steps_become_stages_with_the_agents_who_pass_the_routers_gates() -> None:
    stages, first = stages_of(KINDS, PLANS, table(), credit_s=2.0)
    assert first == (0, 4)
    of_gold, of_blue = [[0], [0, 1], [1, 2], [1, 2, 3]], [[1, 2], [1, 2, 3]]
    assert [sorted(stage.able) for stage in stages] == [*of_gold, *of_blue]
    assert [stage.then for stage in stages] == [1, 2, 3, NOWHERE, 5, NOWHERE]
    assert [stage.lasts_s for stage in stages[:3]] == [12.0, 25.0, 30.0]
    assert [stage.ahead_s for stage in stages[:3]] == [0.0, 80.0, 0.0]
    assert stages[1].skill_ms.tolist() == [9_000, 4_000, 0, 0]


def test_nobody_returns_to_a_queue_that_was_left() -> None:
    there = Plan("blue", 1, (Step(expires_after_ms=1_000),), Target(TargetKind.QUEUE, "gold"))
    stages, _ = stages_of(KINDS, {**PLANS, "blue": there}, table(), credit_s=1.0)
    of_gold = [stage for stage in stages if stage.kind == 0]
    assert len(of_gold) == 3
    assert of_gold[-1].then == NOWHERE


def played(
    calls: list[tuple[float, int]],
    made: Rules,
    talk_s: list[float],
    seed: int = 0,
    policy: str = "longest_idle",
) -> Played:
    """Calls (seconds, kind) that talk so long with anybody; agents come after 1, 2, 3, 4 s."""
    ids = tuple(each.id for each in PEOPLE)
    true_s = np.ones((2, len(ids)))
    staff = Staff(ids, KINDS, true_s > 0, true_s)
    arrive = np.array([at for at, _ in calls])
    kind = np.array([kind for _, kind in calls])
    there = tuple(Presence(row, 1.0 + row, 1e7) for row in range(len(ids)))
    day = Day("", arrive, kind, arrive * 0, arrive < 0, there, true_s)
    luck = Luck(arrive, kind, np.array(talk_s), np.full(len(calls), np.inf))
    return Floor(day, luck, staff, of_policy(policy), seed=seed, rules=made).play()


def test_a_call_goes_from_step_to_step_while_nobody_answers() -> None:
    """ann serves the first one until 110 s; the second may have bob from 32 s on, who is free."""
    run = played([(10.0, 0), (20.0, 0)], rules(PLANS), [100.0, 100.0])
    assert run.agent.tolist() == [0, 1]
    assert run.waited_s.tolist() == [0.0, 12.0]


def test_a_call_that_overflows_is_served_there() -> None:
    run = played([(10.0, 0), (11.0, 0), (12.0, 0)], rules(PLANS), [1e3, 1e3, 50.0])
    assert run.agent.tolist() == [0, 1, 2]
    assert run.waited_s.tolist() == [0.0, 12.0, 12.0 + 25.0]


def test_a_step_that_puts_a_call_ahead_overtakes_who_came_before() -> None:
    """One agent; the gold call comes 30 s after the blue one, and is worth 40 s after 12 s."""
    made = rules({"gold": replace(PLANS["gold"], overflow=None), "blue": ANYONE})
    only_bob = tuple(replace(stage, able=stage.able & {1}) for stage in made.stages)
    run = played([(5.0, 1), (10.0, 1), (40.0, 0)], replace(made, stages=only_bob), [100.0] * 3)
    assert run.waited_s.tolist() == [0.0, 195.0, 65.0]


@pytest.mark.parametrize(
    ("policy", "rows"),
    [("longest_idle", [0, 1]), ("most_skilled", [0, 0]), ("least_flexible_first", [0, 0])],
)
def test_levels_and_breadth_count_for_policies_that_go_by_them(
    policy: str, rows: list[int]
) -> None:
    """For gold there are ann (9, nothing else) and bob (4, and blue), who then is idle longer."""
    plans = {**PLANS, "gold": Plan("gold", 1, (Step((SkillNeed("gold", 3),)),))}
    run = played([(10.0, 0), (20.0, 0)], rules(plans), [1.0, 1.0], policy=policy)
    assert run.agent.tolist() == rows


def test_who_nobody_may_serve_waits_for_ever() -> None:
    plans = {**PLANS, "gold": Plan("gold", 1, (Step((SkillNeed("silver"),)),))}
    assert played([(10.0, 0)], rules(plans), [1.0]).agent.tolist() == [NOBODY]


# Beside the dispatcher ------------------------------------------------------------------------


def queue(name: str, policy: str) -> QueueProfile:
    times = replace(TIMES, max_wait_ms=10**9, target_ms=20_000, credit_ms=1_000)
    return QueueProfile(name, name, policy, times, 1)


def recorded(calls: list[tuple[float, int]], talk_ms: list[int]) -> Recording:
    contacts = []
    for at, ((seconds, kind), talk) in enumerate(zip(calls, talk_ms, strict=True)):
        come = waiting(f"c{at}", T0 + round(seconds * 1000), queue=KINDS[kind])
        contacts.append(_answered(come, talk))
    changes = tuple(
        ReadyChange(T0 + 1000 * (1 + row), each.id, ready=True) for row, each in enumerate(PEOPLE)
    )
    return Recording(tuple(contacts), {}, changes, {}, {}, 1, T0 + 10**8)


def refusing(recording: Recording) -> Recording:
    """The same, but agents answer after 3 s and let some offers pass."""
    return replace(
        recording,
        answer_ms=dict.fromkeys(KINDS, 3_000.0),
        refusals={"ann": Refusals(0.1, 0.2), "bob": Refusals(missed=0.3), "dan": Refusals(0.2)},
    )


HABITS = Habits(
    declines=np.array([0.1, 0.0, 0.0, 0.2]),
    misses=np.array([0.2, 0.3, 0.0, 0.0]),
    pauses=np.zeros(4),
    pause_s=np.zeros(4),
    answer_s=3.0,
    ring_s=TIMES.ring_ms / 1000,
    rona_limit=10**9,
)


def _answered(come: Waiting, talk_ms: int) -> RecordedContact:
    return RecordedContact(come, Left.ANSWERED, come.enqueue_ms, "bob", talk_ms)


def drawn(seed: int) -> tuple[list[tuple[float, int]], list[int], np.ndarray]:
    """150 calls at a load that keeps lines short and long, talk times, and uniform numbers."""
    draw = np.random.default_rng(seed)
    moments = np.cumsum(draw.exponential(28_000, 150)).round() / 1000
    kinds = draw.integers(0, 2, 150).tolist()
    talk_ms = (11_000 + draw.exponential(80_000, 150)).astype(int).tolist()
    return list(zip(moments.tolist(), kinds, strict=True)), talk_ms, draw.random(150)


def agree(run: Played, outcomes: Outcomes) -> None:
    """Everybody was served by the same agent after the same time, but for rounding to ms."""
    assert run.agent.tolist() == outcomes.agent.tolist()
    assert run.waited_s.tolist() == pytest.approx((outcomes.waited_ms / 1000).tolist(), abs=2e-3)


REGIME = Regime(PEOPLE, tuple(queue(name, "longest_idle") for name in KINDS), tuple(PLANS.values()))


@pytest.mark.parametrize("seed", range(6))
async def test_under_plans_the_floor_serves_as_the_routers_dispatcher_does(seed: int) -> None:
    calls, talk_ms, u = drawn(seed)
    outcomes = await play(REGIME, recorded(calls, talk_ms), u, u)
    run = played(calls, rules(PLANS), (outcomes.talk_ms.astype(int) / 1000).tolist())
    agree(run, outcomes)
    assert len({*zip(run.agent.tolist(), run.waited_s > 0, strict=True)}) > 4
    assert any(left != KINDS[kind] for left, (_, kind) in zip(outcomes.queue, calls, strict=True))


@pytest.mark.parametrize("seed", range(6))
async def test_refused_offers_go_on_as_on_the_routers_dispatcher(seed: int) -> None:
    calls, talk_ms, u = drawn(seed)
    outcomes = await play(REGIME, refusing(recorded(calls, talk_ms)), u, u)
    talk_s = (outcomes.talk_ms.astype(int) / 1000).tolist()
    run = played(calls, replace(rules(PLANS), habits=HABITS), talk_s, int(u[0] * 2**32))
    agree(run, outcomes)
    assert run.refused.sum() > 5
