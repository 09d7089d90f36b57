"""Advice: who would be the best agent now, and why the others are not."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from google.protobuf.struct_pb2 import Struct
from switchyard.router.v1 import contact_pb2, decision_pb2, routing_service_pb2
from switchyard_common.clock import FakeClock
from switchyard_common.errors import DomainError
from switchyard_common.ids import IdFactory
from switchyard_router.adapters.cel.compiler import CelCompiler
from switchyard_router.adapters.decision_sink import encode
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.estimate import Estimate
from switchyard_router.domain.names import Tenant
from switchyard_router.domain.plans import Plan, Step
from switchyard_router.domain.records import StoredEvent
from switchyard_router.domain.refusals import store_down
from switchyard_router.domain.skills import SkillNeed
from switchyard_router.entrypoints.advice import AdviceDesk
from switchyard_router.entrypoints.decision_messages import differences
from switchyard_router.entrypoints.hypothetical import Hypotheticals
from switchyard_router.service.agent_filters import AgentFilters
from switchyard_router.service.contact_facts import ContactFacts
from switchyard_router.service.deciding import Decider
from switchyard_router.service.departures import Departures
from switchyard_router.service.doors import Doors
from switchyard_router.service.expression_failures import ExpressionFailures
from switchyard_router.service.queue_facts import QueueFacts
from switchyard_router.service.ranking import RankAgents, RankQuery

from tests.fakes.router.core import (
    Decisions,
    Meter,
    board,
    contact_event,
    profile,
    ready,
    store_clock,
    waiting,
)

pytestmark = pytest.mark.unit

NOW = 1_000_000
T = "tenants/demo"
DEMO = Tenant("demo")


class Figures:
    """Says how long one would wait, or that the store is down."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.down = False

    async def estimate(self, queue_id: str, contact_id: str = "") -> Estimate:
        if self.down:
            raise store_down()
        self.asked.append((queue_id, contact_id))
        return Estimate(3, 10.0, 30.0, confident=True, method="test")


class Desk:
    """Advice on a board of free agents ann, bob and cho, free since 0, 1 and 2."""

    def __init__(self, *steps: Step) -> None:
        people = (profile("ann"), profile("bob", skills={"billing": 4}), profile("cho"))
        self.board = board(*people, plan=Plan("p", 7, steps) if steps else None)
        self.clock, _ = store_clock(NOW)
        self.kept, self.figures = Decisions(), Figures()
        self.up_to_date = True
        nobody: Any = None
        self.facts = ContactFacts(
            nobody, self._decode, QueueFacts(self.board, Doors(self.board), self.clock), self.clock
        )
        failures = ExpressionFailures(Meter())
        filters = AgentFilters(
            self.board, self.facts, failures, Departures(lambda *_: None), self.clock
        )
        ids = IdFactory(FakeClock())
        self.rank = RankAgents(
            self.board,
            Decider(self.board, filters),
            self.facts,
            self.kept,
            ids,
            self.clock,
            lambda: self.up_to_date,
        )
        figures: Any = self.figures
        hypotheticals = Hypotheticals(self.board, ids, self.clock, DEMO)
        self.on_its_way: list[StoredEvent] = []
        self.desk = AdviceDesk(self.rank, self.board, figures, hypotheticals, self._catch_up, DEMO)

    async def _catch_up(self) -> None:
        while self.on_its_way:
            self.board.apply(self.on_its_way.pop())

    @staticmethod
    def _decode(detail: bytes) -> dict[str, object]:
        return dict(contact_pb2.Contact.FromString(detail).attributes)

    async def ask(
        self, contact: contact_pb2.Contact | None = None, **fields: Any
    ) -> routing_service_pb2.RankAgentsResponse:
        asked = contact or contact_pb2.Contact(channel=contact_pb2.VOICE, queue=f"{T}/queues/q")
        request = routing_service_pb2.RankAgentsRequest(parent=T, contact=asked, **fields)
        return await self.desk.answer(request)


def names(response: routing_service_pb2.RankAgentsResponse) -> list[str]:
    return [c.agent.rpartition("/")[2] for c in response.ranked if c.eligible]


def reasons(response: routing_service_pb2.RankAgentsResponse) -> dict[str, str]:
    return {
        c.agent.rpartition("/")[2]: c.rejected_reason for c in response.ranked if not c.eligible
    }


