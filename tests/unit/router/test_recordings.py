"""Events of a router become a recording that can be played again."""

from dataclasses import replace
from typing import Any

import pytest
from switchyard_router.domain.recording import Left, ReadyChange, Recorder

from tests.fakes.router.core import contact_event, event
from tests.fakes.router.recordings import T0, come

pytestmark = pytest.mark.unit


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
