"""One way through every change of a contact; a script broken on purpose is caught on it."""

from collections.abc import Awaitable
from typing import Any

import pytest
from switchyard_common.errors import DomainError
from switchyard_router.adapters.redis.scripts import source
from switchyard_router.domain.changes import (
    CallbackWish,
    ContactUpdate,
    Requeue,
    Transfer,
    TransferMode,
)
from switchyard_router.domain.records import CallEvent, Move, Request, Reservation
from switchyard_router.domain.refusals import StepFailed

from tests.fakes.router.floor import Floor, open_floor

pytestmark = pytest.mark.integration
NOW = Request()
FAULTS = {
    "place": ("update_contact", "place(c)", ""),
    "line": ("request_callback", "line_up(c)", ""),
    "step": ("move_contact", "if num(c, 'step') ~= tonumber(A[2]) then", "if false then"),
    "circle": ("move_contact", "if before == queue then", "if false then"),
    "etag": ("requeue_contact", "A[2] ~= '' and A[2] ~= c.f.version", "false"),
    "requeue": ("requeue_contact", "free_agent(c, reason)", ""),
    "figures": ("requeue_contact", "count(c.f.queue, 'left', 1)", ""),
    "paperwork": ("transfer_contact", "hang_up(c, 'TRANSFERRED', false)", ""),
    "line of the next": (
        "transfer_contact",
        "external = c.f.external, previous",
        "external = id, previous",
    ),
    "colleague": ("transfer_contact", "set(consulted, 'external', c.f.external)", ""),
    "excluded": ("reserve_many", "if excluded == agent_id then", "if false then"),
    "preferred": ("reserve_many", "if c.f.preferred ~= '' and", "if false and"),
    "overtaken": ("reserve_many", "stays(other, 'contact.overtaken')", ""),
    "held": ("reserve_many", "if num(c, 'hold_ms') > now then", "if false then"),
    "off the line": ("call_event", "or off_line(c) then", "then"),
    "attempts": ("call_event", "if num(c, 'attempts') >= math.max(1, most) then", "if false then"),
    "occupancy": ("transfer_contact", "(a.busy and 1 - kept or 0)", "0"),
    "handled": ("complete_contact", "note_handled(c, talk_ms)", ""),
    "residents": ("create_contact", "settle(c, 1)\n  if c.f.node", "if c.f.node"),
}


async def sound(floor: Floor, step: Awaitable[Any]) -> Any:
    """Take a step; what it leaves must be sound. None when it was refused."""
    try:
        result = await step
    except DomainError:
        result = None
    floor.truth()
    return result


async def call_back_in_vain(floor: Floor) -> None:
    """A customer who is owed a call, is not there, and is called no more."""
    store = floor.store
    await floor.create("owed", node="pbx")
    wish = CallbackWish("owed", "+852", store.scripts.now_ms + 3_000, False)
    assert await sound(floor, store.changes.request_callback(wish, NOW))
    hang_up = CallEvent("owed", "CALLER_HANGUP", 0, "pbx", 0, "")
    assert (await sound(floor, store.contacts.report(hang_up)))[0] == "STALE"
    early = store.contacts.reserve("owed", "bob", "early", "d", b"{}")
    assert (await sound(floor, early))[0] == "CONTACT_HELD"
    for attempt in (1, 2):
        await floor.rest(4_000)
        offered = await floor.offer("owed", "bob")
        await sound(floor, store.contacts.accept(offered.offer, offered.fence, 0, NOW))
        assert await floor.report("BRIDGE_FAILED", offered) == "OK"
        assert (await store.contacts.get("owed")).attempts == attempt
        floor.truth()
    assert (await store.contacts.get("owed")).reason == "CALLBACK_ATTEMPTS"


async def pass_on(floor: Floor) -> None:
    """A conversation, a consultation that takes over, a transfer, a requeue."""
    store = floor.store
    await floor.create("c1")
    await floor.connect("c1")
    await floor.rest(5_000)
    asked = Transfer("c1", "", TransferMode.CONSULT, "c2", "q", "bob")
    assert await sound(floor, store.changes.transfer(asked, NOW))
    wrong = store.contacts.reserve("c2", "cho", "wrong", "d", b"{}")
    assert (await sound(floor, wrong))[0] == "AGENT_NOT_PREFERRED"
    await floor.connect("c2", "bob")
    over = Transfer("c1", "", TransferMode.BLIND, "c3", "q", "bob")
    assert (await sound(floor, store.changes.transfer(over, NOW))).id == "c2"
    onward = Transfer("c2", "", TransferMode.BLIND, "c3", "q")
    assert await sound(floor, store.changes.transfer(onward, NOW))
    states = [(await store.contacts.get(name)).state for name in ("c1", "c2", "c3")]
    assert states == ["WRAP_UP", "WRAP_UP", "QUEUED"]
    await sound(floor, store.contacts.complete("c1", "", False, "", "DONE", NOW))
    offered = await floor.offer("c3", "cho")
    old = Requeue("c3", str(offered.version - 1), "", "", (), True)
    assert await sound(floor, store.changes.requeue(old, NOW)) is None
    away = Requeue("c3", "", "z", "", ("ann",), False)
    assert await sound(floor, store.changes.requeue(away, NOW))
    excluded = store.contacts.reserve("c3", "ann", "excluded", "d", b"{}")
    assert (await sound(floor, excluded))[0] != "OK"


async def wait_and_move(floor: Floor) -> None:
    """Priorities, overtaking, steps, and no way back."""
    store = floor.store
    await floor.create("w1")
    await floor.create("w2")
    first = await store.contacts.get("w2")
    sooner = ContactUpdate(b"", priority=3)
    assert await sound(floor, store.changes.update("w2", str(first.version), sooner, NOW))
    passed = Reservation("w2", "dan", "ow2", "d", b"{}", ("w1",))
    assert (await sound(floor, store.contacts.reserve_many((passed,))))[0][0] == "OK"
    assert (await store.contacts.get("w1")).overtaken == 1
    move = store.contacts.move
    assert await sound(floor, move("w1", 0, Move(1, 2, reason="STEP_EXPIRED"))) == "OK"
    assert await sound(floor, move("w1", 0, Move(1, 2, reason="STEP_EXPIRED"))) == "CONTACT_MOVED"
    assert await sound(floor, move("w1", 1, Move(0, queue="z"))) == "OK"
    assert await sound(floor, move("w1", 0, Move(0, queue="q"))) == "TARGET_VISITED"
    assert await sound(floor, move("w1", 0, Move(0, external="sip:out"))) == "OK"


async def tour(floor: Floor) -> None:
    """All of it, on a floor with two more queues and agents."""
    times = {"callback_attempts": 2, "callback_retry_ms": 1_000}
    await floor.store.add_queue("q", **times)
    await floor.store.add_queue("z", **times)
    for agent in ("cho", "dan"):
        await floor.store.add_agent(agent)
        await floor.store.sign_in(agent)
    await call_back_in_vain(floor)
    await pass_on(floor)
    await wait_and_move(floor)


async def test_the_way_through_every_change_is_sound(redis_url: str) -> None:
    async with open_floor(redis_url) as floor:
        await tour(floor)


@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_a_planted_fault_is_caught(redis_url: str, fault: str) -> None:
    name, text, instead = FAULTS[fault]

    def sabotaged(script: str) -> str:
        whole = source(script)
        assert script != name or text in whole
        return whole.replace(text, instead) if script == name else whole

    with pytest.raises((AssertionError, StepFailed)):
        async with open_floor(redis_url, sabotaged) as floor:
            await tour(floor)
