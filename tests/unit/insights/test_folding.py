"""What single events say about rows, and what is wrong with those that say nothing."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_history.tables import contact_legs, holds
from switchyard_insights.domain.events import BadEvent, LoggedEvent
from switchyard_insights.domain.folding import fact_of
from switchyard_insights.domain.reading import event_of

pytestmark = pytest.mark.unit

_TYPES = (
    "contact.queued",
    "contact.connected",
    "contact.completed",
    "offer.created",
    "route.decided",
    "agent.state_changed",
    "bot.turn",
    "bot.handed_over",
    "bot.ended",
    "survey.answered",
)
_FIELDS = ("state", "priority", "needs", "offer", "turn", "since_ms", "degraded", "flows", "csat")


def event(kind: str, data: dict[str, Any], position: int = 7) -> LoggedEvent:
    return LoggedEvent(position, kind, "c1", 1000, data)


def parts(kind: str, data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    fact = fact_of("demo", event(kind, data))
    assert fact is not None
    return {table.name: row for table, row in fact.parts}


def test_what_the_history_does_not_keep_is_no_fact() -> None:
    for kind in ("config.queue", "crm.merged", "agent.session_opened", "something"):
        assert fact_of("demo", event(kind, {})) is None


def test_a_hold_is_counted_by_the_event_that_ends_it() -> None:
    data = {"state": "CONNECTED", "previous_state": "ON_HOLD", "previous_state_ms": 4000}
    found = parts("contact.connected", data)
    assert found[holds.name]["held_ms"] == 4000
    data = {"state": "ON_HOLD", "previous_state": "CONNECTED", "previous_state_ms": 4000}
    assert holds.name not in parts("contact.on_hold", data)


def test_an_event_that_changes_no_state_ends_nothing() -> None:
    data = {"state": "COMPLETED", "previous_state": "COMPLETED"}
    assert "ended_ms" not in parts("contact.updated", data)[contact_legs.name]
    assert parts("contact.completed", data)[contact_legs.name]["outcome"] == "ANSWERED"


def test_empty_tables_of_lua_are_empty_lists() -> None:
    assert parts("contact.queued", {"needs": {}})[contact_legs.name]["needs"] is None


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({b"type": b"x"}, "data is missing"),
        ({b"data": b"{"}, "data is not JSON"),
        ({b"data": b"[]", b"type": b"x", b"subject": b"s", b"time": b"1"}, "no JSON object"),
        ({b"data": b"{}", b"type": b"\xff", b"subject": b"s", b"time": b"1"}, "not UTF-8"),
        ({b"data": b"{}", b"type": b"x", b"subject": b"s", b"time": b"now"}, "whole number"),
    ],
)
def test_an_entry_that_is_no_event_says_what_is_wrong(
    fields: dict[bytes, bytes], problem: str
) -> None:
    with pytest.raises(BadEvent, match=problem.replace("no JSON", "not a JSON")):
        event_of("5-0", fields)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(kind=st.sampled_from(_TYPES), data=st.dictionaries(st.sampled_from(_FIELDS), _values))
def test_whatever_an_event_holds_it_is_a_fact_or_refused(kind: str, data: dict[str, Any]) -> None:
    with suppress(BadEvent):
        fact = fact_of("demo", event(kind, data))
        assert fact is not None
        for table, row in fact.parts:
            assert set(row) <= set(table.columns.keys())