async def test_the_best_come_first_up_to_the_limit() -> None:
    desk = Desk()
    assert names(await desk.ask()) == ["ann", "bob", "cho"]
    response = await desk.ask(limit=2)
    assert (names(response), response.eligible_count) == (["ann", "bob"], 3)
    best = response.ranked[0]
    assert best.terms["idle"] == best.score == NOW / 1000
    assert (best.propensity, response.ranked[1].propensity) == (1.0, 0.0)
    assert (response.policy, response.degraded) == ("longest_idle", False)
    assert response.wait.position == 3
    assert response.decision == ""
    assert desk.kept.noted == []


async def test_advice_reserves_nobody() -> None:
    desk = Desk()
    before = (list(desk.board.agents.lives), dict(desk.board.contacts))
    await desk.ask(explain=True)
    assert (list(desk.board.agents.lives), dict(desk.board.contacts)) == before


async def test_only_the_candidates_that_the_platform_names() -> None:
    desk = Desk()
    named = [f"{T}/agents/{agent}" for agent in ("cho", "bob", "zoe")]
    response = await desk.ask(candidate_agents=named, explain=True)
    assert names(response) == ["bob", "cho"]
    assert reasons(response) == {"zoe": "UNKNOWN_AGENT"}
    assert dict(response.rejected_counts) == {"NOT_ASKED_FOR": 1}


async def test_the_rejected_are_explained_nearest_first() -> None:
    desk = Desk()
    desk.board.agents.set_live("ann", ready(2, presence="NOT_READY", ready=False))
    desk.board.agents.set_live("bob", ready(2, held={"x": "VOICE:active"}))
    desk.board.upsert_agent(profile("dan", queues=("other",)))
    response = await desk.ask(explain=True)
    assert reasons(response) == {"bob": "CAPACITY", "ann": "PRESENCE", "dan": "QUEUE"}
    assert list(reasons(response)) == ["bob", "ann", "dan"]
    assert dict(response.rejected_counts) == {"CAPACITY": 1, "PRESENCE": 1, "QUEUE": 1}
    assert not any(c.rejected_reason for c in (await desk.ask()).ranked), "only when asked for"


async def test_at_most_200_rejected_are_named_and_all_are_counted() -> None:
    desk = Desk()
    for number in range(300):
        desk.board.upsert_agent(profile(f"x{number}", queues=("other",)))
    response = await desk.ask(explain=True)
    assert len(response.ranked) == 3 + 200
    assert dict(response.rejected_counts) == {"QUEUE": 300}


async def test_a_decision_is_kept_when_asked_for_and_replays() -> None:
    desk = Desk()
    response = await desk.ask(request_id="r1")
    (kept,) = desk.kept.noted
    assert response.decision == f"{T}/decisions/{kept.id}"
    assert (kept.advice, kept.agent, kept.contact, kept.offer) == (True, "ann", "", "")
    message = decision_pb2.Decision.FromString(encode(kept, DEMO))
    assert message.advice
    assert differences(message) == []


async def test_a_decision_for_nobody_is_kept_too() -> None:
    desk = Desk()
    for agent in ("ann", "bob", "cho"):
        desk.board.agents.set_live(agent, ready(2, presence="OFFLINE", ready=False))
    response = await desk.ask(explain=True)
    (kept,) = desk.kept.noted
    assert (names(response), kept.agent, kept.eligible_count) == ([], "", 0)
    assert dict(kept.rejected_counts) == {"PRESENCE": 3}
    assert differences(decision_pb2.Decision.FromString(encode(kept, DEMO))) == []


async def test_a_contact_that_waits_here_is_asked_for_by_name() -> None:
    desk = Desk()
    contact = waiting("c1", NOW - 5_000, spared_until_ms={"ann": NOW + 3_000})
    desk.board.apply(contact_event(replace(contact, hold_until_ms=NOW + 400)))
    response = await desk.ask(contact_pb2.Contact(name=f"{T}/contacts/c1"), explain=True)
    assert names(response) == ["bob", "cho"]
    assert reasons(response) == {"ann": "SPARED"}
    assert response.held_until.ToMilliseconds() == NOW + 400
    assert desk.figures.asked == [("q", "c1")]
    assert desk.kept.noted[0].contact == "c1"


async def test_attributes_of_a_contact_elsewhere_reach_expressions_and_are_forgotten() -> None:
    text = 'contact.attributes.tier == "gold" ? agent.id == "bob" : agent.id == "cho"'
    desk = Desk(Step(filter=CelCompiler().agents(text)))
    for tier, expected in (("gold", "bob"), ("tin", "cho")):
        attributes = Struct()
        attributes.update({"tier": tier})
        contact = contact_pb2.Contact(
            channel=contact_pb2.VOICE, queue=f"{T}/queues/q", attributes=attributes
        )
        response = await desk.ask(contact)
        assert names(response) == [expected]
        assert response.plan_version == 7
    assert not desk.facts._known


