"""A day of a made-up contact centre as its event logs tell it, down to the same field names."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from switchyard_history.positions import position_at
from switchyard_insights.domain.events import LoggedEvent

START_MS = 1_750_000_000_000
_END = {"CALLER_HUNG_UP": "ABANDONED", "MAX_WAIT": "EXPIRED", "PLATFORM": "CANCELLED"}


@dataclass
class Journal:
    """Events in the order of the log; every one has a place of its own."""

    events: list[LoggedEvent] = field(default_factory=list)
    now_ms: int = START_MS

    def add(self, kind: str, subject: str, data: dict[str, Any]) -> None:
        """Something happened now."""
        position = position_at(self.now_ms) + len(self.events) % 1000
        self.events.append(LoggedEvent(position, kind, subject, self.now_ms, data))


@dataclass
class Contact:
    """A contact on its way; writes the events that the router would."""

    journal: Journal
    id: str
    random: Random
    data: dict[str, Any] = field(default_factory=dict)
    since_ms: int = 0

    def live(self) -> None:
        """From its arrival to its end."""
        self.data = {
            "state": "",
            "queue": self.random.choice(["billing", "orders"]),
            "channel": "VOICE",
            "language": "zh",
            "enqueue_ms": self.journal.now_ms,
            "customer_key": f"key-{self.random.randrange(20)}",
            "initial_contact": self.id,
            "needs": {},
            "talk_ms": 0,
        }
        self.enter("QUEUED", "CREATED")
        if self.random.random() < 0.2:
            return self.enter(*self._given_up(), after_ms=self._some_ms(40_000))
        self._offer()
        if self.random.random() < 0.15:
            self._offer_event("offer.declined", "DECLINED", reason="REJECTED")
            self.enter("QUEUED", "REJECTED")
            self._offer()
        self._converse()
        return None

    def _given_up(self) -> tuple[str, str]:
        reason = self.random.choice(list(_END))
        return _END[reason], reason

    def _offer(self) -> None:
        self.journal.now_ms += self._some_ms(20_000)
        self.data |= {"agent": f"a{self.random.randrange(6)}", "offer": f"o-{self.id}-{self.now}"}
        decided = {
            "decision": f"d-{self.id}-{self.now}",
            "contact": self.id,
            "agent": self.data["agent"],
            "policy": "predictive",
            "eligible_count": 3,
            "rejected_counts": {"SKILL_LEVEL": 2},
            "waited_ms": self.now - self.data["enqueue_ms"],
            "propensity": 1,
        }
        self.journal.add("route.decided", self.id, decided)
        self.enter("OFFERING", "RESERVED")
        self._offer_event("offer.created", "PENDING", decision=decided["decision"])
        self._offer_event("offer.ringing", "PENDING")
        self.journal.now_ms += self._some_ms(9_000)

    def _converse(self) -> None:
        self._offer_event("offer.accepted", "ACCEPTED")
        self.enter("ASSIGNED", "ACCEPTED")
        self.enter("CONNECTED", "BRIDGED", after_ms=150)
        began_ms = self.now
        for _ in range(self.random.choice([0, 0, 1, 2])):
            self.enter("ON_HOLD", "HOLD", after_ms=self._some_ms(60_000))
            self.enter("CONNECTED", "UNHOLD", after_ms=self._some_ms(30_000))
        self.journal.now_ms += self._some_ms(200_000)
        self.data["talk_ms"] = self.now - began_ms
        self.enter("WRAP_UP", "CALLER_HUNG_UP")
        self.data["disposition"] = "SOLVED"
        self.enter("COMPLETED", "WRAP_UP_ENDED", after_ms=self._some_ms(15_000))

    def enter(self, state: str, reason: str, *, after_ms: int = 0) -> None:
        """Into another state."""
        self.journal.now_ms += after_ms
        before = self.data["state"]
        self.data |= {
            "state": state,
            "previous_state": before,
            "reason": reason,
            "previous_state_ms": self.now - self.since_ms if before else 0,
        }
        self.since_ms = self.now
        self.journal.add(f"contact.{state.lower()}", self.id, dict(self.data))

    def _offer_event(self, kind: str, state: str, **more: Any) -> None:
        names = ("offer", "agent", "queue", "channel")
        shared = {name: self.data[name] for name in names} | {"contact": self.id, "state": state}
        self.journal.add(kind, self.id, shared | more)

    @property
    def now(self) -> int:
        """The journal's time."""
        return self.journal.now_ms

    def _some_ms(self, most: int) -> int:
        return self.random.randrange(1, most)


def contact_centre(contacts: int, seed: int = 1) -> list[LoggedEvent]:
    """The events of so many contacts, their agents, and conversations with the bot."""
    random, journal = Random(seed), Journal()
    for number in range(contacts):
        journal.now_ms = START_MS + number * 3_000
        Contact(journal, f"c{number}", random).live()
        for kind, subject, data in _around(number, random, journal.now_ms):
            journal.add(kind, subject, data)
    return journal.events


def _around(number: int, random: Random, now_ms: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for before, presence in (("AVAILABLE", "ON_CONTACT"), ("ON_CONTACT", "AVAILABLE")):
        changed = {"presence": presence, "previous_presence": before, "reason": "OFFERED"}
        yield (
            "agent.state_changed",
            f"a{random.randrange(6)}",
            changed | {"since_ms": now_ms, "previous_presence_ms": random.randrange(1, 90_000)},
        )
    talk = f"talk-{number}"
    if number % 4 == 0:
        turn = {"conversation": talk, "intent": "order_status", "confidence": 0.9, "turn": 1}
        yield "bot.turn", talk, turn | {"latency_ms": 80, "outcome": "answered"}
        handed = {"conversation": talk, "contact": f"c{number}", "reason": "asked"}
        yield "bot.handed_over", talk, handed
        yield "bot.ended", talk, {"conversation": talk, "outcome": "handed_over", "turns": 1}
        survey = {"conversation": talk, "csat": 4, "resolved": "YES", "agent": "a1"}
        yield "survey.answered", talk, survey
