"""Stand-ins for the ports of the use cases, and short ways to make their values."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from switchyard_common.clock import FakeClock
from switchyard_common.errors import DomainError
from switchyard_router.domain.agents import AgentLive, AgentProfile
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.plans import Plan
from switchyard_router.domain.queues import QueueProfile
from switchyard_router.domain.records import LostLease, QueueTimes, Reservation, StoredEvent
from switchyard_router.domain.refusals import store_down
from switchyard_router.service.board import Board
from switchyard_router.service.store_clock import StoreClock
from switchyard_scoring.decision import Decision

TIMES = QueueTimes(
    max_size=0,
    max_wait_ms=60_000,
    credit_ms=60_000,
    ring_ms=20_000,
    wrap_up_ms=10_000,
    connect_ms=10_000,
    handle_ms=600_000,
    target_ms=20_000,
    rona_limit=1,
)


def profile(agent_id: str, **changes: Any) -> AgentProfile:
    """An agent of queue q who takes one call."""
    usual = AgentProfile(
        id=agent_id,
        display_name=agent_id,
        endpoint=f"sip:{agent_id}",
        skills={},
        capacity={"VOICE": 1},
        units=0,
        queues=("q",),
        version=1,
        encoded=b"",
    )
    return replace(usual, **changes)


def ready(seq: int = 1, idle_since_ms: int = 0, **changes: Any) -> AgentLive:
    """A free agent."""
    usual = AgentLive(presence="AVAILABLE", ready=True, seq=seq, idle_since_ms=idle_since_ms)
    return replace(usual, **changes)


def waiting(contact_id: str, order_ms: int = 0, **changes: Any) -> Waiting:
    """A queued call in queue q."""
    usual = Waiting(
        id=contact_id,
        state="QUEUED",
        seq=1,
        queue="q",
        channel="VOICE",
        language="",
        order_ms=order_ms,
        enqueue_ms=order_ms,
    )
    return replace(usual, **changes)


def contact_event(contact: Waiting, previous: str = "", kind: str = "") -> StoredEvent:
    """The event that leaves a contact like this."""
    data: dict[str, Any] = {
        "state": contact.state,
        "previous_state": previous,
        "queue": contact.queue,
        "channel": contact.channel,
        "language": contact.language,
        "order_ms": contact.order_ms,
        "enqueue_ms": contact.enqueue_ms,
        "hold_until_ms": contact.hold_until_ms,
        "node": contact.node,
        "agent": contact.agent,
        "fence": contact.fence,
        "spared_until_ms": dict(contact.spared_until_ms),
        "needs": [asdict(need) for need in contact.needs],
        "priority": contact.priority,
        "plan": contact.plan,
        "step": contact.step,
        "step_ms": contact.step_ms,
        "preferred_agent": contact.preferred_agent,
        "preferred_until_ms": contact.preferred_until_ms,
        "excluded_agents": sorted(contact.excluded_agents),
        "overtaken": contact.overtaken,
        "arm": contact.arm,
    }
    return event(kind or f"contact.{contact.state.lower()}", contact.id, contact.seq, data)


def event(kind: str, subject: str, seq: int, data: Mapping[str, Any]) -> StoredEvent:
    """An entry of the event log."""
    return StoredEvent(f"{seq}-0", kind, subject, "router", 1_000, seq, data)


def board(*agents: AgentProfile, plan: Plan | None = None, **times: int) -> Board:
    """A board with queue q and free agents."""
    made = Board()
    made.queues["q"] = QueueProfile(
        "q", plan.id if plan else "", "longest_idle", replace(TIMES, **times), 1
    )
    if plan is not None:
        made.plans[plan.id] = plan
    for number, agent in enumerate(agents):
        made.upsert_agent(agent)
        made.agents.set_live(agent.id, ready(idle_since_ms=number))
    return made


def store_clock(now_ms: int = 1_000_000) -> tuple[StoreClock, FakeClock]:
    """The store's clock at a time, and the clock that moves it."""
    own = FakeClock()
    clock = StoreClock(own)
    clock.observe(now_ms)
    return clock, own


class Reservations:
    """Answers reservations as told: code by agent, or by (contact, agent)."""

    def __init__(self, answers: Mapping[Any, str | Exception] | None = None) -> None:
        self.answers = dict(answers or {})
        self.asked: list[tuple[str, str]] = []
        self.made: dict[str, str] = {}

    async def reserve_many(self, reservations: Sequence[Reservation]) -> list[tuple[str, int]]:
        """As the store does."""
        return [self._reserve(reservation) for reservation in reservations]

    def _reserve(self, reservation: Reservation) -> tuple[str, int]:
        contact_id, agent_id = reservation.contact, reservation.agent
        self.asked.append((contact_id, agent_id))
        answer = self.answers.get((contact_id, agent_id), self.answers.get(agent_id, "OK"))
        if isinstance(answer, Exception):
            raise answer
        if answer != "OK":
            return str(answer), 0
        self.made[contact_id] = agent_id
        return "OK", 2


class Meter:
    """Keeps what it is told, as (name, arguments)."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args: self.told.append((name, *args))

    def of(self, name: str) -> list[list[Any]]:
        """What was told under a name."""
        return [args for told, *args in self.told if told == name]


class Decisions:
    """Keeps decisions."""

    def __init__(self) -> None:
        self.noted: list[Decision] = []

    def note(self, decision: Decision) -> None:
        """Take one."""
        self.noted.append(decision)


class Leases:
    """Renews leases; `lost` are refused, `down` counts the calls that fail."""

    def __init__(self) -> None:
        self.lost: list[LostLease] = []
        self.down = 0
        self.renewed: list[Sequence[tuple[str, str, int]]] = []

    async def renew_leases(
        self, leases: Sequence[tuple[str, str, int]], lease_ms: int
    ) -> list[LostLease]:
        """As the store does."""
        if self.down:
            self.down -= 1
            raise store_down()
        self.renewed.append(leases)
        return self.lost


class Log:
    """An event log in memory: a list of batches to hand out, or errors to raise."""

    def __init__(self, *batches: list[StoredEvent] | DomainError) -> None:
        self.batches = list(batches)
        self.end = "0-0"
        self.kept: set[str] = set()

    async def newest(self) -> str:
        """As the store does."""
        return self.end

    async def holds(self, position: str) -> bool:
        """As the store does."""
        return position in self.kept

    async def after(self, position: str, at_most: int, wait_ms: int) -> list[StoredEvent]:
        """The next batch; cancels the reader after the last."""
        if not self.batches:
            raise EndOfLogError
        batch = self.batches.pop(0)
        if isinstance(batch, DomainError):
            raise batch
        return batch


class EndOfLogError(Exception):
    """The test's log is over."""
