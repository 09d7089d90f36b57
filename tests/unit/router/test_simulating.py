"""A recorded time, replayed under other rules by the code that dispatches."""

from dataclasses import replace
from heapq import heappop, heappush

import numpy as np
import pytest
from switchyard_router.domain.outcomes import ABANDONED, ANSWERED, ELSEWHERE, Outcomes
from switchyard_router.domain.plans import Plan, Step
from switchyard_router.domain.queues import Target, TargetKind
from switchyard_router.domain.recording import (
    Left,
    ReadyChange,
    RecordedContact,
    Recording,
    Refusals,
)
from switchyard_router.domain.skills import SkillNeed
from switchyard_router.service.simulating import wiring
from switchyard_router.service.simulating.values import Regime
from switchyard_router.service.simulating.wiring import make_floor

from tests.fakes.router.core import TIMES, profile
from tests.fakes.router.recordings import T0, answered, come, queue, recording, regime

pytestmark = pytest.mark.unit


async def play(made: Regime, recorded: Recording, talk: float = 0.5) -> Outcomes:
    size = len(recorded.contacts)
    return await wiring.play(made, recorded, np.full(size, talk), np.full(size, 0.5))


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