async def test_the_age_of_a_contact_decides_its_step() -> None:
    first = Step(needs=(SkillNeed("billing", 5),), expires_after_ms=10_000)
    desk = Desk(first, Step(needs=(SkillNeed("billing"),)))
    contact = contact_pb2.Contact(channel=contact_pb2.VOICE, queue=f"{T}/queues/q")
    assert names(await desk.ask(contact)) == []
    contact.age_credit.FromSeconds(11)
    response = await desk.ask(contact)
    assert (names(response), response.step) == (["bob"], 1)


async def test_excluded_and_preferred_agents_count() -> None:
    desk = Desk()
    contact = contact_pb2.Contact(
        channel=contact_pb2.VOICE,
        queue=f"{T}/queues/q",
        preferred_agent=f"{T}/agents/cho",
        excluded_agents=[f"{T}/agents/ann"],
    )
    assert names(await desk.ask(contact)) == ["bob", "cho"]
    contact.preferred_agent_wait.FromSeconds(5)
    assert names(await desk.ask(contact)) == ["cho"]


async def test_a_board_that_lags_says_so() -> None:
    desk = Desk()
    desk.up_to_date = False
    desk.figures.down = True
    response = await desk.ask(explain=True)
    assert (response.degraded, list(response.degraded_reasons)) == (True, ["STALE_STATE"])
    assert names(response) == ["ann", "bob", "cho"]
    assert not response.HasField("wait")
    assert desk.kept.noted[0].degraded


async def test_a_contact_that_was_just_created_is_known() -> None:
    desk = Desk()
    desk.on_its_way.append(contact_event(waiting("c1", NOW)))
    advice = await desk.ask(contact_pb2.Contact(name=f"{T}/contacts/c1"))
    assert names(advice) == ["ann", "bob", "cho"]
    assert desk.figures.asked == [("q", "c1")]


@pytest.mark.parametrize(
    ("contact", "fields", "reason"),
    [
        ({"queue": f"{T}/queues/x", "channel": 1}, {}, "QUEUE"),
        ({"name": f"{T}/contacts/x"}, {}, "CONTACT"),
        ({"name": f"{T}/contacts/x", "queue": f"{T}/queues/q"}, {}, "BAD_FIELD"),
        ({"queue": f"{T}/queues/q"}, {}, "BAD_FIELD"),
        ({"channel": 1}, {}, "BAD_NAME"),
        ({"queue": "tenants/x/queues/q", "channel": 1}, {}, "TENANT_MISMATCH"),
        ({"queue": f"{T}/queues/q", "channel": 1}, {"limit": 1001}, "BAD_FIELD"),
        ({"queue": f"{T}/queues/q", "channel": 1}, {"limit": -1}, "BAD_FIELD"),
        ({"queue": f"{T}/queues/q", "channel": 1}, {"request_id": "x" * 129}, "BAD_FIELD"),
        ({"queue": f"{T}/queues/q", "channel": 1}, {"candidate_agents": ["ann"]}, "BAD_NAME"),
        ({"queue": f"{T}/queues/q", "channel": 1, "preferred_agent": "ann"}, {}, "BAD_NAME"),
        ({"queue": f"{T}/queues/q", "channel": 99}, {}, "BAD_FIELD"),
    ],
)
async def test_what_cannot_be_answered_is_refused(
    contact: dict[str, Any], fields: dict[str, Any], reason: str
) -> None:
    with pytest.raises(DomainError) as caught:
        await Desk().ask(contact_pb2.Contact(**contact), **fields)
    assert caught.value.reason == reason


def test_many_candidates_are_refused_before_they_are_looked_at() -> None:
    asked = RankQuery(waiting("c", NOW), agents=tuple(f"x{n}" for n in range(3)))
    assert Desk().rank.execute(asked).ranking.eligible == 0


def test_the_choice_is_the_deciders() -> None:
    """No second implementation of deciding: advice and dispatch rank with the same object."""
    desk = Desk()
    contact: Waiting = waiting("c", NOW)
    advice = desk.rank.execute(RankQuery(contact))
    again = desk.rank._decider.rank(contact, NOW)
    assert np.array_equal(advice.ranking.rows, again.rows)
