"""Calls out of the history are those that a log would have told of."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, insert
from switchyard_history.tables import contact_legs, metadata
from switchyard_router.adapters.models.call_log import Call, LogUnreadable
from switchyard_router.adapters.recorded_calls import recorded_calls

pytestmark = pytest.mark.unit


def leg(contact: str, **more: object) -> dict[str, object]:
    """An answered voice leg, of 2000-01-01 10:00:00."""
    begun = 946_720_800_000
    usual = {
        "tenant": "demo",
        "contact": contact,
        "channel": "VOICE",
        "queue": "sales",
        "agent": "ann",
        "queued_ms": begun,
        "answered_ms": begun + 5_000,
        "ended_ms": begun + 65_000,
        "conversation_ms": 60_000,
        "outcome": "ANSWERED",
    }
    return usual | more


def stored(path: Path, *legs: dict[str, object]) -> str:
    """A history that holds these; its URL."""
    url = f"sqlite:///{path / 'history.db'}"
    engine = create_engine(url)
    metadata.create_all(engine)
    with engine.begin() as connection:
        for each in legs:
            connection.execute(insert(contact_legs), each)
    engine.dispose()
    return url


def test_legs_are_calls_and_who_gave_up_waited_until_then(tmp_path: Path) -> None:
    gone = leg("b", agent="", answered_ms=None, conversation_ms=0, outcome="ABANDONED")
    answered, left = recorded_calls(None, stored(tmp_path, leg("a"), gone))
    assert answered == Call("sales", 946_720_800.0, 5.0, "ann", 60.0)
    assert left == Call("sales", 946_720_800.0, 65.0, "", 0.0, gave_up=True)


def test_other_tenants_other_channels_and_open_legs_are_left_out(tmp_path: Path) -> None:
    others = (
        leg("a", tenant="other"),
        leg("b", channel="CHAT"),
        leg("c", ended_ms=None, outcome=""),
    )
    (call,) = recorded_calls(None, stored(tmp_path, *others, leg("d", agent="bob")))
    assert call.agent == "bob"


def test_where_a_tenant_has_no_calls_the_others_are_named(tmp_path: Path) -> None:
    url = stored(tmp_path, leg("a", tenant="acme"), leg("b", tenant="zoo"))
    with pytest.raises(LogUnreadable, match=r"no finished call of 'demo'.*of 'acme', 'zoo'"):
        recorded_calls(None, url)


def test_days_are_those_of_the_clock_asked_for(tmp_path: Path) -> None:
    url = stored(tmp_path, leg("a"))
    (call,) = recorded_calls(None, url, zone=ZoneInfo("Asia/Shanghai"))
    assert call.joined == 946_720_800.0 + 8 * 3600


@pytest.mark.parametrize("history", ["", "nonsense", "sqlite:////nowhere/history.db"])
def test_what_cannot_be_read_is_told(history: str) -> None:
    with pytest.raises(LogUnreadable, match="history"):
        recorded_calls(None, history)
