"""What events of contacts and their offers say about legs, holds and offers."""

from collections.abc import Iterator

from switchyard_history.merging import Part, Row
from switchyard_history.tables import contact_legs, holds, offers

from switchyard_insights.domain.events import Fields, LoggedEvent

OUTCOMES = {
    "COMPLETED": "ANSWERED",
    "ABANDONED": "ABANDONED",
    "CANCELLED": "CANCELLED",
    "EXPIRED": "EXPIRED",
}
"""Terminal states of the router, and how a leg's outcome is called."""


def contact_parts(tenant: str, event: LoggedEvent) -> Iterator[Part]:
    """The leg as of this event, and a hold that ended with it. Raises BadEvent."""
    data = Fields(event.data)
    leg = _as_of(tenant, event, data) | _beginning(event, data)
    state = data.text("state")
    if event.type == f"contact.{state.lower()}":
        leg |= _entered(state, event, data)
        if data.text("previous_state") == "ON_HOLD":
            yield holds, _hold(tenant, event, data)
    elif event.type == "contact.callback_requested":
        leg["callback_requested_ms"] = event.time_ms
    yield contact_legs, leg


def _as_of(tenant: str, event: LoggedEvent, data: Fields) -> Row:
    return {
        "tenant": tenant,
        "contact": event.subject,
        "origin": "",
        "position": event.position,
        "state": data.text("state"),
        "reason": data.text("reason"),
        "queue": data.text("queue"),
        "channel": data.text("channel"),
        "language": data.text("language"),
        "customer_key": data.text("customer_key"),
        "node": data.text("node"),
        "priority": data.whole("priority"),
        "arm": data.text("arm"),
        "arm_period_ms": data.whole("arm_period_ms") or None,
        "plan": data.text("plan"),
        "step": data.whole("step"),
        "preferred_agent": data.text("preferred_agent"),
        "needs": data.items("needs") or None,
        "overtaken": data.whole("overtaken"),
        "attempts": data.whole("attempts"),
        "sent_to": data.text("sent_to"),
        "disposition": data.text("disposition"),
        "initial_contact": data.text("initial_contact"),
        "previous_contact": data.text("previous_contact"),
        "related_contact": data.text("related_contact"),
        "erased": False,
    }


def _beginning(event: LoggedEvent, data: Fields) -> Row:
    return {
        "first_position": event.position,
        "first_queue": data.text("queue"),
        "arrived_ms": event.time_ms,
        "queued_ms": data.time_ms("enqueue_ms"),
        "conversation_ms": data.whole("talk_ms") or None,
    }


def _entered(state: str, event: LoggedEvent, data: Fields) -> Row:
    before, before_ms = data.text("previous_state"), data.whole("previous_state_ms")
    if state == "ASSIGNED":
        return {"accepted_position": event.position, "ring_ms": before_ms}
    if state == "CONNECTED":
        return {
            "served_position": event.position,
            "agent": data.text("agent"),
            "answered_queue": data.text("queue"),
            "answered_ms": event.time_ms,
        }
    if state in OUTCOMES:
        return {
            "ended_position": event.position,
            "ended_ms": event.time_ms,
            "outcome": OUTCOMES[state],
            "wrap_up_ms": before_ms if before == "WRAP_UP" else None,
        }
    return {}


def _hold(tenant: str, event: LoggedEvent, data: Fields) -> Row:
    return {
        "tenant": tenant,
        "contact": event.subject,
        "position": event.position,
        "until_ms": event.time_ms,
        "held_ms": data.whole("previous_state_ms"),
    }


def offer_parts(tenant: str, event: LoggedEvent) -> Iterator[Part]:
    """The offer as of this event. Raises BadEvent."""
    data = Fields(event.data)
    state = data.text("state")
    offer: Row = {
        "tenant": tenant,
        "offer": data.text("offer"),
        "first_position": event.position,
        "contact": data.text("contact"),
        "agent": data.text("agent"),
        "queue": data.text("queue"),
        "channel": data.text("channel"),
        "position": event.position,
        "state": state,
        "reason": data.text("reason"),
        "ended_ms": None if state == "PENDING" else event.time_ms,
    }
    if event.type == "offer.created":
        offer |= {
            "created_ms": event.time_ms,
            "decision": data.text("decision"),
            "expire_ms": data.time_ms("expire_ms"),
        }
    elif event.type == "offer.ringing":
        offer["ringing_ms"] = event.time_ms
    yield offers, offer
