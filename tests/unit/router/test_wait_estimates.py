"""Waits of contacts: who serves them and others too, what was promised, what it costs."""

from typing import Any

import pytest
from switchyard_router.domain.agents import AgentLive, AgentProfile
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.estimate import Estimate
from switchyard_router.domain.records import StoredEvent
from switchyard_router.domain.skills import SkillNeed

from tests.fakes.router.core import contact_event, profile, waiting
from tests.fakes.router.waits import NOW_MS, WaitingCentre

pytestmark = pytest.mark.unit


def staff(number: int, name: str = "a", **changes: Any) -> list[AgentProfile]:
    return [profile(f"{name}{each}", **changes) for each in range(number)]


def busy(centre: WaitingCentre) -> WaitingCentre:
    """Everybody has just begun a conversation."""
    for agent_id in centre.board.agents.ids:
        centre.hold(agent_id, 2, **{f"with-{agent_id}": "VOICE:active"})
    return centre


def line_up(centre: WaitingCentre, number: int, **changes: Any) -> list[Waiting]:
    """Contacts that came one millisecond after the other."""
    start = NOW_MS - 10_000 + len(centre.board.contacts)
    contacts = [
        waiting(f"{changes.get('queue', 'q')}-{start + each}", start + each, **changes)
        for each in range(number)
    ]
    for contact in contacts:
        centre.happen(contact_event(contact))
    return contacts


def newcomer(**changes: Any) -> Waiting:
    return waiting("new", NOW_MS, **changes)


async def test_the_position_is_the_place_in_the_queue() -> None:
    centre = busy(WaitingCentre(*staff(2)))
    contacts = line_up(centre, 3)
    found = [(await centre.waits.waiting(contact)).position for contact in contacts]
    assert found == [1, 2, 3]
    assert (await centre.waits.newcomer(newcomer())).position == 4


async def test_who_comes_while_somebody_suitable_is_free_does_not_wait() -> None:
    centre = WaitingCentre(*staff(1))
    found = await centre.waits.newcomer(newcomer())
    assert (found.position, found.p90_seconds, found.confident) == (1, 0.0, True)


async def test_somebody_free_who_does_not_suit_is_no_help() -> None:
    centre = WaitingCentre(profile("gus"), profile("ann", skills={"tax": 5}))
    centre.hold("ann", 2, call="VOICE:active")
    found = await centre.waits.newcomer(newcomer(needs=(SkillNeed("tax"),)))
    assert found.p50_seconds > 30


async def test_is_silent_where_nobody_serves() -> None:
    centre = busy(WaitingCentre(*staff(3)))
    found = await centre.waits.newcomer(newcomer(needs=(SkillNeed("tax"),)))
    assert (found.position, found.p90_seconds, found.confident) == (1, 0.0, False)


async def test_agents_who_rest_do_not_count() -> None:
    one = busy(WaitingCentre(*staff(1)))
    line_up(one, 5)
    two = busy(WaitingCentre(*staff(2)))
    line_up(two, 5)
    rests = AgentLive(presence="NOT_READY", ready=False, seq=3)
    two.board.agents.set_live("a1", rests)
    expected = await one.waits.newcomer(newcomer())
    assert await two.waits.newcomer(newcomer()) == expected


async def test_an_agent_of_two_queues_gives_each_a_part() -> None:
    """20 of q are before a newcomer, and as many of z; z has nobody else, or agents of its own."""

    async def wait(*queues_of_others: str) -> float:
        shared = staff(5, queues=("q", "z"))
        own = staff(5, "z", queues=("z",)) if "own" in queues_of_others else []
        centre = WaitingCentre(*shared, *own)
        centre.add_queue("z")
        busy(centre)
        for queue in queues_of_others:
            if queue != "own":
                line_up(centre, 20, queue=queue)
        return (await centre.waits.newcomer(newcomer())).p50_seconds

    alone, both, helped = await wait("q"), await wait("q", "z"), await wait("q", "z", "own")
    assert both == pytest.approx(2 * alone, rel=0.2)
    assert helped == pytest.approx(alone, rel=0.2)


