"""Services are read from the history as they are from a log."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from switchyard_router.adapters.models.call_log import LogUnreadable, Service
from switchyard_router.adapters.models.history_services import (
    outcomes_of_history,
    services_of_history,
)
from switchyard_router.adapters.models.outcome_rows import Outcome

from tests.fakes.router.histories import ANSWERED, ANSWERED_MS, SURVEYED_MS, history, leg, survey

pytestmark = pytest.mark.unit


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


def test_an_outcome_is_the_last_answer_about_the_agent_who_served(tmp_path: Path) -> None:
    url = history(
        tmp_path,
        leg("settled"),
        leg("changed", answered_ms=ANSWERED_MS + 1),
        leg("another", answered_ms=ANSWERED_MS + 2),
        leg("silent", answered_ms=ANSWERED_MS + 3),
        answers=(
            survey("settled"),
            survey("changed", resolved=True, time_ms=ANSWERED_MS + 1_000),
            survey("changed", resolved=False, position=2, time_ms=ANSWERED_MS + 2_000),
            survey("another", agent="bob"),
            survey("silent", resolved=None, csat=4),
            survey("settled", tenant="other", resolved=False, position=3),
        ),
    )
    found = [outcome for _, outcome in outcomes_of_history(url, "default", ZoneInfo("UTC"))]
    start = ANSWERED.timestamp()
    assert found == [
        Outcome(True, start + SURVEYED_MS / 1000),
        Outcome(False, start + 2),
        None,
        None,
    ]
