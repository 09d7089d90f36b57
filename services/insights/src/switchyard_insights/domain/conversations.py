"""What the bot's events say about turns, conversations and surveys."""

from collections.abc import Iterator

from switchyard_history.merging import Part, Row
from switchyard_history.tables import bot_conversations, bot_turns, surveys

from switchyard_insights.domain.events import Fields, LoggedEvent

_RESOLVED = {"YES": True, "NO": False}


def turn_parts(tenant: str, event: LoggedEvent) -> Iterator[Part]:
    """One answer of the bot; what was said is left out. Raises BadEvent."""
    data = Fields(event.data)
    row = _conversation(tenant, event, data)
    yield bot_conversations, row
    yield (
        bot_turns,
        {
            "tenant": tenant,
            "conversation": row["conversation"],
            "turn": data.whole("turn"),
            "position": event.position,
            "time_ms": event.time_ms,
            "intent": data.text("intent"),
            "confidence": data.number("confidence"),
            "latency_ms": data.whole("latency_ms"),
            "language": data.text("language"),
            "verification_level": data.text("verification_level"),
            "outcome": data.text("outcome"),
            "flow": data.text("flow"),
            "step": data.text("step"),
            "sentiment": data.number("sentiment"),
            "channel": data.text("channel"),
        },
    )


def hand_over_parts(tenant: str, event: LoggedEvent) -> Iterator[Part]:
    """The contact that a conversation became. Raises BadEvent."""
    data = Fields(event.data)
    handed: Row = {
        "hand_over_position": event.position,
        "contact": data.text("contact"),
        "hand_over_reason": data.text("reason"),
        "handed_over_ms": event.time_ms,
    }
    yield bot_conversations, _conversation(tenant, event, data) | handed


def ended_parts(tenant: str, event: LoggedEvent) -> Iterator[Part]:
    """How a conversation ended. Raises BadEvent."""
    data = Fields(event.data)
    ended: Row = {
        "ended_position": event.position,
        "ended_ms": event.time_ms,
        "outcome": data.text("outcome"),
        "turns": data.whole("turns"),
        "duration_ms": data.whole("duration_ms"),
        "language": data.text("language"),
        "channel": data.text("channel"),
        "flows": data.items("flows"),
    }
    yield bot_conversations, _conversation(tenant, event, data) | ended


def survey_parts(tenant: str, event: LoggedEvent) -> Iterator[Part]:
    """An answered survey. Raises BadEvent."""
    data = Fields(event.data)
    yield (
        surveys,
        {
            "tenant": tenant,
            "conversation": data.text("conversation") or event.subject,
            "position": event.position,
            "time_ms": event.time_ms,
            "contact": data.text("contact"),
            "agent": data.text("agent"),
            "csat": data.whole("csat") or None,
            "resolved": _RESOLVED.get(data.text("resolved")),
        },
    )


def _conversation(tenant: str, event: LoggedEvent, data: Fields) -> Row:
    return {
        "tenant": tenant,
        "conversation": data.text("conversation") or event.subject,
        "first_ms": event.time_ms,
    }