async def test_a_line_that_nobody_serves_does_not_keep_others_waiting() -> None:
    centre = busy(WaitingCentre(*staff(5)))
    alone = (await centre.waits.newcomer(newcomer())).p50_seconds
    line_up(centre, 50, needs=(SkillNeed("tax"),))
    centre.own.advance(60)
    busy(centre)
    assert (await centre.waits.newcomer(newcomer())).p50_seconds < 3 * alone


async def test_more_priority_is_a_better_place() -> None:
    centre = busy(WaitingCentre(*staff(2)))
    line_up(centre, 5)
    urgent = waiting("new", NOW_MS - 60_000, priority=1)
    assert (await centre.waits.newcomer(urgent)).position == 1
    assert (await centre.waits.newcomer(newcomer())).position == 6


async def test_those_who_came_after_the_survey_count_as_well() -> None:
    centre = busy(WaitingCentre(*staff(2)))
    first = await centre.waits.newcomer(newcomer())
    line_up(centre, 40)
    later = await centre.waits.newcomer(newcomer())
    assert later.p50_seconds > 10 * first.p50_seconds


async def test_an_unknown_level_of_handle_times_is_not_announced() -> None:
    centre = busy(WaitingCentre(*staff(2)))
    centre.times.known = False
    assert not (await centre.waits.newcomer(newcomer())).confident


async def test_too_few_services_are_not_enough_to_speak() -> None:
    centre = busy(WaitingCentre(*staff(2)))
    centre.counts.finished = 19
    assert not (await centre.waits.newcomer(newcomer())).confident


def over(contact: Waiting, state: str, after_seconds: float) -> StoredEvent:
    told = contact_event(Waiting(**{**_fields(contact), "state": state, "seq": 9}), "OFFERING")
    data = {**told.data, "previous_state_ms": 0, "talk_ms": 0}
    return StoredEvent(
        "9-0", told.type, told.subject, "r", NOW_MS + int(after_seconds * 1000), 9, data
    )


def _fields(contact: Waiting) -> dict[str, Any]:
    return {name: getattr(contact, name) for name in contact.__slots__}


async def said_after(centre: WaitingCentre, state: str, after_seconds: float) -> Estimate:
    (contact,) = line_up(centre, 1)
    await centre.waits.waiting(contact)
    centre.happen(over(contact, state, after_seconds))
    return await centre.waits.newcomer(newcomer())


async def test_falls_silent_when_a_promise_was_broken() -> None:
    found = await said_after(busy(WaitingCentre(*staff(2))), "CONNECTED", 900)
    assert found.recent_abs_error_seconds > 600
    assert not found.confident


async def test_a_promise_counts_from_when_it_was_given() -> None:
    """The contact had waited 10 s when it was told."""
    centre = busy(WaitingCentre(*staff(1)))
    (contact,) = line_up(centre, 1)
    promised = (await centre.waits.waiting(contact)).p50_seconds
    centre.happen(over(contact, "CONNECTED", promised))
    found = await centre.waits.newcomer(newcomer())
    assert found.recent_abs_error_seconds == pytest.approx(0.0, abs=0.01)
    assert found.confident


async def test_who_is_withdrawn_proves_nothing() -> None:
    found = await said_after(busy(WaitingCentre(*staff(2))), "CANCELLED", 900)
    assert found.recent_abs_error_seconds == 0


async def test_who_gave_up_long_after_the_promise_is_an_error() -> None:
    found = await said_after(busy(WaitingCentre(*staff(2))), "ABANDONED", 900)
    assert not found.confident


async def test_ten_thousand_who_wait_alike_share_one_curve() -> None:
    centre = busy(WaitingCentre(*staff(20)))
    contacts = line_up(centre, 10_000)
    estimates = [await centre.waits.waiting(contact) for contact in contacts[::10]]
    assert centre.times.asked == 2  # for the curve, and for the survey of lines
    waits = [found.p50_seconds for found in estimates]
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(10_000 * 100 / 20, rel=0.1)


async def test_what_is_known_is_looked_at_again_after_a_while() -> None:
    centre = busy(WaitingCentre(*staff(5)))
    line_up(centre, 5)
    for _ in range(3):
        await centre.waits.newcomer(newcomer())
        centre.own.advance(40)
    assert centre.times.asked == 6
