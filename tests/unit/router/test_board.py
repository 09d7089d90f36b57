"""The board follows events, whatever their order."""

import pytest
from switchyard_router.domain.agents import AgentLive
from switchyard_router.domain.skills import SkillNeed

from tests.fakes.router.core import board, contact_event, event, profile, ready, waiting

pytestmark = pytest.mark.unit


def test_the_line_is_in_order_and_positions_count_from_one() -> None:
    made = board()
    for name, order in (("c", 30), ("a", 10), ("b", 20)):
        made.apply(contact_event(waiting(name, order)))
    assert [contact for _, contact in made.line("q")] == ["a", "b", "c"]
    assert [made.position(name) for name in "abc"] == [1, 2, 3]
    assert made.position("nobody") == 0
    made.apply(contact_event(waiting("a", 10, seq=2, state="OFFERING"), "QUEUED"))
    assert [made.position(name) for name in "abc"] == [0, 1, 2]


def test_repeated_and_old_events_change_nothing() -> None:
    made = board()
    made.apply(contact_event(waiting("a", seq=5, state="OFFERING")))
    made.apply(contact_event(waiting("a", seq=5)))
    made.apply(contact_event(waiting("a", seq=3)))
    assert made.contacts["a"].state == "OFFERING"
    assert made.line("q") == []


def test_a_contact_that_is_over_leaves() -> None:
    made = board()
    made.apply(contact_event(waiting("a")))
    made.apply(contact_event(waiting("a", seq=2, state="ABANDONED"), "QUEUED"))
    made.apply(contact_event(waiting("b", state="COMPLETED")))
    assert made.contacts == {}
    assert made.line("q") == []


def test_a_reservation_shows_at_once() -> None:
    made = board(profile("ann"))
    made.apply(contact_event(waiting("a")))
    made.reserved(made.contacts["a"], "ann", 7)
    assert made.contacts["a"].state == "OFFERING"
    assert not made.agents.has_room(0, "VOICE")
    assert made.line("q") == []


def test_a_reservation_whose_events_were_faster_changes_nothing_back() -> None:
    made = board(profile("ann"))
    made.apply(contact_event(waiting("a")))
    decided_on = made.contacts["a"]
    made.apply(contact_event(waiting("a", seq=2, state="OFFERING", agent="ann"), "QUEUED"))
    made.apply(contact_event(waiting("a", seq=5), "OFFERING"))  # declined already
    made.agents.set_live("ann", ready(seq=9))
    made.reserved(decided_on, "ann", 7)
    assert made.position("a") == 1
    assert made.agents.has_room(0, "VOICE")


def test_a_contact_set_aside_is_held_until_something_changes() -> None:
    made = board()
    made.apply(contact_event(waiting("a")))
    made.set_aside(made.contacts["a"], 5_000)
    assert made.contacts["a"].hold_until_ms == 5_000
    made.apply(contact_event(waiting("a", seq=2, language="zh")))
    assert made.contacts["a"].hold_until_ms == 0


def test_events_carry_needs_and_agents_states() -> None:
    made = board(profile("ann"))
    needy = contact_event(waiting("a"))
    data = dict(needy.data) | {
        "needs": [{"skill": "en", "min_level": 2, "max_level": 9, "preferred": False}]
    }
    made.apply(event("contact.queued", "a", 1, data))
    assert made.contacts["a"].needs == (SkillNeed("en", 2, 9),)
    state = {
        "presence": "NOT_READY",
        "ready": False,
        "held": {},
        "idle_since_ms": 4,
        "epoch": 2,
        "reason": "lunch",
        "next_presence": "",
        "since_ms": 3,
    }
    made.apply(event("agent.state_changed", "ann", 8, state))
    assert made.agents.lives[0].reason == "lunch"


def test_a_snapshot_replaces_what_was_known() -> None:
    made = board(profile("ann"))
    made.apply(contact_event(waiting("gone")))
    made.load({"ann": AgentLive(presence="NOT_READY", seq=1), "unknown": ready()}, [])
    assert made.contacts == {}
    assert made.agents.lives[0].presence == "NOT_READY"
