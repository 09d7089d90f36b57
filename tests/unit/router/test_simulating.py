"""A recorded time, replayed under other rules by the code that dispatches."""

from collections.abc import Sequence
from dataclasses import replace
from heapq import heappop, heappush
from math import inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_common.errors import DomainError
from switchyard_router.domain.agents import AgentProfile
from switchyard_router.domain.comparison import effective_sample_size, paired
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.outcomes import ABANDONED, ANSWERED, ELSEWHERE, Outcomes
from switchyard_router.domain.patience import survival
from switchyard_router.domain.plans import Plan, Step
from switchyard_router.domain.queues import QueueProfile, Target, TargetKind
from switchyard_router.domain.recording import (
    Left,
    ReadyChange,
    RecordedContact,
    Recorder,
    Recording,
    Refusals,
)
from switchyard_router.domain.skills import SkillNeed
from switchyard_router.service.board import Board
from switchyard_router.service.simulating import wiring
from switchyard_router.service.simulating.draws import Draws
from switchyard_router.service.simulating.study import Study
from switchyard_router.service.simulating.values import Regime, SimulationProgress
from switchyard_router.service.simulating.wiring import make_floor

from tests.fakes.router.core import TIMES, contact_event, event, profile, waiting

pytestmark = pytest.mark.unit

T0 = 1_000_000_000


def queue(queue_id: str = "q", **changes: Any) -> QueueProfile:
    times = replace(TIMES, max_wait_ms=3_600_000, target_ms=20_000)
    return replace(QueueProfile(queue_id, "", "longest_idle", times, 1), **changes)


def come(number: int, after_ms: int, **changes: Any) -> Waiting:
    return waiting(f"c{number}", T0 + after_ms, **changes)


def answered(
    contact: Waiting, agent: str = "ann", talk_ms: int = 60_000, waited_ms: int = 0
) -> RecordedContact:
    left = contact.enqueue_ms + waited_ms
    return RecordedContact(contact, Left.ANSWERED, left, agent, talk_ms)


def recording(*contacts: RecordedContact, **changes: Any) -> Recording:
    usual = Recording(
        contacts=contacts,
        ready_at_start={"ann": True},
        changes=(),
        answer_ms={"q": 2_000.0},
        wrap_up_ms={},
        events=1,
        until_ms=T0 + 10_000_000,
    )
    return replace(usual, **changes)


def regime(*agents: AgentProfile, plans: Sequence[Plan] = (), **changes: Any) -> Regime:
    return Regime(agents or (profile("ann"),), (queue(**changes),), tuple(plans))


async def play(made: Regime, recorded: Recording, talk: float = 0.5) -> Outcomes:
    size = len(recorded.contacts)
    return await wiring.play(made, recorded, np.full(size, talk), np.full(size, 0.5))


async def result(study: Study) -> SimulationProgress:
    *_, last = [progress async for progress in study.run()]
    return last


async def test_one_agent_serves_one_after_the_other() -> None:
    """Offers are answered after 2 s, everybody talks for 60 s: the third waits 2 x 62 + 2 s."""
    recorded = recording(*(answered(come(n, n)) for n in range(3)))
    outcomes = await play(regime(), recorded)
    assert outcomes.how.tolist() == [ANSWERED] * 3
    assert outcomes.waited_ms.tolist() == [2_000, 2_000 + 62_000 - 1, 2_000 + 124_000 - 2]
    assert outcomes.talk_ms.tolist() == [60_000] * 3


async def test_paperwork_keeps_the_next_waiting() -> None:
    recorded = recording(answered(come(0, 0)), answered(come(1, 0)), wrap_up_ms={"q": 30_000.0})
    assert (await play(regime(), recorded)).waited_ms.tolist() == [2_000, 2_000 + 92_000]


async def test_who_gave_up_then_gives_up_again_unless_served_before() -> None:
    first = answered(come(0, 0))
    patient = RecordedContact(come(1, 1), Left.ABANDONED, T0 + 1 + 90_000)
    hasty = RecordedContact(come(2, 2), Left.ABANDONED, T0 + 2 + 5_000)
    gone = RecordedContact(come(3, 3), Left.WITHDRAWN, T0 + 3 + 6_000)
    outcomes = await play(regime(), recording(first, patient, hasty, gone))
    assert outcomes.how.tolist() == [ANSWERED, ANSWERED, ABANDONED, ELSEWHERE]
    assert outcomes.waited_ms[2:].tolist() == [5_000, 6_000]


