"""Which agents the step of a contact admits, and what is worked out anew after a change."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.adapters.cel.compiler import CelCompiler
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.expressions import AGENT
from switchyard_router.domain.facts import FACTS
from switchyard_router.domain.plans import Plan, Step
from switchyard_router.domain.queues import Target, TargetKind
from switchyard_router.service.agent_filters import AgentFilters
from switchyard_router.service.agent_rows import AgentRows
from switchyard_router.service.contact_facts import ContactFacts
from switchyard_router.service.departures import Departures
from switchyard_router.service.doors import Doors
from switchyard_router.service.expression_failures import ExpressionFailures
from switchyard_router.service.queue_facts import QueueFacts

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
    """A board with agents ann (gold), bob (gold, busy before) and cho (silver), and filters."""

    def __init__(self, *steps: Step, plan_version: int = 1) -> None:
        agents = (
            profile("ann", team="gold", skills={"billing": 7}),
            profile("bob", team="gold", skills={"billing": 3}),
            profile("cho", team="silver", skills={}),
        )
        self.board = board(*agents, plan=Plan("p", plan_version, steps or (Step(),)))
        self.clock, self.own_clock = store_clock(NOW)
        self.details, self.meter, self.departures = Details(), Meter(), Departures(lambda _: None)
        queues = QueueFacts(self.board, Doors(self.board), self.clock)
        self.facts = ContactFacts(self.details, self.details.decode, queues, self.clock)
        self.failures = ExpressionFailures(self.meter)
        self.filters = AgentFilters(
            self.board, self.facts, self.failures, self.departures, self.clock
        )

    def put(self, contact: Waiting) -> Waiting:
        self.board.apply(contact_event(contact))
        return contact

    def admitted(self, contact: Waiting) -> list[str] | None:
        mask = self.filters.mask(contact)
        if mask is None:
            return None
        return [name for name, yes in zip(self.board.agents.ids, mask, strict=True) if yes]

    def admits(self, contact: Waiting, *agents: str) -> bool:
        return self.admitted(contact) == list(agents)


def filtered(text: str, **more: Any) -> Step:
    return Step(filter=COMPILER.agents(text), **more)


def test_a_step_without_restrictions_has_no_mask() -> None:
    hall = Hall()
    assert hall.admitted(waiting("c")) is None
    assert hall.filters.signature(waiting("c")) == hall.filters.signature(waiting("d"))
    assert hall.filters.changes_at(waiting("c")) is None


def test_an_expression_over_agents_is_answered_for_each() -> None:
    hall = Hall(filtered('agent.team == "gold" && agent.skills["billing"] >= 5'))
    assert hall.admits(waiting("c"), "ann")
    hall.board.upsert_agent(profile("cho", team="gold", skills={"billing": 9}))
    assert hall.admits(waiting("c"), "ann", "cho")
    hall.board.upsert_agent(profile("dan", team="gold", skills={"billing": 5}))
    assert hall.admits(waiting("c"), "ann", "cho", "dan")


def test_only_agents_who_changed_are_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall(filtered('agent.team == "gold" && agent.contacts == 0'))
    hall.filters.mask(waiting("c"))
    looked: list[tuple[int, str]] = []
    original = AgentRows.value

    def value(self: AgentRows, row: int, path: tuple[str, ...]) -> object:
        looked.append((row, path[1]))
        return original(self, row, path)

    monkeypatch.setattr(AgentRows, "value", value)
    assert hall.admits(waiting("c"), "ann", "bob")
    assert looked == []
    hall.board.agents.set_live("bob", ready(seq=2, held={"x": "VOICE:active"}))
    assert hall.admits(waiting("c"), "ann")
    assert looked == [(1, "contacts")], "the team is not in the agent's state"


def test_a_fact_that_time_changes_is_looked_at_every_second() -> None:
    hall = Hall(filtered("agent.idle_seconds > 1050"))
    assert hall.admitted(waiting("c")) == []
    before = hall.filters.signature(waiting("c"))
    assert hall.filters.changes_at(waiting("c")) == NOW + 1000
    hall.own_clock.advance(100)
    assert hall.filters.signature(waiting("c")) != before
    assert hall.admits(waiting("c"), "ann", "bob", "cho")


def test_contacts_that_look_alike_share_a_signature() -> None:
    hall = Hall(filtered("contact.priority > 0 && agent.skills.billing > contact.step"))
    low, high = waiting("low"), waiting("high", priority=1)
    assert hall.filters.signature(high) == hall.filters.signature(waiting("x", priority=9))
    assert hall.filters.signature(low) != hall.filters.signature(high)
    assert hall.admitted(low) == []
    assert hall.admits(high, "ann", "bob")


async def test_attributes_are_read_once_and_waited_for_briefly() -> None:
    hall = Hall(filtered('contact.attributes.tier == "gold" && agent.team == "gold"'))
    hall.details.attributes["c"] = {"tier": "gold"}
    assert hall.admitted(waiting("c")) == [], "not known yet"
    due = hall.filters.changes_at(waiting("c"))
    assert due is not None
    assert NOW < due <= NOW + 1000
    await hall.facts.load()
    assert hall.admits(waiting("c"), "ann", "bob")
    assert hall.admits(waiting("c"), "ann", "bob")
    assert hall.details.asked == [["c"]]


async def test_attributes_that_do_not_come_count_as_missing() -> None:
    hall = Hall(filtered("!has(contact.attributes.vip) && agent.team == 'silver'"))
    assert hall.admitted(waiting("c")) == []
    hall.own_clock.advance(1)
    assert hall.admits(waiting("c"), "cho")
    hall.details.attributes["c"] = {"vip": True}
    await hall.facts.load()
    assert hall.admitted(waiting("c")) == [], "they came after all"


async def test_changed_attributes_are_read_again() -> None:
    hall = Hall(filtered("contact.attributes.vip"))
    hall.details.attributes["c"] = {"vip": True}
    hall.filters.mask(waiting("c"))
    await hall.facts.load()
    assert hall.admits(waiting("c"), "ann", "bob", "cho")
    hall.details.attributes["c"] = {"vip": False}
    hall.facts.on_event(event("contact.updated", "c", 2, {"state": "QUEUED"}))
    hall.filters.mask(waiting("c"))
    await hall.facts.load()
    assert hall.admitted(waiting("c")) == []


def test_no_answer_counts_as_false_and_is_told_once_per_version() -> None:
    hall = Hall(filtered("1 / contact.priority > 0"))
    assert hall.admitted(waiting("c")) == []
    assert hall.admitted(waiting("d")) == []
    assert hall.meter.of("expression_failed") == [["p"]], "equal facts are evaluated once"
    assert hall.admits(waiting("e", priority=1), "ann", "bob", "cho")


def test_the_preferred_agent_is_waited_for_until_a_time_while_signed_in() -> None:
    hall = Hall()
    prefers = waiting("c", preferred_agent="bob", preferred_until_ms=NOW + 5_000)
    assert hall.admits(prefers, "bob")
    assert hall.filters.changes_at(prefers) == NOW + 5_000
    hall.own_clock.advance(5)
    assert hall.admitted(prefers) is None
    later = replace(prefers, preferred_until_ms=NOW + 60_000)
    hall.board.agents.set_live("bob", ready(seq=2, presence="OFFLINE", ready=False))
    assert hall.admitted(later) is None, "nobody waits for an agent who has gone home"
    assert hall.admitted(replace(later, preferred_agent="who")) is None


def test_an_agent_as_target_is_the_only_one_and_excluded_agents_are_none() -> None:
    hall = Hall(Step(target=Target(TargetKind.AGENT, "cho")))
    assert hall.admits(waiting("c"), "cho")
    assert hall.admitted(waiting("c", excluded_agents=frozenset({"cho"}))) == []
    hall = Hall()
    assert hall.admits(waiting("c", excluded_agents=frozenset({"ann", "gone"})), "bob", "cho")


def test_nobody_takes_a_contact_that_leaves() -> None:
    hall = Hall()
    hall.departures.add("c")
    assert hall.admitted(waiting("c")) == []
    assert hall.admitted(waiting("d")) is None


def test_a_contact_in_a_step_that_is_gone_is_in_the_last_one() -> None:
    hall = Hall(filtered("agent.team == 'gold'"), filtered("agent.team == 'silver'"))
    assert hall.admits(waiting("c", step=7), "cho")


def test_every_fact_can_be_read() -> None:
    hall = Hall()
    hall.put(waiting("c"))
    rows = AgentRows(hall.board.agents, hall.clock)
    for subject, fields in FACTS.items():
        for name, fact in fields.items():
            if (subject, name) == ("contact", "attributes"):
                continue
            path = (subject, name)
            found: Any = (
                rows.value(0, path)
                if subject == AGENT
                else (hall.facts.values(waiting("c"), [path]) or [None])[0]
            )
            kinds = {bool: "bool", int: "int", float: "double", str: "string", tuple: "list"}
            assert kinds.get(type(found), "map") == fact.kind, path


agents = st.lists(
    st.tuples(st.sampled_from(("gold", "silver")), st.integers(0, 10), st.booleans()), max_size=6
)
changes = st.lists(st.tuples(st.integers(0, 5), agents.filter(bool)), max_size=4)


@given(agents, changes)
def test_kept_masks_say_what_fresh_ones_say(
    first: list[tuple[str, int, bool]], later: list[tuple[int, list[tuple[str, int, bool]]]]
) -> None:
    text = "agent.team == 'gold' && agent.skills.billing > 4 && (agent.contacts == 0 || queue.open)"
    hall = Hall(filtered(text))
    for number, (team, level, busy) in enumerate(first):
        put_agent(hall, f"n{number}", team, level, busy)
    hall.filters.mask(waiting("c"))
    for number, values in later:
        put_agent(hall, f"n{number}", *values[0])
        fresh = AgentFilters(hall.board, hall.facts, hall.failures, hall.departures, hall.clock)
        kept_mask, fresh_mask = hall.filters.mask(waiting("c")), fresh.mask(waiting("c"))
        assert kept_mask is not None
        assert fresh_mask is not None
        assert kept_mask.tolist() == fresh_mask.tolist()


def put_agent(hall: Hall, name: str, team: str, level: int, busy: bool) -> None:
    hall.board.upsert_agent(profile(name, team=team, skills={"billing": level} if level else {}))
    held = {"x": "CHAT:active"} if busy else {}
    hall.board.agents.set_live(name, ready(held=held))
