"""Dispatching over time: order, overtaking, blending, what a pass looks at, and what breaks."""

import asyncio
import itertools
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switchyard_router.domain.agents import AgentLive, AgentProfile, Mask
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.plans import Plan, Step
from switchyard_router.domain.policies import POLICIES
from switchyard_router.domain.queues import Arm
from switchyard_router.domain.records import Reservation
from switchyard_router.domain.skills import SkillNeed
from switchyard_router.service.board import Board
from switchyard_router.service.deciding import AgentFilters, Decider, NoFilters
from switchyard_router.service.dispatcher import Dispatcher
from switchyard_scoring.decision import Decision
from switchyard_scoring.scoring import replay

from tests.fakes.router.core import (
    Decisions,
    Meter,
    Reservations,
    board,
    contact_event,
    event,
    profile,
    ready,
    store_clock,
    waiting,
)

pytestmark = pytest.mark.unit

NOW = 1_000_000


class Ids:
    """Counts."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self) -> str:
        """The next id."""
        return f"id{next(self._numbers)}"


class Store(Reservations):
    """Reserves everything, raises the counts of who is overtaken, and remembers in what order."""

    def __init__(self, on: Board) -> None:
        super().__init__()
        self._board = on
        self.served: list[Reservation] = []

    async def reserve_many(self, reservations: Any) -> list[tuple[str, int]]:
        """As the store does."""
        assert len(reservations) <= 50
        for reservation in reservations:
            self.served.append(reservation)
            for contact_id in reservation.overtaken:
                known = self._board.contacts[contact_id]
                changed = replace(known, seq=known.seq + 1, overtaken=known.overtaken + 1)
                self._board.apply(contact_event(changed, kind="contact.overtaken"))
        answers = await super().reserve_many(reservations)
        return [
            (code, self._version(reservation.agent) + 1 if code == "OK" else 0)
            for reservation, (code, _) in zip(reservations, answers, strict=True)
        ]

    def _version(self, agent_id: str) -> int:
        row = self._board.agents.row(agent_id)
        assert row is not None
        return self._board.agents.lives[row].seq


class Floor:
    """A dispatcher on a board that is changed by hand, and its clock."""

    def __init__(self, on: Board, filters: AgentFilters | None = None) -> None:
        self.board = on
        self.store = Store(on)
        self.decisions, self.meter = Decisions(), Meter()
        self.clock, self.own = store_clock(NOW)
        ids: Any = Ids()
        decider = Decider(on, filters or NoFilters())
        self.dispatcher = Dispatcher(
            on, decider, self.store, self.decisions, ids, self.clock, self.meter
        )

    def arrive(self, *contacts: Waiting) -> "Floor":
        """Contacts join their queues."""
        for contact in contacts:
            self.board.apply(contact_event(contact))
        return self

    def free(self, agent_id: str, since_ms: int = 0) -> None:
        """An agent becomes free."""
        row = self.board.agents.row(agent_id)
        assert row is not None
        seq = self.board.agents.lives[row].seq + 1
        self.board.agents.set_live(agent_id, ready(seq=seq, idle_since_ms=since_ms))

    def looked(self) -> list[int]:
        """How many lines each pass looked at."""
        return [lines for _, lines in self.meter.of("passed")]


def busy(on: Board) -> Board:
    """Everybody on a call."""
    for agent_id in on.agents.ids:
        live = AgentLive("ON_CONTACT", ready=True, held={"x": "VOICE:active"}, seq=2)
        on.agents.set_live(agent_id, live)
    return on


async def test_asterisk_108_a_freed_agent_costs_the_same_however_many_wait() -> None:
    """Ten thousand wait in twenty lines: an agent of one of them makes that line looked at."""
    agents = [profile(f"a{n}", queues=(f"q{n}",)) for n in range(20)]
    made = busy(board(*agents))
    for n in range(20):
        made.queues[f"q{n}"] = made.queues["q"]
    floor = Floor(made)
    floor.arrive(*(waiting(f"c{n}", n, queue=f"q{n % 20}") for n in range(10_000)))
    await floor.dispatcher.dispatch()
    assert floor.looked() == [20]
    await floor.dispatcher.dispatch()
    assert floor.looked() == [20], "nothing changed, nothing is looked at"
    floor.free("a7")
    await floor.dispatcher.dispatch()
    assert floor.looked()[1:] == [2], "the line once with the agent, and once after"
    assert floor.store.asked == [("c7", "a7")]


async def test_hundreds_are_served_in_one_pass_fifty_at_a_time() -> None:
    agents = [profile(f"a{n}") for n in range(120)]
    floor = Floor(board(*agents)).arrive(*(waiting(f"c{n}", n) for n in range(150)))
    await floor.dispatcher.dispatch()
    assert [int(contact[1:]) for contact in floor.store.made] == list(range(120))
    assert len(set(floor.store.made.values())) == 120


async def test_a_preferred_agents_contact_waits_beside_and_is_not_in_the_way() -> None:
    class Preferred(NoFilters):
        def signature(self, contact: Waiting) -> Hashable:
            return contact.preferred_agent

        def mask(self, contact: Waiting) -> Mask | None:
            if not contact.preferred_agent:
                return None
            return np.array([name == contact.preferred_agent for name in made.agents.ids])

    made = busy(board(profile("ann"), profile("bob")))
    floor = Floor(made, Preferred())
    mine = waiting("mine", 1, preferred_agent="bob", preferred_until_ms=NOW + 9_000)
    floor.arrive(mine, waiting("other", 2))
    await floor.dispatcher.dispatch()
    floor.free("ann")
    await floor.dispatcher.dispatch()
    assert floor.store.made == {"other": "ann"}
    floor.free("bob")
    await floor.dispatcher.dispatch()
    assert floor.store.made["mine"] == "bob"


async def test_a_chat_backlog_never_starves_voice_over_time() -> None:
    """A vendor's template documents the lock-out: chats fill agents, calls find nobody."""
    blended = {"capacity": {"CHAT": 3, "VOICE": 1}, "units": 3}
    floor = Floor(board(*(profile(f"a{n}", **blended) for n in range(4))))
    floor.arrive(*(waiting(f"chat{n}", n, channel="CHAT") for n in range(200)))
    await floor.dispatcher.dispatch()
    floor.arrive(*(waiting(f"call{n}", 1_000 + n) for n in range(4)))
    await floor.dispatcher.dispatch()
    calls = {contact: agent for contact, agent in floor.store.made.items() if "call" in contact}
    assert sorted(calls.values()) == ["a0", "a1", "a2", "a3"]
    assert len(floor.store.made) == 4 * 2 + 4