async def test_who_hangs_up_while_it_rings_frees_the_agent() -> None:
    hasty = RecordedContact(come(0, 0), Left.ABANDONED, T0 + 1_000)
    patient = answered(come(1, 0), waited_ms=3_000)
    outcomes = await play(regime(), recording(hasty, patient))
    assert outcomes.how.tolist() == [ABANDONED, ANSWERED]
    assert outcomes.waited_ms.tolist() == [1_000, 3_000]


async def test_a_missed_offer_rings_out_and_another_agent_is_asked() -> None:
    """ann lets it ring for the queue's ring time; bob, who came meanwhile, answers after 2 s."""
    both = recording(
        answered(come(0, 0)),
        changes=(ReadyChange(T0 + 5_000, "bob", ready=True),),
        refusals={"ann": Refusals(missed=1.0)},
    )
    outcomes = await play(regime(profile("ann"), profile("bob")), both)
    assert outcomes.agent.tolist() == [1]
    assert outcomes.waited_ms.tolist() == [TIMES.ring_ms + 2_000]
    assert outcomes.busy_ms[0] == TIMES.ring_ms


async def test_who_declines_is_asked_again_later_and_later() -> None:
    """Asked for 2 s after 0, 7, 19, 41, 83 and 145 s; who may wait 146 s leaves when that ends."""
    gone = RecordedContact(come(0, 0), Left.WITHDRAWN, T0 + 100_000)
    recorded = recording(gone, answered(come(1, 200_000)), refusals={"ann": Refusals(1.0)})
    made = regime(times=replace(queue().times, max_wait_ms=146_000))
    outcomes = await play(made, recorded)
    assert outcomes.how.tolist() == [ELSEWHERE, 0]
    assert outcomes.waited_ms.tolist() == [100_000, 147_000]
    assert outcomes.busy_ms.tolist() == [(5 + 6) * 2_000]


async def test_agents_are_there_when_they_were() -> None:
    recorded = recording(
        answered(come(0, 0)),
        answered(come(1, 10_000)),
        ready_at_start={},
        changes=(
            ReadyChange(T0 + 5_000, "ann", ready=True),
            ReadyChange(T0 + 6_000, "ann", ready=False),
            ReadyChange(T0 + 500_000, "ann", ready=True),
        ),
    )
    outcomes = await play(regime(), recorded)
    assert outcomes.waited_ms.tolist() == [7_000, 492_000]


async def test_nobody_waits_longer_than_the_queue_lets_them() -> None:
    recorded = recording(answered(come(0, 0)), ready_at_start={})
    outcomes = await play(regime(), recorded)
    assert outcomes.how.tolist() == [0]
    assert outcomes.waited_ms.tolist() == [3_600_000]


async def test_steps_of_plans_lead_on() -> None:
    plan = Plan("p", 1, (Step((SkillNeed("gold"),), expires_after_ms=30_000), Step()))
    recorded = recording(answered(come(0, 0)))
    outcomes = await play(regime(plans=[plan], plan="p"), recorded)
    assert outcomes.waited_ms.tolist() == [32_000]


async def test_overflow_leads_to_another_queue_and_outside() -> None:
    away = Plan(
        "p", 1, (Step((SkillNeed("gold"),), None, None, 10_000),), Target(TargetKind.QUEUE, "other")
    )
    outside = replace(away, overflow=Target(TargetKind.EXTERNAL, "sip:x@y"))
    agents = (profile("ann", queues=("other",)),)
    recorded = recording(answered(come(0, 0)))
    queues = (queue(plan="p"), queue("other"))
    outcomes = await play(Regime(agents, queues, (away,)), recorded)
    assert (outcomes.how.tolist(), outcomes.waited_ms.tolist()) == ([ANSWERED], [10_000])
    assert outcomes.queue == ("other",)
    outcomes = await play(Regime(agents, queues, (outside,)), recorded)
    assert (outcomes.how.tolist(), outcomes.waited_ms.tolist()) == ([ELSEWHERE], [10_000])


async def test_levels_open_up_from_step_to_step_and_a_contact_is_told_by_its_queue() -> None:
    """Level 8 is asked for at first, 3 after 30 s from entering the second step, then anyone."""
    steps = (
        Step((SkillNeed("gold", 8),), expires_after_ms=20_000),
        Step((SkillNeed("gold", 3),), expires_after_ms=30_000),
        Step(),
    )
    made = regime(profile("ann", skills={"gold": 5}), plans=[Plan("p", 1, steps)], plan="p")
    outcomes = await play(made, recording(answered(come(0, 0))))
    assert outcomes.waited_ms.tolist() == [22_000]
    made = regime(profile("ann", skills={"gold": 2}), plans=[Plan("p", 1, steps)], plan="p")
    outcomes = await play(made, recording(answered(come(0, 0))))
    assert outcomes.waited_ms.tolist() == [52_000]
    assert outcomes.queue == ("q",)


