"""What is learned of a queue's services, and what agents' places are taken by."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from switchyard_router.domain.agents import AgentProfile
from switchyard_router.domain.records import StoredEvent
from switchyard_router.domain.wait_curve import MOST_PLACES, Places
from switchyard_router.service.paces import Paces
from switchyard_router.service.places import PlaceFinder

from tests.fakes.router.core import profile, ready, waiting
from tests.fakes.router.waits import NOW_MS, WaitingCentre

pytestmark = pytest.mark.unit


def change(contact: str, before: str, after: str, seconds: float, **more: Any) -> StoredEvent:
    """A contact of queue q leaves a state after so many seconds."""
    data: Mapping[str, Any] = {
        "state": after,
        "previous_state": before,
        "previous_state_ms": int(seconds * 1000),
        "queue": "q",
        "talk_ms": 0,
        **more,
    }
    kind = f"contact.{after.lower()}"
    return StoredEvent("1-0", kind, contact, "r", NOW_MS, 1, data)


def learned(*events: StoredEvent) -> Paces:
    paces = Paces()
    for event in events:
        paces.on_event(event)
    return paces


def test_learns_how_long_answers_and_paperwork_take() -> None:
    pace = learned(
        change("a", "OFFERING", "ASSIGNED", 3),
        change("b", "OFFERING", "ASSIGNED", 5),
        change("a", "ASSIGNED", "CONNECTED", 1),
        change("a", "WRAP_UP", "COMPLETED", 20),
    ).of("q")
    assert pace.answer_seconds == pytest.approx(5)
    assert pace.paperwork_seconds == pytest.approx(20)


def test_learns_how_many_leave_in_a_second_of_waiting() -> None:
    pace = learned(
        change("a", "QUEUED", "OFFERING", 40),
        change("b", "QUEUED", "ABANDONED", 60),
    ).of("q")
    assert pace.leave_rate == pytest.approx(1 / 100)


def test_the_spread_of_conversations_starts_from_what_centres_are_like_and_follows_the_queue() -> (
    None
):
    assert Paces().of("q").spread == pytest.approx(math.sqrt(0.75))
    rng = np.random.default_rng(1)
    talks = np.exp(rng.normal(4, 0.3, 400))
    events = [change("a", "CONNECTED", "WRAP_UP", t, talk_ms=int(t * 1000)) for t in talks]
    assert learned(*events).of("q").spread == pytest.approx(0.35, abs=0.06)


def test_hang_ups_teach_nothing_about_conversations() -> None:
    short = [change("a", "CONNECTED", "WRAP_UP", 2, talk_ms=2_000)] * 50
    assert learned(*short).of("q").spread == Paces().of("q").spread


def test_remembers_since_when_somebody_talks_through_holding() -> None:
    paces = learned(change("a", "ASSIGNED", "CONNECTED", 1))
    paces.on_event(change("a", "ON_HOLD", "CONNECTED", 30))
    assert paces.since_ms("a") == NOW_MS
    paces.on_event(change("a", "WRAP_UP", "COMPLETED", 30))
    assert paces.since_ms("a") is None


def found(centre: WaitingCentre, channel: str = "VOICE") -> Places:
    places, scale = centre_places(centre, channel)
    assert scale == 1
    return places


def centre_places(centre: WaitingCentre, channel: str) -> tuple[Places, float]:
    finder = PlaceFinder(centre.board, centre.times, centre.paces)
    rows = np.arange(len(centre.board.agents))
    return finder.find(waiting("c", channel=channel), rows, centre.clock.now_ms(), 100)


def person(**capacity: int) -> AgentProfile:
    return profile("ann", capacity=capacity)


def test_who_is_free_has_a_free_place() -> None:
    places = found(WaitingCentre(person(VOICE=1)))
    assert np.isnan(places.busy).all()
    assert places.fixed.tolist() == [0.0]


def test_a_conversation_counts_from_its_beginning() -> None:
    centre = WaitingCentre(person(VOICE=1))
    centre.paces.on_event(change("c1", "ASSIGNED", "CONNECTED", 0))
    centre.own.advance(42)
    centre.hold("ann", 2, c1="VOICE:active")
    assert found(centre).busy.tolist() == [42.0]


def test_a_conversation_that_began_before_this_process_counts_from_the_agents_state() -> None:
    centre = WaitingCentre(person(VOICE=1))
    centre.hold("ann", 2, c1="VOICE:active")
    centre.own.advance(7)
    assert found(centre).busy.tolist() == [7.0]


def test_an_offer_takes_a_whole_service() -> None:
    centre = WaitingCentre(person(VOICE=1), handle_seconds=90)
    centre.hold("ann", 2, c1="VOICE:offered")
    assert found(centre).fixed.tolist() == [90.0]


def test_paperwork_takes_what_is_usual() -> None:
    centre = WaitingCentre(person(VOICE=1))
    centre.paces.on_event(change("x", "WRAP_UP", "COMPLETED", 30))
    centre.paces.on_event(change("c1", "CONNECTED", "WRAP_UP", 60, talk_ms=60_000))
    centre.hold("ann", 2, c1="VOICE:wrap_up")
    centre.own.advance(10)
    assert found(centre).fixed.tolist() == [20.0]
    centre.own.advance(60)
    assert found(centre).fixed.tolist() == [0.0]


def test_an_agent_has_a_place_for_each_text_contact() -> None:
    centre = WaitingCentre(person(CHAT=3))
    centre.hold("ann", 2, c1="CHAT:active")
    centre.own.advance(5)
    places = found(centre, "CHAT")
    assert np.nan_to_num(places.busy, nan=-1).tolist() == [5.0, -1.0, -1.0]


def test_a_call_takes_all_places() -> None:
    centre = WaitingCentre(person(CHAT=2, VOICE=1))
    centre.hold("ann", 2, c1="VOICE:active")
    centre.own.advance(5)
    assert found(centre, "CHAT").busy.tolist() == [5.0, 5.0]


def test_a_part_stands_for_very_many() -> None:
    people = [profile(f"a{number}") for number in range(2 * MOST_PLACES)]
    centre = WaitingCentre(*people)
    for number in range(0, len(people), 2):
        centre.board.agents.set_live(f"a{number}", ready(3))
    places, scale = centre_places(centre, "VOICE")
    assert (len(places), scale) == (MOST_PLACES, 2)