async def test_chats_are_spread_over_agents_before_anybody_gets_a_second() -> None:
    floor = Floor(board(*(profile(f"a{n}", capacity={"CHAT": 3}) for n in range(3))))
    floor.arrive(*(waiting(f"c{n}", n, channel="CHAT") for n in range(3)))
    await floor.dispatcher.dispatch()
    assert sorted(floor.store.made.values()) == ["a0", "a1", "a2"]


async def test_chatwoot_10376_who_waits_is_served_when_somebody_frees() -> None:
    floor = Floor(busy(board(profile("ann")))).arrive(waiting("c1", 1), waiting("c2", 2))
    await floor.dispatcher.dispatch()
    for number in (1, 2):
        floor.free("ann")
        await floor.dispatcher.dispatch()
        assert len(floor.store.made) == number


async def test_time_alone_brings_an_agent_back_who_was_too_busy() -> None:
    made = board(profile("ann"))
    made.queues["q"] = replace(made.queues["q"], occupancy_cap=0.5)
    made.agents.set_live("ann", ready(seq=2, occupancy=0.51, occupancy_ms=NOW))
    floor = Floor(made).arrive(waiting("c1"))
    again = await floor.dispatcher.dispatch()
    assert again is not None
    assert floor.store.made == {}
    floor.own.advance((again - NOW) / 1000)
    await floor.dispatcher.dispatch()
    assert floor.store.made == {"c1": "ann"}


