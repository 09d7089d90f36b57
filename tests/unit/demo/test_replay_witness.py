"""What is counted from the router's event log."""

import pytest
from switchyard.events.v1 import event_pb2, routing_pb2
from switchyard_demo.replay.witness import Trail

pytestmark = pytest.mark.unit


def contact(subject: str, state: str) -> event_pb2.Event:
    changed = routing_pb2.ContactChanged(state=state)
    return event_pb2.Event(subject=subject, type=f"contact.{state.lower()}", contact=changed)


def offer(subject: str, number: str, state: str, reason: str = "") -> event_pb2.Event:
    changed = routing_pb2.OfferChanged(offer=number, contact=subject, state=state, reason=reason)
    return event_pb2.Event(subject=subject, type=f"offer.{state.lower()}", offer=changed)


def trail(*events: event_pb2.Event) -> Trail:
    made = Trail()
    for event in events:
        made.follow(event)
    return made


def test_a_call_from_queue_to_end_breaks_nothing() -> None:
    findings = trail(
        contact("c1", "QUEUED"),
        offer("c1", "o1", "PENDING"),
        offer("c1", "o1", "ACCEPTED"),
        contact("c1", "CONNECTED"),
        contact("c1", "COMPLETED"),
    ).findings({"c1"})
    assert (findings.contacts, findings.terminal) == (1, 1)
    assert findings.by_state == {"COMPLETED": 1}
    assert (findings.double_assignments, findings.missed_offers) == (0, 0)


def test_contacts_that_did_not_end_or_were_never_seen_are_not_counted_as_ended() -> None:
    findings = trail(contact("c1", "CONNECTED"), contact("c2", "ABANDONED")).findings(
        {"c1", "c2", "c3"}
    )
    assert (findings.contacts, findings.terminal) == (2, 1)


def test_a_second_acceptance_while_the_first_holds_is_a_double_assignment() -> None:
    findings = trail(offer("c1", "o1", "ACCEPTED"), offer("c1", "o2", "ACCEPTED")).findings({"c1"})
    assert findings.double_assignments == 1


@pytest.mark.parametrize(
    "between", [offer("c1", "o1", "FAILED"), contact("c1", "QUEUED")], ids=["failed", "requeued"]
)
def test_an_acceptance_after_the_first_was_over_is_none(between: event_pb2.Event) -> None:
    findings = trail(
        offer("c1", "o1", "ACCEPTED"), between, offer("c1", "o2", "ACCEPTED")
    ).findings({"c1"})
    assert findings.double_assignments == 0


def test_offers_count_as_missed_unless_the_caller_was_gone() -> None:
    findings = trail(
        offer("c1", "o1", "TIMED_OUT", "RING_TIMEOUT"),
        offer("c1", "o2", "FAILED", "CONNECT_TIMEOUT"),
        offer("c1", "o3", "FAILED", "CALLER_HUNG_UP"),
        offer("c1", "o4", "RESCINDED", "CALLER_HUNG_UP"),
    ).findings({"c1"})
    assert findings.missed_offers == 2
