"""Services are read from the history as they are from a log."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine
from switchyard_history.tables import contact_legs, metadata
from switchyard_router.adapters.models.call_log import LogUnreadable, Service
from switchyard_router.adapters.models.history_services import services_of_history

pytestmark = pytest.mark.unit

ANSWERED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANSWERED_MS = int(ANSWERED.timestamp() * 1000)


def leg(contact: str, **changes: Any) -> dict[str, Any]:
    usual = {
        "tenant": "default", "contact": contact, "agent": "ann", "answered_queue": "sales",
        "channel": "VOICE", "queued_ms": ANSWERED_MS - 20_000, "answered_ms": ANSWERED_MS,
        "conversation_ms": 90_000, "customer_key": "k1",
    }  # fmt: skip
    return usual | changes


def history(path: Path, *legs: dict[str, Any]) -> str:
    url = f"sqlite:///{path / 'history.db'}"
    engine = create_engine(url)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(contact_legs.insert(), list(legs))
    engine.dispose()
    return url


def test_services_of_one_tenant_come_by_their_start_on_the_clock_of_the_zone(
    tmp_path: Path,
) -> None:
    url = history(
        tmp_path,
        leg("late", answered_ms=ANSWERED_MS + 60_000, agent="bob", customer_key=""),
        leg("early"),
        leg("other", tenant="another"),
        leg("nobody", agent=""),
        leg("open", conversation_ms=4_000_000),
        leg("waiting", answered_ms=None, conversation_ms=None),
    )
    first, second = services_of_history(url, "default", ZoneInfo("Asia/Shanghai"))
    start = ANSWERED.replace(hour=17).timestamp()
    assert first == Service("ann", ("sales", "VOICE"), start, 90.0, 20.0, 1, "k1")
    assert (second.agent, second.start_seconds, second.customer) == ("bob", start + 60, "")


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////nowhere/at/all.db", "what://ever"])
def test_a_history_that_cannot_be_read_says_so(url: str) -> None:
    with pytest.raises(LogUnreadable, match="--history"):
        services_of_history(url, "default", ZoneInfo("UTC"))