async def test_a_board_that_was_read_anew_is_dispatched_without_any_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("switchyard_router.service.dispatcher._LONGEST_SLEEP_SECONDS", 0.001)
    floor = Floor(board(profile("ann")))
    task = asyncio.create_task(floor.dispatcher.run())
    await asyncio.sleep(0)
    floor.arrive(waiting("c1"))
    async with asyncio.timeout(60):
        while not floor.store.made:
            await asyncio.sleep(0.001)
    task.cancel()
    assert floor.store.made == {"c1": "ann"}


async def test_a_broken_expression_rests_its_line_and_no_other() -> None:
    class Broken(NoFilters):
        def signature(self, contact: Waiting) -> Hashable:
            return contact.language

        def mask(self, contact: Waiting) -> Mask | None:
            if contact.language == "broken":
                raise LookupError(contact.id)
            return None

    floor = Floor(board(profile("ann"), profile("bob")), Broken())
    floor.arrive(waiting("bad", 1, language="broken"), waiting("good", 2))
    again = await floor.dispatcher.dispatch()
    assert list(floor.store.made) == ["good"]
    assert ["LINE_BROKEN"] in floor.meter.of("conflicted")
    assert again == NOW + 5_000


async def test_a_queue_that_changed_is_looked_at_anew() -> None:
    made = board(profile("ann", skills={"en": 2}))
    made.plans["p"] = Plan("p", 1, (Step((SkillNeed("en", 8),)),))
    made.queues["q"] = replace(made.queues["q"], plan="p")
    floor = Floor(made).arrive(waiting("c1"))
    await floor.dispatcher.dispatch()
    made.plans["p"] = Plan("p", 2, (Step((SkillNeed("en", 1),)),))
    floor.dispatcher.on_event(event("config.plan", "p", 2, {}))
    await floor.dispatcher.dispatch()
    assert floor.store.made == {"c1": "ann"}


async def test_the_event_tells_what_the_decision_keeps() -> None:
    made = board(profile("ann"), profile("bob"))
    arms = (Arm("a", "round_robin", 0.25), Arm("b", "round_robin", 0.75))
    made.queues["q"] = replace(made.queues["q"], arms=arms)
    floor = Floor(made).arrive(waiting("c1", NOW - 2_000, arm="b"))
    await floor.dispatcher.dispatch()
    (decision,), (reservation,) = floor.decisions.noted, floor.store.served
    told = orjson.loads(reservation.decided)
    assert told == {
        "decision": decision.id, "contact": "c1", "agent": decision.agent, "policy": "round_robin",
        "eligible_count": 2, "rejected_counts": {}, "step": 0, "plan_version": 0,
        "model_version": "", "arm": "b", "degraded": False, "predicted_ms": 0, "propensity": 0.75,
    }  # fmt: skip
    assert (decision.arm, decision.propensity, decision.waited_ms) == ("b", 0.75, 2_000)
    assert decision.offer == reservation.offer_id


NAMES = ("ann", "bob", "cy", "dee")
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("arrive"), st.integers(0, 5), st.sampled_from(["", *NAMES])),
        st.tuples(st.just("spare"), st.integers(0, 5), st.sampled_from(NAMES)),
        st.tuples(st.just("free"), st.integers(0, 3), st.just("")),
        st.tuples(st.just("wait"), st.integers(1, 30), st.just("")),
    ),
    min_size=5,
    max_size=40,
)


@settings(deadline=None)
@given(ACTIONS, st.just("predictive") | st.sampled_from(sorted(POLICIES)), st.integers(0, 2))
async def test_nobody_is_overtaken_more_often_than_allowed(
    actions: list[tuple[str, int, str]], policy: str, allowed: int
) -> None:
    """Arrivals with and without preferred agents, declines and agents who free, in any order.

    Overtaken: a later contact with the same needs gets an agent who could have had the earlier.
    """
    made = busy(board(*(profile(name) for name in NAMES)))
    # A preferred agent is worth so much that it would overtake many, if that were allowed.
    rules: dict[str, Any] = {"weights": {"history": 100.0}, "max_overtakes": allowed}
    made.queues["q"] = replace(made.queues["q"], policy=policy, **rules)
    floor = Floor(made)
    counts: dict[str, int] = {}
    for number, (action, how, who) in enumerate(actions):
        now = floor.clock.now_ms()
        if action == "arrive":
            floor.arrive(waiting(f"c{number:02}", now - how * 1_000, preferred_agent=who))
        elif action == "free":
            floor.free(NAMES[how], now)
        elif action == "wait":
            floor.own.advance(how)
        else:
            _spare(made, how, who, now)
        before = {c.id: c for c in made.contacts.values() if c.state == "QUEUED"}
        first = len(floor.store.served)
        await floor.dispatcher.dispatch()
        for reservation in floor.store.served[first:]:
            _count(before, reservation, counts, floor.clock.now_ms())
    assert all(count <= allowed for count in counts.values())
    for decision in floor.decisions.noted:
        _same_again(decision)