async def test_a_priority_that_a_step_adds_overtakes_who_came_earlier() -> None:
    """Two wait for ann, who talks until 62 s; the second is worth a minute more after 10 s."""
    urgent = Plan("u", 1, (Step(expires_after_ms=10_000), Step(priority_delta=60)))
    first, second = answered(come(1, 1_000)), answered(come(2, 5_000, plan="u"))
    made = regime(plans=[urgent])
    made = replace(made, queues=(queue(times=replace(queue().times, credit_ms=1_000)),))
    outcomes = await play(made, recording(answered(come(0, 0)), first, second))
    assert outcomes.waited_ms.tolist() == [2_000, 125_000, 59_000]


async def test_agents_are_busy_while_it_rings_and_until_their_paperwork_is_done() -> None:
    recorded = recording(answered(come(0, 0)), answered(come(1, 0)), wrap_up_ms={"q": 30_000.0})
    outcomes = await play(regime(), recorded)
    assert outcomes.busy_ms.tolist() == [2 * (2_000 + 60_000 + 30_000)]
    assert recorded.ready_ms("ann") == 10_000_000
    away = replace(recorded, changes=(ReadyChange(T0 + 4_000, "ann", ready=False),))
    assert (away.ready_ms("ann"), away.ready_ms("bob")) == (4_000, 0)


async def test_chats_share_an_agent_up_to_the_capacity() -> None:
    chats = [answered(come(n, n, channel="CHAT")) for n in range(3)]
    ann = profile("ann", capacity={"CHAT": 2})
    outcomes = await play(regime(ann), recording(*chats))
    assert outcomes.waited_ms.tolist() == [2_000, 2_000, 62_000 - 2 + 2_000]


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


@pytest.mark.parametrize("agents", [1, 3])
async def test_equal_agents_serve_as_the_textbook_says(agents: int) -> None:
    """First come, first served with c servers (Kiefer and Wolfowitz 1955), on the same draws."""
    rng = np.random.default_rng(5)
    comes = np.cumsum(rng.exponential(30_000 / agents, 120)).astype(int)
    recorded = recording(
        *(
            answered(come(at, int(ms)), "a0", int(10_001 + rng.exponential(15_000)))
            for at, ms in enumerate(comes)
        ),
        ready_at_start={f"a{number}": True for number in range(agents)},
        answer_ms={},
    )
    people = [profile(f"a{number}") for number in range(agents)]
    floor, router = make_floor(regime(*people), recorded)
    outcomes = await floor.run(router, rng.random(120), rng.random(120))
    free, waits = [0] * agents, []
    for one, talk in zip(recorded.contacts, outcomes.talk_ms, strict=True):
        begins = max(one.contact.enqueue_ms, heappop(free))
        waits.append(begins - one.contact.enqueue_ms)
        heappush(free, begins + int(talk))
    assert outcomes.waited_ms.tolist() == waits
    assert max(waits) > 0


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


# Recording ------------------------------------------------------------------------------------


def test_a_log_becomes_a_recording() -> None:
    recorder = Recorder(T0, T0 + 100_000)
    call, lost, late = come(1, 0), come(2, 5_000), come(3, 100_000)
    for contact in (call, lost, late):
        recorder.arrives(contact)

    def happens(kind: str, subject: str, at_ms: int, **data: Any) -> None:
        stored = event(kind, subject, 1, {"queue": "q", **data})
        recorder.on_event(replace(stored, time_ms=T0 + at_ms))

    happens("agent.state_changed", "ann", 10, ready=True, previous_presence="OFFLINE")
    happens("agent.state_changed", "bob", 11, ready=True, previous_presence="ON_CONTACT")
    happens("offer.created", "c1", 1_000, contact="c1")
    happens("contact.connected", "c1", 4_000, agent="ann")
    happens("contact.abandoned", "c2", 9_000)
    happens("contact.wrap_up", "c1", 64_000, talk_ms=60_000)
    happens("contact.completed", "c1", 70_000, previous_state="WRAP_UP", previous_state_ms=6_000)
    happens("agent.state_changed", "bob", 80_000, ready=False, previous_presence="AVAILABLE")
    made = recorder.recording()
    assert [(one.left, one.waited_ms, one.agent, one.talk_ms) for one in made.contacts] == [
        (Left.ANSWERED, 4_000, "ann", 60_000),
        (Left.ABANDONED, 4_000, "", 0),
    ], "who came too late is not replayed"
    assert made.ready_at_start == {"ann": False, "bob": True}
    assert made.changes == (
        ReadyChange(T0 + 10, "ann", ready=True),
        ReadyChange(T0 + 80_000, "bob", ready=False),
    )
    assert (made.answer_ms, made.wrap_up_ms) == ({"q": 3_000}, {"q": 6_000})


