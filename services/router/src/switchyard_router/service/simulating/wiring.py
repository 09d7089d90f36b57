"""A floor with the router's own parts on it."""

from dataclasses import dataclass

from switchyard_common.clock import SystemClock
from switchyard_common.ids import IdFactory
from switchyard_scoring.decision import Decision

from switchyard_router.domain.outcomes import Outcomes
from switchyard_router.domain.plans import Plan
from switchyard_router.domain.queues import QueueProfile
from switchyard_router.domain.recording import Recording
from switchyard_router.domain.records import ContactRecord, StoredEvent
from switchyard_router.service.agent_filters import AgentFilters
from switchyard_router.service.board import Board
from switchyard_router.service.contact_facts import ContactFacts
from switchyard_router.service.deciding import Decider
from switchyard_router.service.departures import Departures
from switchyard_router.service.dispatcher import Dispatcher
from switchyard_router.service.doors import Doors
from switchyard_router.service.expression_failures import ExpressionFailures
from switchyard_router.service.gates import Gates
from switchyard_router.service.queue_facts import QueueFacts
from switchyard_router.service.simulating.agenda import SimulatedClock
from switchyard_router.service.simulating.draws import Draws, Floats
from switchyard_router.service.simulating.floor import Floor
from switchyard_router.service.simulating.values import Regime
from switchyard_router.service.step_judge import StepJudge
from switchyard_router.service.steps import Steps
from switchyard_router.service.store_clock import StoreClock

_MOST_TURNS = 100
"""Steps that lead on at once come to an end: plans have 20 steps and queues are visited once."""


class _NoMeter:
    """Counts nothing; the floor's outcomes are what counts."""

    def reserved(self, queue: str, waited_seconds: float) -> None: ...
    def conflicted(self, code: str) -> None: ...
    def passed(self, seconds: float, waiting: int) -> None: ...
    def moved(self, reason: str) -> None: ...
    def move_refused(self, code: str) -> None: ...
    def expression_failed(self, plan: str) -> None: ...


class _NoSink:
    """Keeps no decisions."""

    def note(self, decision: Decision) -> None: ...


class _NoDetails:
    """Nothing is known of contacts beside the log."""

    async def get_many(self, contact_ids: object) -> list[ContactRecord | None]:
        return []


@dataclass(frozen=True, slots=True)
class Routing:
    """Steps, where plans have any, then dispatch."""

    dispatcher: Dispatcher
    steps: Steps | None
    board: Board
    clock: StoreClock

    def on_event(self, event: StoredEvent) -> None:
        """Tell the parts."""
        if self.steps is not None:
            self.steps.on_event(event)
        self.dispatcher.on_event(event)

    async def route(self) -> int | None:
        """Move and offer what can be moved and offered now; when to look again."""
        step_ms = await self._move()
        offer_ms = await self.dispatcher.dispatch()
        times = [ms for ms in (step_ms, offer_ms) if ms is not None]
        return min(times, default=None)

    async def _move(self) -> int | None:
        if self.steps is None:
            return None
        wait_seconds = await self.steps.turn()
        for _ in range(_MOST_TURNS):
            if wait_seconds > 0:
                break
            wait_seconds = await self.steps.turn()
        waits = any(self.board.line(queue_id) for queue_id in self.board.queues)
        return self.clock.now_ms() + max(1, int(wait_seconds * 1000)) if waits else None


async def play(regime: Regime, recording: Recording, talk: Floats, patience: Floats) -> Outcomes:
    """A recorded time once under a configuration: what became of each contact, and of agents.

    `regime`: agents (skills with levels, queues, capacity), queues and plans as the router has
    them. What a plan says is followed by the router's own parts: skills with levels and expressions
    (Decider, domain/eligibility.py), a step's expiry counted from entering it, `skip_if`, priority,
    targets and overflow to another queue, an agent or outside (Steps, domain/moves.py), closed
    queues and those without agents (Gates). Attributes of contacts are in no log: conditions that
    read them find nothing. `talk`, `patience`: a uniform number for each contact; the same ones
    under two regimes make the outcomes pairs. Raises KeyError for a queue or plan that the regime
    lacks, FAILED_PRECONDITION (NOTHING_TO_DRAW) where no conversation was recorded.

    Cost: about 0.4 ms a contact; memory grows with contacts.
    """
    floor, router = make_floor(regime, recording)
    return await floor.run(router, talk, patience)


def make_floor(regime: Regime, recording: Recording) -> tuple[Floor, Routing]:
    """A fresh floor under a regime, and what routes on it."""
    board, clock = Board(), SimulatedClock()
    clock.ms = recording.contacts[0].contact.enqueue_ms - 1
    for agent in regime.agents:
        board.upsert_agent(agent)
    board.queues.update({queue.id: queue for queue in regime.queues})
    board.plans.update({plan.id: plan for plan in regime.plans})
    meter, doors = _NoMeter(), Doors(board)
    facts = ContactFacts(_NoDetails(), lambda _: {}, QueueFacts(board, doors, clock), clock)
    failures, departures = ExpressionFailures(meter), Departures(board.touch)
    filters = AgentFilters(board, facts, failures, departures, clock)
    draws = Draws(recording, board.agents)
    floor = Floor(board, clock, recording, draws, facts.lend)
    decider = Decider(board, filters, draws)
    ids = IdFactory(SystemClock())
    dispatcher = Dispatcher(board, decider, floor, _NoSink(), ids, clock, meter)
    steps = None
    if any(_leads_on(plan) for plan in regime.plans) or any(map(_sends_on, regime.queues)):
        judge = StepJudge(board, facts, failures)
        steps = Steps(board, floor, judge, departures, Gates(board, doors), clock, meter)
    return floor, Routing(dispatcher, steps, board, clock)


def _leads_on(plan: Plan) -> bool:
    first = plan.steps[0]
    return bool(len(plan.steps) > 1 or plan.overflow or first.skip_if is not None or first.target)


def _sends_on(queue: QueueProfile) -> bool:
    return queue.closed is not None or queue.no_agents is not None
