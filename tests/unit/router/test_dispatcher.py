"""Who is offered which contact, and when the dispatcher looks again."""

import itertools
from typing import Any

import orjson
import pytest
from switchyard_common.errors import DomainError
from switchyard_router.domain.plans import Plan, Step
from switchyard_router.domain.refusals import StepFailed, store_down
from switchyard_router.domain.skills import SkillNeed
from switchyard_router.service.board import Board
from switchyard_router.service.deciding import Decider, NoFilters
from switchyard_router.service.dispatcher import Dispatcher

from tests.fakes.router.core import (
    Decisions,
    Meter,
    Reservations,
    board,
    contact_event,
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


class Desk:
    """A dispatcher on fakes."""

    def __init__(self, on: Board, store: Reservations | None = None) -> None:
        self.board = on
        self.store = store or Reservations()
        self.decisions, self.meter = Decisions(), Meter()
        clock, _ = store_clock(NOW)
        ids: Any = Ids()
        decider = Decider(on, NoFilters())
        self.dispatcher = Dispatcher(
            on, decider, self.store, self.decisions, ids, clock, self.meter
        )

    def queue(self, *contacts: Any) -> "Desk":
        """Put contacts on the board."""
        for contact in contacts:
            self.board.apply(contact_event(contact))
        return self


async def test_reserves_the_longest_idle_agent_once() -> None:
    desk = Desk(board(profile("ann"), profile("bob"))).queue(waiting("c1"))
    assert await desk.dispatcher.dispatch() is None
    assert await desk.dispatcher.dispatch() is None
    assert desk.store.asked == [("c1", "ann")]
    (decision,) = desk.decisions.noted
    assert (decision.agent, decision.eligible_count) == ("ann", 2)
    assert decision.inputs.agents == ("ann", "bob")


async def test_first_come_first_served_over_all_queues() -> None:
    made = board(profile("ann", queues=("q", "r")))
    made.queues["r"] = made.queues["q"]
    desk = Desk(made).queue(waiting("late", 20), waiting("first", 5, queue="r"), waiting("mid", 10))
    await desk.dispatcher.dispatch()
    assert desk.store.asked == [("first", "ann")]


async def test_a_contact_nobody_can_serve_keeps_nobody_waiting() -> None:
    needy = waiting("needy", 1, needs=(SkillNeed("welsh"),))
    desk = Desk(board(profile("ann"))).queue(needy, waiting("plain", 2))
    await desk.dispatcher.dispatch()
    assert desk.store.made == {"plain": "ann"}


async def test_a_held_contact_is_looked_at_when_its_hold_ends() -> None:
    desk = Desk(board(profile("ann"))).queue(waiting("c1", hold_until_ms=NOW + 150))
    assert await desk.dispatcher.dispatch() == NOW + 150
    assert desk.store.asked == []


@pytest.mark.parametrize("code", ["CONTACT_HELD", "AGENT_SPARED", "AGENT_NOT_AVAILABLE"])
async def test_looks_again_soon_when_the_store_knew_better(code: str) -> None:
    """Our clock may be a little ahead of the store's; no event comes when a hold merely ends."""
    desk = Desk(board(profile("ann")), Reservations({"ann": code})).queue(waiting("c1"))
    again = await desk.dispatcher.dispatch()
    assert again is not None
    assert NOW < again <= NOW + 100
    assert desk.meter.of("conflicted") == [[code]]


@pytest.mark.parametrize("code", ["CONTACT_TAKEN", "CONTACT_OVER"])
async def test_a_contact_that_somebody_else_has_is_left_alone(code: str) -> None:
    store = Reservations({"ann": code})
    desk = Desk(board(profile("ann"), profile("bob")), store).queue(waiting("c1"))
    assert await desk.dispatcher.dispatch() is None
    assert desk.store.asked == [("c1", "ann")]


async def test_freeswitch_pr1221_one_bad_candidate_does_not_halt_the_queue() -> None:
    store = Reservations({("bad", "bob"): "STEP_FAILED"})
    desk = Desk(board(profile("bob"), profile("ann")), store)
    desk.queue(waiting("bad", 1), waiting("good", 2), waiting("next", 3))
    again = await desk.dispatcher.dispatch()
    assert sorted(desk.store.made) == ["good", "next"]
    held = desk.board.contacts["bad"].hold_until_ms
    assert held > NOW, "the broken one is set aside for a while"
    assert again == held
    assert ["STEP_FAILED"] in desk.meter.of("conflicted")


async def test_a_step_of_the_store_that_fails_as_a_whole_sets_its_contacts_aside() -> None:
    store = Reservations({("bad", "ann"): StepFailed("broken")})
    desk = Desk(board(profile("ann")), store).queue(waiting("bad", 1))
    assert await desk.dispatcher.dispatch() == NOW + 5_000
    assert desk.decisions.noted == []
    desk.queue(waiting("good", 2))
    await desk.dispatcher.dispatch()
    assert desk.store.made == {"good": "ann"}


async def test_the_next_agent_is_asked_when_the_first_is_gone() -> None:
    store = Reservations({"ann": "AGENT_NOT_AVAILABLE"})
    desk = Desk(board(profile("ann"), profile("bob")), store).queue(waiting("c1"))
    await desk.dispatcher.dispatch()
    assert desk.store.made == {"c1": "bob"}


async def test_an_agent_who_declined_is_spared_until_a_time() -> None:
    spared = waiting("c1", spared_until_ms={"ann": NOW + 5_000})
    desk = Desk(board(profile("ann"))).queue(spared)
    assert await desk.dispatcher.dispatch() == NOW + 5_000
    assert desk.store.asked == []


async def test_a_plan_relaxes_from_step_to_step_and_the_decision_names_it() -> None:
    plan = Plan("p", 3, (Step((SkillNeed("en", 8),)), Step((SkillNeed("en"),))))
    made = board(profile("low", skills={"en": 2}), plan=plan)
    desk = Desk(made).queue(waiting("new"))
    await desk.dispatcher.dispatch()
    assert desk.store.asked == []
    desk.queue(waiting("old", step=1))
    await desk.dispatcher.dispatch()
    assert desk.store.made == {"old": "low"}
    assert (desk.decisions.noted[0].step, desk.decisions.noted[0].plan_version) == (1, 3)


async def test_one_agent_gets_no_more_than_fit_in_one_pass() -> None:
    chatty = profile("ann", capacity={"CHAT": 2})
    contacts = [waiting(f"c{n}", n, channel="CHAT") for n in range(4)]
    desk = Desk(board(chatty)).queue(*contacts)
    await desk.dispatcher.dispatch()
    assert sorted(desk.store.made) == ["c0", "c1"]


async def test_a_chat_backlog_does_not_keep_a_call_from_an_agent() -> None:
    blended = profile("ann", capacity={"CHAT": 3, "VOICE": 1}, units=3)
    chats = [waiting(f"chat{n}", n, channel="CHAT") for n in range(10)]
    desk = Desk(board(blended)).queue(*chats, waiting("call", 99))
    await desk.dispatcher.dispatch()
    assert sorted(desk.store.made) == ["call", "chat0", "chat1"]


async def test_a_store_that_is_down_ends_the_pass() -> None:
    desk = Desk(board(profile("ann")), Reservations({"ann": store_down()})).queue(waiting("c1"))
    with pytest.raises(DomainError, match="state store"):
        await desk.dispatcher.dispatch()
    assert desk.decisions.noted == []


async def test_the_decision_says_who_was_rejected_and_why() -> None:
    made = board(profile("ann"), profile("bob"), profile("far", queues=("r",)))
    made.agents.set_live("ann", ready(seq=9, presence="ON_CONTACT", held={"c": "VOICE:active"}))
    desk = Desk(made).queue(waiting("c1", NOW - 4_000))
    await desk.dispatcher.dispatch()
    (decision,) = desk.decisions.noted
    assert decision.rejected_counts == {"QUEUE": 1, "CAPACITY": 1}
    assert decision.waited_ms == 4_000
    assert orjson.dumps(decision.rejected_counts)
