"""Waiting contacts move through their plans, on time, once, and never into nothing."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_common.errors import DomainError
from switchyard_router.adapters.cel.compiler import CelCompiler
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.hours import Hours
from switchyard_router.domain.plans import Plan, Step
from switchyard_router.domain.queues import Target, TargetKind
from switchyard_router.domain.records import Move
from switchyard_router.domain.refusals import StepFailed, store_down
from switchyard_router.service.contact_facts import ContactFacts
from switchyard_router.service.departures import Departures
from switchyard_router.service.doors import Doors
from switchyard_router.service.expression_failures import ExpressionFailures
from switchyard_router.service.gates import Gates
from switchyard_router.service.queue_facts import QueueFacts
from switchyard_router.service.step_judge import StepJudge
from switchyard_router.service.steps import Steps

from tests.fakes.router.core import (
    Meter,
    board,
    contact_event,
    event,
    profile,
    ready,
    store_clock,
    waiting,
)
from tests.fakes.router.details import Details

pytestmark = pytest.mark.unit

NOW = 1_000_000
COMPILER = CelCompiler()


class Hall:
    """A board with queues q and r, and a store that moves as told: by code, or really."""

    def __init__(self, *steps: Step, overflow: Target | None = None, r: Plan | None = None) -> None:
        self.board = board(profile("ann"), plan=Plan("p", 1, steps or (Step(),), overflow))
        self.board.queues["r"] = replace(self.board.queues["q"], id="r", plan=r.id if r else "")
        if r is not None:
            self.board.plans[r.id] = r
        self.clock, self.own_clock = store_clock(NOW)
        self.details, self.meter = Details(), Meter()
        self.changed: list[str] = []
        self.departures = Departures(self.changed.append)
        self.doors = Doors(self.board)
        queues = QueueFacts(self.board, self.doors, self.clock)
        self.facts = ContactFacts(self.details, self.details.decode, queues, self.clock)
        judge = StepJudge(self.board, self.facts, ExpressionFailures(self.meter))
        gates = Gates(self.board, self.doors)
        self.steps = Steps(self.board, self, judge, self.departures, gates, self.clock, self.meter)
        self.facts.on_loaded(self.steps.on_facts)
        self.moves: list[tuple[str, int, Move]] = []
        self.codes: list[str | Exception] = []

    async def move(self, contact_id: str, from_step: int, move: Move) -> str:
        """As the store does: a compare-and-set, and an event."""
        self.moves.append((contact_id, from_step, move))
        code = self.codes.pop(0) if self.codes else "OK"
        if isinstance(code, Exception):
            raise code
        contact = self.board.contacts.get(contact_id)
        if code != "OK" or contact is None:
            return code
        if contact.step != from_step:
            return "CONTACT_MOVED"
        now = self.clock.now_ms()
        changes: dict[str, Any] = {"step": move.step, "step_ms": now, "seq": contact.seq + 1}
        if move.external:
            changes["state"] = "CANCELLED"
        if move.queue:
            changes["queue"] = move.queue
        if move.agent:
            changes |= {"preferred_agent": move.agent, "preferred_until_ms": now + 60_000}
        self.put(replace(contact, **changes), "contact.moved")
        return code

    def put(self, contact: Waiting, kind: str = "") -> Waiting:
        told = contact_event(contact, kind=kind)
        self.board.apply(told)
        self.facts.on_event(told)
        self.steps.on_event(told)
        return contact

    def new(self, contact_id: str = "c", **changes: Any) -> Waiting:
        now = self.clock.now_ms()
        return self.put(waiting(contact_id, now, **{"step_ms": now, **changes}))

    async def at(self, ms: int) -> Waiting | None:
        """Let time pass until so many ms after the start, turn by turn; the contact c then."""
        while self.clock.now_ms() < NOW + ms:
            delay = await self.steps.turn()
            left = (NOW + ms - self.clock.now_ms()) / 1000
            self.own_clock.advance(min(max(delay, 0.001), left))
        await self.steps.turn()
        return self.board.contacts.get("c")

    @property
    def reasons(self) -> list[str]:
        return [str(reason) for (reason,) in self.meter.of("moved")]


def skip(text: str, **more: Any) -> Step:
    return Step(skip_if=COMPILER.condition(text), **more)


def to_queue(queue_id: str) -> Target:
    return Target(TargetKind.QUEUE, queue_id)


async def test_a_step_ends_so_long_after_it_was_entered() -> None:
    hall = Hall(Step(expires_after_ms=400), Step(expires_after_ms=2_000), Step())
    hall.new()
    for ms, step in ((399, 0), (401, 1), (2_399, 1), (2_403, 2), (99_000, 2)):
        contact = await hall.at(ms)
        assert contact is not None
        assert contact.step == step, ms
    assert hall.reasons == ["STEP_EXPIRED", "STEP_EXPIRED"]


async def test_nobody_of_the_step_is_asked_while_the_contact_leaves_it() -> None:
    hall = Hall(Step(expires_after_ms=100), Step())
    hall.new()
    hall.own_clock.advance(0.2)
    hall.codes = [store_down()]
    with pytest.raises(DomainError):
        await hall.steps.turn()
    assert "c" in hall.departures
    await hall.steps.turn()
    assert "c" not in hall.departures
    assert [move.step for _, _, move in hall.moves] == [1, 1]
    assert hall.changed == ["c", "c"], "the dispatcher hears when it leaves and when it stays"


async def test_time_with_an_agent_is_not_lost_time_but_the_step_may_be_over_after_it() -> None:
    hall = Hall(Step(expires_after_ms=1_000), Step())
    contact = hall.new()
    hall.put(replace(contact, state="OFFERING", seq=2))
    await hall.at(1_500)
    assert hall.moves == []
    hall.put(replace(contact, seq=3))
    back = await hall.at(1_501)
    assert back is not None
    assert back.step == 1


async def test_a_step_is_passed_over_where_its_condition_holds_on_entering() -> None:
    hall = Hall(
        skip("contact.priority > 0", expires_after_ms=1_000),
        skip("contact.waited_seconds > 100", expires_after_ms=1_000),
        Step(),
    )
    hall.new(priority=1)
    contact = await hall.at(1)
    assert contact is not None
    assert contact.step == 1
    assert hall.reasons == ["STEP_SKIPPED"]
    await hall.at(500)
    assert len(hall.moves) == 1, "conditions are not judged again"


async def test_attributes_that_a_condition_reads_are_waited_for() -> None:
    hall = Hall(skip("contact.attributes.vip"), Step())
    hall.details.attributes = {"c": {"vip": True}, "d": {"vip": False}}
    hall.new()
    hall.new("d")
    assert "c" in hall.departures, "nobody is asked before it is known"
    await hall.facts.load()
    contact = await hall.at(1)
    assert contact is not None
    assert contact.step == 1
    assert "d" not in hall.departures


async def test_attributes_that_do_not_come_are_waited_for_briefly() -> None:
    hall = Hall(skip("!has(contact.attributes.vip)"), Step())
    hall.new()
    assert (await hall.at(400)) == hall.board.contacts["c"]
    assert hall.moves == []
    contact = await hall.at(600)
    assert contact is not None
    assert contact.step == 1


async def test_where_every_step_is_skipped_the_contact_stays_in_its_step() -> None:
    hall = Hall(skip("true"), skip("true"))
    hall.new()
    await hall.at(100)
    assert hall.moves == []
    assert "c" not in hall.departures


async def test_the_overflow_of_a_plan_leads_to_a_queue_and_outside() -> None:
    outside = Target(TargetKind.EXTERNAL, "sip:x")
    further = Plan("pr", 1, (Step(expires_after_ms=100, priority_delta=4),), outside)
    hall = Hall(Step(expires_after_ms=100), overflow=to_queue("r"), r=further)
    hall.new()
    contact = await hall.at(150)
    assert contact is not None
    assert (contact.queue, contact.step) == ("r", 0)
    assert hall.moves[0][2].priority_delta == 4, "the first step there counts at once"
    assert (await hall.at(350)) is None
    assert hall.moves[-1][2].external == "sip:x"
    assert hall.reasons == ["PLAN_OVERFLOW", "PLAN_OVERFLOW"]


async def test_an_agent_as_overflow_is_named_once() -> None:
    hall = Hall(Step(expires_after_ms=100), overflow=Target(TargetKind.AGENT, "ann"))
    hall.new()
    contact = await hall.at(5_000)
    assert contact is not None
    assert contact.preferred_agent == "ann"
    assert len(hall.moves) == 1


async def test_a_step_that_leads_away_is_left_on_entering() -> None:
    hall = Hall(Step(expires_after_ms=100), Step(target=to_queue("r")))
    hall.new()
    contact = await hall.at(150)
    assert contact is not None
    assert contact.queue == "r"
    assert hall.reasons == ["STEP_TARGET"]
    hall = Hall(Step(target=to_queue("r")))
    hall.new()
    assert "c" in hall.departures
    contact = await hall.at(1)
    assert contact is not None
    assert contact.queue == "r"


async def test_a_full_target_is_tried_again_and_the_contact_served_meanwhile() -> None:
    hall = Hall(Step(expires_after_ms=100), overflow=to_queue("r"))
    hall.new()
    hall.codes = ["TARGET_FULL", "TARGET_FULL"]
    await hall.at(150)
    assert "c" not in hall.departures
    contact = await hall.at(5_000)
    assert contact is not None
    assert contact.queue == "r"
    assert len(hall.moves) == 3
    assert hall.meter.of("move_refused") == [["TARGET_FULL"], ["TARGET_FULL"]]


@pytest.mark.parametrize("code", ["TARGET_VISITED", "TARGET_UNKNOWN", StepFailed("broken")])
async def test_without_a_way_on_the_contact_stays_and_may_be_answered(code: Any) -> None:
    hall = Hall(Step(expires_after_ms=100), overflow=to_queue("r"))
    hall.new()
    hall.codes = [code]
    await hall.at(10_000)
    assert len(hall.moves) == 1
    assert "c" not in hall.departures


async def test_another_replica_was_faster() -> None:
    hall = Hall(Step(expires_after_ms=100), Step())
    contact = hall.new()
    hall.codes = ["CONTACT_MOVED"]
    await hall.at(150)
    hall.put(replace(contact, step=1, step_ms=NOW + 120, seq=2), "contact.moved")
    await hall.at(10_000)
    assert len(hall.moves) == 1
    assert "c" not in hall.departures


async def test_a_refusal_whose_event_never_comes_does_not_keep_the_contact_for_ever() -> None:
    hall = Hall(Step(expires_after_ms=100), Step())
    hall.new()
    hall.codes = ["CONTACT_MOVED"]
    contact = await hall.at(5_000)
    assert contact is not None
    assert contact.step == 1


async def test_a_changed_plan_holds_for_those_who_wait() -> None:
    hall = Hall(Step(), Step(), Step())
    hall.new(step=2)
    await hall.at(100)
    shorter = Plan("p", 2, (Step(), Step(expires_after_ms=50)), to_queue("r"))
    hall.board.plans["p"] = shorter
    hall.steps.on_event(event("config.plan", "p", 2, {"id": "p"}))
    contact = await hall.at(200)
    assert contact is not None
    assert contact.queue == "r"
    assert hall.moves[0][1] == 2, "the store still knows the step that is gone"


async def test_a_board_that_is_loaded_anew_goes_on_where_steps_were() -> None:
    hall = Hall(skip("true", expires_after_ms=60_000), Step())
    long_ago = waiting("c", NOW - 30_000, step_ms=NOW - 30_000)
    hall.board.apply(contact_event(long_ago))
    hall.board.loads += 1
    await hall.at(1)
    assert hall.moves == [], "the condition was judged when it entered the step"
    contact = await hall.at(30_010)
    assert contact is not None
    assert contact.step == 1


async def test_a_queue_that_closes_sends_its_contacts_on() -> None:
    hall = Hall()
    closed = Hours(ZoneInfo("UTC"), {})
    profile_of = hall.board.queues["q"]
    hall.new()
    hall.board.queues["q"] = replace(profile_of, hours=closed)
    contact = await hall.at(2_000)
    assert contact is not None
    assert contact.queue == "q", "without a target it stays"
    hall.board.queues["q"] = replace(profile_of, hours=closed, closed=to_queue("r"))
    contact = await hall.at(4_000)
    assert contact is not None
    assert contact.queue == "r"
    assert hall.reasons == ["QUEUE_CLOSED"]


async def test_a_queue_that_nobody_serves_sends_its_contacts_on_after_a_moment() -> None:
    hall = Hall()
    hall.board.queues["q"] = replace(hall.board.queues["q"], no_agents=to_queue("r"))
    hall.new()
    await hall.at(10_000)
    assert hall.moves == []
    hall.board.agents.set_live("ann", ready(seq=2, presence="DISCONNECTED", ready=False))
    await hall.at(11_000)
    hall.board.agents.set_live("ann", ready(seq=3))
    await hall.at(20_000)
    assert hall.moves == [], "a desktop that reconnects"
    hall.board.agents.set_live("ann", ready(seq=4, presence="OFFLINE", ready=False))
    contact = await hall.at(24_000)
    assert contact is not None
    assert contact.queue == "r"
    assert hall.reasons == ["NO_AGENTS"]


lengths = st.lists(
    st.tuples(st.none() | st.integers(1, 3_000), st.booleans()), min_size=1, max_size=6
)


@given(lengths, st.lists(st.integers(0, 4_000), min_size=1, max_size=6))
async def test_steps_are_entered_when_they_should_be(
    described: list[tuple[int | None, bool]], times: list[int]
) -> None:
    """Against a plain walk over the plan."""
    steps = [
        Step(expires_after_ms=lasts, skip_if=COMPILER.condition("true") if skipped else None)
        for lasts, skipped in described
    ]
    hall = Hall(*steps)
    hall.new()
    for ms in sorted(times):
        contact = await hall.at(ms)
        assert contact is not None
        early, late = expected(described, max(0, ms - 60)), expected(described, ms)
        assert early <= contact.step <= late


def expected(described: list[tuple[int | None, bool]], ms: int) -> int:
    """The step in force so long after creation."""
    way = [index for index, (_, skipped) in enumerate(described) if not skipped]
    if not way:
        return 0
    left = ms
    for index in way[:-1]:
        lasts = described[index][0]
        if lasts is None or left < lasts:
            return index
        left -= lasts
    return way[-1]
