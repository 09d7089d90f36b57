"""Estimates in a centre that lives: what comes true of them, with agents who serve two queues."""

import heapq
from dataclasses import replace

import numpy as np
import pytest
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.records import StoredEvent

from tests.fakes.router.core import contact_event, profile, waiting
from tests.fakes.router.waits import NOW_MS, WaitingCentre

pytestmark = pytest.mark.unit

TALK, SPREAD, ANSWER, PAPERWORK = 150.0, 0.8, 4.0, 20.0


class LivingCentre:
    """Contacts of two queues come, are served in the order of their coming, and leave.

    Some agents serve q, some z, some both; nothing in it goes by the estimates.
    """

    def __init__(self, seed: int, rates: dict[str, float]) -> None:
        agents: dict[str, tuple[str, ...]] = {f"q{n}": ("q",) for n in range(4)}
        agents |= {f"z{n}": ("z",) for n in range(5)}
        agents |= {f"b{n}": ("q", "z") for n in range(5)}
        people = [profile(name, queues=queues) for name, queues in agents.items()]
        self.centre = WaitingCentre(*people, handle_seconds=TALK, seed=seed)
        self.centre.add_queue("z")
        self.rng = np.random.default_rng(seed)
        self.rates, self.queues = rates, agents
        self.free = set(agents)
        self.waiting: dict[str, Waiting] = {}
        self.ahead: list[tuple[float, int, str, str]] = []
        self.number = self.seq = 0
        self.promised: dict[str, tuple[float, float, float]] = {}
        self.outcomes: list[tuple[float, float, float]] = []
        """p50, p90 and the true wait."""
        for queue in rates:
            self._later(0.0, "comes", queue)

    @property
    def now(self) -> float:
        return self.centre.own.monotonic()

    async def live(self, seconds: float, ask_from: float) -> None:
        while self.ahead[0][0] < seconds:
            at, _, what, who = heapq.heappop(self.ahead)
            self.centre.own.advance(at - self.now)
            getattr(self, f"_{what}")(who)
            self._serve()
            if what == "comes" and at > ask_from:
                await self._ask()

    async def _ask(self) -> None:
        newest = max(self.waiting.values(), key=lambda one: one.order_ms, default=None)
        if newest is not None and newest.id not in self.promised:
            found = await self.centre.waits.waiting(newest)
            assert found.position
            self.promised[newest.id] = (self.now, found.p50_seconds, found.p90_seconds)

    def _later(self, seconds: float, what: str, who: str) -> None:
        self.number += 1
        heapq.heappush(self.ahead, (self.now + seconds, self.number, what, who))

    def _comes(self, queue: str) -> None:
        self._later(float(self.rng.exponential(1 / self.rates[queue])), "comes", queue)
        contact = waiting(f"c{self.number}", NOW_MS + int(self.now * 1000), queue=queue)
        self.waiting[contact.id] = contact
        self._tell(contact, "QUEUED", "", 0)

    def _serve(self) -> None:
        """Each free agent takes whoever came first of those whom the agent serves."""
        for agent in sorted(self.free):
            mine = [one for one in self.waiting.values() if one.queue in self.queues[agent]]
            if mine:
                contact = min(mine, key=lambda one: one.order_ms)
                del self.waiting[contact.id]
                self.free.discard(agent)
                self._tell(contact, "OFFERING", "QUEUED", self._waited(contact))
                self._hold(agent, contact, "offered")
                self._later(ANSWER, "answers", f"{agent} {contact.id} {contact.queue}")

    def _answers(self, who: str) -> None:
        agent, contact = self._who(who)
        self._tell(contact, "ASSIGNED", "OFFERING", ANSWER)
        self._tell(contact, "CONNECTED", "ASSIGNED", 0)
        self._hold(agent, contact, "active")
        if contact.id in self.promised:
            at, p50, p90 = self.promised.pop(contact.id)
            self.outcomes.append((p50, p90, self.now - at))
        talk = float(np.exp(self.rng.normal(np.log(TALK) - SPREAD**2 / 2, SPREAD)))
        self._later(talk, "finishes", f"{who} {talk}")

    def _finishes(self, who: str) -> None:
        agent, contact = self._who(who)
        talk = float(who.split()[3])
        self._tell(contact, "WRAP_UP", "CONNECTED", talk, talk_ms=int(talk * 1000))
        self._hold(agent, contact, "wrap_up")
        self._later(PAPERWORK, "rests", who)

    def _rests(self, who: str) -> None:
        agent, contact = self._who(who)
        self._tell(contact, "COMPLETED", "WRAP_UP", PAPERWORK)
        self.seq += 1
        self.centre.hold(agent, self.seq + 10)
        self.free.add(agent)

    def _who(self, who: str) -> tuple[str, Waiting]:
        agent, contact_id, queue = who.split()[:3]
        return agent, waiting(contact_id, queue=queue)

    def _waited(self, contact: Waiting) -> float:
        return self.now - (contact.order_ms - NOW_MS) / 1000

    def _hold(self, agent: str, contact: Waiting, stage: str) -> None:
        self.seq += 1
        self.centre.hold(agent, self.seq + 10, **{contact.id: f"VOICE:{stage}"})

    def _tell(
        self, contact: Waiting, state: str, before: str, seconds: float, talk_ms: int = 0
    ) -> None:
        self.seq += 1
        made = contact_event(replace(contact, state=state, seq=self.seq), before)
        data = {**made.data, "previous_state_ms": int(seconds * 1000), "talk_ms": talk_ms}
        at = NOW_MS + int(self.now * 1000)
        self.centre.happen(StoredEvent(made.id, made.type, made.subject, "r", at, self.seq, data))


async def test_half_of_true_waits_are_under_the_p50_and_nine_of_ten_under_the_p90() -> None:
    """Lines that grow and shrink in several centres whose agents help where it is due."""
    outcomes: list[tuple[float, float, float]] = []
    for seed in range(3):
        centre = LivingCentre(seed, {"q": 0.034, "z": 0.048})
        await centre.live(3_500, ask_from=1_500)
        outcomes += centre.outcomes
    p50, p90, waited = np.array(outcomes).T
    late = waited > 20  # who is next in line is served within seconds, and proves little
    assert np.count_nonzero(late) > 300
    assert np.mean(waited[late] <= p50[late]) == pytest.approx(0.5, abs=0.12)
    assert np.mean(waited[late] <= p90[late]) == pytest.approx(0.9, abs=0.06)