def test_shares_of_refused_offers_are_drawn_towards_everybodys() -> None:
    """ann missed 9 and declined 1 of 60 offers, bob none of 20; 20 more at everybody's share."""
    recorder = Recorder(T0, T0 + 100_000)
    recorder.arrives(come(1, 0))
    for agent, count in (("ann", 60), ("bob", 20)):
        for number in range(count):
            recorder.on_event(event("offer.created", "o", 1, {"contact": "c1", "agent": agent}))
            ends = "declined" if number == 0 else "timed_out" if number < 10 else "accepted"
            if agent == "ann":
                recorder.on_event(event(f"offer.{ends}", "o", 1, {"contact": "c1", "agent": agent}))
    made = recorder.recording().refusals
    assert made["ann"].missed == pytest.approx((9 + 20 * 9 / 80) / 80)
    assert made["bob"].missed == pytest.approx(20 * 9 / 80 / 40)
    assert made["ann"].declined == pytest.approx((1 + 20 / 80) / 80)


def test_events_of_the_router_are_understood() -> None:
    """The same events as the board reads."""
    recorder = Recorder(T0, T0 + 1)
    contact = come(1, 0, state="CONNECTED", agent="ann", seq=3)
    recorder.arrives(contact)
    recorder.on_event(contact_event(contact, "ASSIGNED"))
    assert recorder.recording().contacts[0].agent == "ann"


# Statistics -----------------------------------------------------------------------------------


def test_patience_is_the_product_limit_estimate() -> None:
    """Kaplan and Meier's example by hand: 4 at 1, 2 (censored), 3, 4 (censored)."""
    curve = survival([1, 2, 3, 4], [True, False, True, False])
    assert curve.times_ms.tolist() == [1, 3]
    assert curve.share.tolist() == [0.75, 0.375]
    assert curve.beyond(0, 0.8) == 1
    assert curve.beyond(2, 0.5) == 3
    assert curve.beyond(2, 0.1) == inf
    assert survival([5, 6], [False, False]).beyond(0, 0.01) == inf


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=30), st.floats(0.01, 0.99))
def test_patience_is_longer_than_the_wait(waits: list[tuple[int, bool]], u: float) -> None:
    curve = survival([wait for wait, _ in waits], [gave_up for _, gave_up in waits])
    assert all(0 <= share <= 1 for share in curve.share)
    for wait, _ in waits:
        assert curve.beyond(wait, u) > wait


def test_the_interval_is_students_and_paired() -> None:
    found = paired([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    assert (found.baseline, found.candidate) == (2.0, 4.0)
    half = 4.302653 * 1.0 / np.sqrt(3)  # t of 2 degrees of freedom; the differences are 1, 2, 3
    assert (found.low, found.high) == pytest.approx((2 - half, 2 + half))
    assert (paired([1.0], [2.0]).low, paired([1.0], [2.0]).high) == (-inf, inf)
    assert paired([1.0, np.nan, 3.0], [1.0, 9.0, 3.0]).high == 0.0
    assert np.isnan(paired([np.nan], [np.nan]).baseline)


def test_correlated_values_are_worth_less() -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(size=20_000)
    follow = np.empty_like(noise)
    follow[0] = noise[0]
    for at in range(1, len(noise)):
        follow[at] = 0.8 * follow[at - 1] + noise[at]
    assert effective_sample_size(noise) == pytest.approx(20_000, rel=0.1)
    # An autoregression with coefficient r is worth n (1 - r) / (1 + r).
    assert effective_sample_size(follow) == pytest.approx(20_000 / 9, rel=0.2)
    assert effective_sample_size(np.zeros(7)) == 7
    assert effective_sample_size(np.array([1.0, 2.0])) == 2


def test_figures_are_computed_as_they_say() -> None:
    outcomes = Outcomes(
        how=np.array([ANSWERED, ANSWERED, ABANDONED, ELSEWHERE, 0], dtype=np.int8),
        waited_ms=np.array([10_000.0, 30_000, 5_000, 0, 0]),
        talk_ms=np.array([60_000.0, 120_000, 0, 0, 0]),
        agent=np.array([0, 1, -1, -1, -1]),
        target_ms=np.full(5, 20_000.0),
    )
    figures = outcomes.figures()
    assert figures["answered_contacts"] == 2
    assert figures["abandoned_share"] == pytest.approx(1 / 3)
    assert figures["service_level"] == pytest.approx(1 / 3)
    assert figures["average_speed_of_answer_seconds"] == 20
    assert figures["wait_p90_seconds"] == 28
    assert figures["average_talk_seconds"] == 90
    assert figures["expired_share"] == 0.2
