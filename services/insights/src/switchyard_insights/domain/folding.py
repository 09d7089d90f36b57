"""From events to facts: every event by itself, so that neither order nor doubles matter."""

from collections.abc import Callable, Iterator, Mapping

from switchyard_history.merging import Part

from switchyard_insights.domain.agents import agent_parts
from switchyard_insights.domain.contacts import contact_parts, offer_parts
from switchyard_insights.domain.conversations import (
    ended_parts,
    hand_over_parts,
    survey_parts,
    turn_parts,
)
from switchyard_insights.domain.decisions import decided_parts
from switchyard_insights.domain.events import BadEvent, Fact, LoggedEvent

type _Parts = Callable[[str, LoggedEvent], Iterator[Part]]

_BY_TYPE: Mapping[str, _Parts] = {
    "route.decided": decided_parts,
    "agent.state_changed": agent_parts,
    "bot.turn": turn_parts,
    "bot.handed_over": hand_over_parts,
    "bot.ended": ended_parts,
    "survey.answered": survey_parts,
}
_BY_FAMILY: Mapping[str, _Parts] = {"contact": contact_parts, "offer": offer_parts}


def fact_of(tenant: str, event: LoggedEvent) -> Fact | None:
    """What an event says; None for a type that the history does not keep.

    Raises BadEvent for one that cannot be understood.
    """
    parts = _BY_TYPE.get(event.type) or _BY_FAMILY.get(event.type.partition(".")[0])
    if parts is None:
        return None
    found = tuple(parts(tenant, event))
    for table, row in found:
        _check_key(table.primary_key.columns.keys(), row)
    return Fact(event.time_ms, found)


def _check_key(names: list[str], row: Mapping[str, object]) -> None:
    for name in names:
        if row[name] in ("", None):
            raise BadEvent(f"{name} is missing")
