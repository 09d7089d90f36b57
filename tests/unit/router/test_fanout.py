"""Which events are kept for streams, and what happens when they are too many."""

import asyncio
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import pytest
from switchyard.router.v1 import contact_pb2
from switchyard_common.errors import DomainError
from switchyard_router.domain.names import Tenant
from switchyard_router.domain.records import ContactRecord
from switchyard_router.entrypoints.draining import draining
from switchyard_router.entrypoints.fanout import Fanout

from tests.fakes.router.core import (
    Meter,
    board,
    contact_event,
    event,
    profile,
    store_clock,
    waiting,
)

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
    made.stop(draining())


async def test_a_stream_that_begins_while_the_process_stops_is_told_so() -> None:
    made, _ = fanout()
    before = made.join_session("ann")
    made.stop(draining())
    for box in (before, made.join_session("ann"), made.join_node("pbx"), made.join_watch("c1")):
        with pytest.raises(DomainError) as caught:
            [message async for ready in box.drain() for message in ready]
        assert caught.value.reason == "DRAINING"


class Contacts:
    """One contact as the store has it; `reading` is clear while the store takes its time."""

    def __init__(self) -> None:
        plain: dict[Any, Any] = {str: "", int: 0, bytes: b""}
        kinds = {each.name: plain.get(each.type, ()) for each in fields(ContactRecord)}
        self.record = replace(
            ContactRecord(**kinds),
            id="c1", node="pbx", state="QUEUED", channel="VOICE", queue="q", version=1,
            spared_until_ms={}, detail=contact_pb2.Contact().SerializeToString(),
        )  # fmt: skip
        self.reading = asyncio.Event()
        self.reading.set()

    async def get_many(self, contact_ids: Sequence[str]) -> list[ContactRecord | None]:
        found = self.record
        await self.reading.wait()
        return [found for _ in contact_ids]


def accepted(seq: int) -> Any:
    data = {"offer": "o1", "fence": 1, "agent": "ann", "state": "ACCEPTED", "node": "pbx"}
    return event("offer.accepted", "c1", seq, data)


def changed(kind: str, seq: int) -> Any:
    plain = contact_event(waiting("c1", node="pbx", seq=seq), kind=kind)
    return replace(plain, data={**plain.data, "offer": "", "reason": ""})


async def command_after(made: Fanout, running: asyncio.Task[None]) -> str | None:
    """What the node is asked to do when the agent accepts."""
    box = made.join_node("pbx")
    running.add_done_callback(lambda _: box.close())  # a worker that fails ends the test
    made.on_event(accepted(3))
    async for ready in box.drain():
        for message in ready:
            if message.contact.HasField("command"):
                running.cancel()
                kind: str | None = message.contact.command.WhichOneof("op")
                return kind
    running.result()
    return None


async def test_what_happened_while_nobody_followed_a_contact_is_known_to_who_follows_next() -> None:
    contacts, meter = Contacts(), Meter()
    store: Any = contacts
    made = Fanout(board(profile("ann")), store, Tenant("demo"), store_clock()[0], meter)
    box = made.join_node("pbx")
    made.know(contacts.record)
    made.leave_node("pbx", box)
    contacts.record = replace(contacts.record, callback_number="+8619900000001", version=2)
    made.on_event(changed("contact.callback_requested", 2))
    running = asyncio.create_task(made.run())
    assert await command_after(made, running) == "dial"


async def test_what_happens_while_a_contact_is_being_read_is_not_left_out() -> None:
    contacts, meter = Contacts(), Meter()
    store: Any = contacts
    made = Fanout(board(profile("ann")), store, Tenant("demo"), store_clock()[0], meter)
    contacts.reading.clear()
    running = asyncio.create_task(made.run())
    box = made.join_node("pbx")
    made.on_event(changed("", 1))
    await asyncio.sleep(0)  # the worker begins to read
    made.leave_node("pbx", box)
    contacts.record = replace(contacts.record, callback_number="+8619900000001", version=2)
    made.on_event(changed("contact.callback_requested", 2))
    contacts.reading.set()
    assert await command_after(made, running) == "dial"
