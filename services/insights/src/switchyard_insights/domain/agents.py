"""What an agent's events say about how long they were in which presence."""

from collections.abc import Iterator

from switchyard_history.merging import Part
from switchyard_history.tables import agent_intervals

from switchyard_insights.domain.events import Fields, LoggedEvent


def agent_parts(tenant: str, event: LoggedEvent) -> Iterator[Part]:
    """The interval the agent is in, and the end of the one before. Raises BadEvent."""
    data = Fields(event.data)
    presence, before = data.text("presence"), data.text("previous_presence")
    since_ms = data.whole("since_ms")
    yield (
        agent_intervals,
        {
            "tenant": tenant,
            "agent": event.subject,
            "from_ms": since_ms,
            "presence": presence,
            "position": event.position,
            "reason": data.text("reason"),
        },
    )
    began_ms = since_ms - data.whole("previous_presence_ms")
    # The first presence of all follows none, which began in 1970.
    if before and before != presence and began_ms > 0:
        yield (
            agent_intervals,
            {
                "tenant": tenant,
                "agent": event.subject,
                "from_ms": began_ms,
                "presence": before,
                "until_ms": since_ms,
            },
        )