def _spare(made: Board, how: int, agent_id: str, now: int) -> None:
    """Somebody who waits has just been declined by an agent."""
    queued = [contact for contact in made.contacts.values() if contact.state == "QUEUED"]
    if how < len(queued):
        contact = queued[how]
        spared = {**contact.spared_until_ms, agent_id: now + 9_000}
        changed = replace(contact, seq=contact.seq + 1, spared_until_ms=spared)
        made.apply(contact_event(changed, kind="contact.queued"))


def _count(
    before: dict[str, Waiting], reservation: Reservation, counts: dict[str, int], now: int
) -> None:
    """Count who is overtaken, by the definition; then the contact is served."""
    served = before.pop(reservation.contact)
    for other in before.values():
        earlier = (other.order_ms, other.id) < (served.order_ms, served.id)
        if earlier and other.spared_until_ms.get(reservation.agent, 0) <= now:
            counts[other.id] = counts.get(other.id, 0) + 1


def _same_again(decision: Decision) -> None:
    again = replay(decision.inputs, decision.seed, decision.propensity)
    assert again.chosen == decision.agent
    assert tuple(each.score for each in again.candidates) == decision.inputs.scores


AGENT = st.builds(
    lambda name, level, queues, cap: (name, level, queues, cap),
    st.just(""), st.integers(1, 10), st.sampled_from([("q",), ("q", "r"), ("r",)]),
    st.sampled_from([{"VOICE": 1}, {"VOICE": 1, "CHAT": 2}]),
)  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(AGENT, min_size=1, max_size=12),
    st.lists(st.tuples(st.sampled_from("qr"), st.sampled_from(["VOICE", "CHAT"]),
                       st.integers(0, 9)), min_size=1, max_size=25),
    st.sampled_from(sorted(POLICIES)),
    st.integers(0, 2**20),
)  # fmt: skip
async def test_every_decision_replays_and_nobody_is_left_who_could_be_served(
    agents: list[tuple[str, int, tuple[str, ...], dict[str, int]]],
    contacts: list[tuple[str, str, int]],
    policy: str,
    salt: int,
) -> None:
    made = board()
    for queue in "qr":
        made.queues[queue] = replace(made.queues["q"], id=queue, policy=policy)
    for number, (_, level, queues, capacity) in enumerate(agents):
        agent = _agent(f"a{number}", level, queues, capacity)
        made.upsert_agent(agent)
        made.agents.set_live(agent.id, ready(idle_since_ms=NOW - salt * number % 999_983))
    floor = Floor(made)
    for number, (queue, channel, level) in enumerate(contacts):
        needs = (SkillNeed("en", level, weight=level / 2),) if level else ()
        more: dict[str, Any] = {"queue": queue, "channel": channel, "needs": needs}
        floor.arrive(waiting(f"c{number:02}", NOW - salt * number % 99_991, **more))
    await floor.dispatcher.dispatch()
    for decision in floor.decisions.noted:
        _same_again(decision)
    decider = Decider(made, NoFilters())
    left = [contact for contact in made.contacts.values() if contact.state == "QUEUED"]
    for contact in left:
        assert not decider.eligible(decider.question(contact, NOW), NOW).any()


def _agent(
    name: str, level: int, queues: tuple[str, ...], capacity: dict[str, int]
) -> AgentProfile:
    return profile(name, skills={"en": level}, queues=queues, capacity=capacity)
