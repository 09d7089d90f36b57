"""Which events are kept for streams, and what happens when they are too many."""

from typing import Any

import pytest
from switchyard_common.errors import DomainError
from switchyard_router.domain.names import Tenant
from switchyard_router.entrypoints.fanout import Fanout

from tests.fakes.router.core import Meter, board, event, profile, store_clock

pytestmark = pytest.mark.unit


def fanout() -> tuple[Fanout, Meter]:
    nobody: Any = None
    meter = Meter()
    made = Fanout(board(profile("ann")), nobody, Tenant("demo"), store_clock()[0], meter)
    return made, meter


def news(agent: str, seq: int) -> Any:
    return event("agent.session_opened", agent, seq, {"epoch": seq, "device": "d", "agent": agent})


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("switchyard_router.entrypoints.fanout._MOST_PENDING", 3)


async def test_events_that_concern_nobody_here_cost_nothing() -> None:
    made, _ = fanout()
    box = made.join_session("ann")
    for seq in range(10):
        made.on_event(news("bob", seq))
    box.close()
    assert [message async for ready in box.drain() for message in ready] == []


async def test_more_events_than_can_be_kept_make_every_stream_start_over() -> None:
    made, _ = fanout()
    boxes = [made.join_session("ann"), made.join_node("pbx"), made.join_watch("c1")]
    for seq in range(4):
        made.on_event(news("ann", seq))
    for box in boxes:
        with pytest.raises(DomainError) as caught:
            [message async for ready in box.drain() for message in ready]  # type: ignore[attr-defined]
        assert caught.value.reason == "EVENTS_MISSED"
        assert caught.value.retry_after_seconds is not None


async def test_streams_are_counted_and_forgotten() -> None:
    made, meter = fanout()
    one, other = made.join_session("ann"), made.join_session("ann")
    made.leave_session("ann", one)
    made.leave_session("ann", one)
    made.leave_session("ann", other)
    assert meter.of("subscribed") == [["session", 1], ["session", 1]] + [["session", -1]] * 2
    made.on_event(news("ann", 1))
    made.close_all(DomainError(kind=None, reason="", message=""))  # type: ignore[arg-type]
