"""The state as the event log alone tells it, and what the log must never say."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from switchyard_router.domain.states import STAYING_EVENTS, TERMINAL, TRANSITIONS

CLOSED = ("DECLINED", "TIMED_OUT", "RESCINDED", "FAILED")
LOST = {"ABANDONED": "abandoned", "CANCELLED": "withdrawn", "EXPIRED": "withdrawn"}
OF_THE_LINE = ("NODE_LOST", "NODE_FORGOT_CONTACT", "CALLER_HUNG_UP")
GONE = ("OFFLINE", "DISCONNECTED")
HOUR_MS = 3_600_000


class Replay:
    """Apply every event in order, then look."""

    def __init__(self) -> None:
        self.contacts: dict[str, dict[str, Any]] = {}
        self.offers: dict[str, str] = {}
        self.agents: dict[str, dict[str, Any]] = {}
        self.seq: Counter[str] = Counter()
        self.figures: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.handled: Counter[tuple[str, str]] = Counter()
        self._accepted: dict[str, str] = {}
        self._answered: set[str] = set()
        self._off_line: set[str] = set()
        self._visited: defaultdict[str, set[str]] = defaultdict(set)

    def apply(self, event: dict[str, Any]) -> Iterator[str]:
        """Take one event; yields what must not be."""
        subject, kind, data = event["subject"], event["type"], event["data"]
        if kind.startswith("config."):
            return
        self.seq[subject] += 1
        if self.seq[subject] != int(event["seq"]):
            yield f"{subject}: event {event['seq']} after {self.seq[subject] - 1}"
        if kind.startswith("contact."):
            yield from self._contact(subject, kind, data)
        elif kind.startswith("offer."):
            yield from self._offer(subject, kind, data, int(event["time"]))
        elif kind == "agent.state_changed":
            yield from self._occupied(subject, data)
            self.agents[subject] = data

    def _contact(self, subject: str, kind: str, data: dict[str, Any]) -> Iterator[str]:
        told = self.contacts.get(subject, {})
        before = told.get("state", "")
        if data["previous_state"] != before:
            yield f"{subject} was {before}, not {data['previous_state']}"
        if kind in STAYING_EVENTS:
            if data["state"] != before:
                yield f"{subject}: {kind} went from {before} to {data['state']}"
        elif data["state"] not in TRANSITIONS[before]:
            yield f"{subject} went from {before} to {data['state']}"
        if data["state"] == "QUEUED" or data["state"] in TERMINAL:
            self._accepted.pop(subject, None)
        yield from self._travel(subject, kind, told, data)
        yield from self._line(subject, kind, data)
        self._figure(subject, kind, told, data)
        self.contacts[subject] = data

    def _travel(
        self, subject: str, kind: str, told: dict[str, Any], data: dict[str, Any]
    ) -> Iterator[str]:
        """A plan never leads back; a requeue begins anew."""
        if kind == "contact.moved" and data["queue"] != told["queue"]:
            self._visited[subject].add(told["queue"])
            if data["queue"] in self._visited[subject]:
                yield f"{subject} was moved to {data['queue']} again"
        if kind == "contact.requeued" or data["reason"] == "REQUEUED":
            self._visited[subject].clear()
        if kind == "contact.overtaken":
            if data["overtaken"] != told.get("overtaken", 0) + 1:
                yield f"{subject} was overtaken {told.get('overtaken', 0)} times, then {data}"
        elif data.get("overtaken", 0) != told.get("overtaken", 0):
            yield f"{subject}: {kind} changed how often it was overtaken"

    def _line(self, subject: str, kind: str, data: dict[str, Any]) -> Iterator[str]:
        """Who waits to be called back is not on the line, and loses nothing with it."""
        if kind == "contact.callback_requested":
            self._off_line.add(subject)
        if kind == "contact.connected":
            self._off_line.discard(subject)
        gone = data["state"] in TERMINAL and data["reason"] in OF_THE_LINE
        if gone and subject in self._off_line:
            yield f"{subject} was to be called back and ended with {data['reason']}"

    def _figure(self, subject: str, kind: str, told: dict[str, Any], data: dict[str, Any]) -> None:
        queue, before = self.figures[data["queue"]], told.get("queue", "")
        if data["queue"] != before:
            queue["offered"] += 1
            if before:
                answered = subject in self._answered
                self.figures[before]["finished" if answered else "left"] += 1
            self._answered.discard(subject)
        if kind == "contact.connected" and subject not in self._answered:
            self._answered.add(subject)
            queue["answered"] += 1
        if kind == "contact.wrap_up":
            queue["finished"] += 1
            self.handled[data["agent"], f"{data['queue']}|{data['channel']}"] += 1
        if kind not in STAYING_EVENTS and data["state"] in LOST:
            queue["finished" if subject in self._answered else LOST[data["state"]]] += 1

    def _offer(self, subject: str, kind: str, data: dict[str, Any], now_ms: int) -> Iterator[str]:
        if self.offers.get(data["offer"]) in CLOSED:
            yield f"{data['offer']} was over and is {data['state']}"
        self.offers[data["offer"]] = data["state"]
        if kind == "offer.created":
            yield from self._permitted(self.contacts[subject], data["agent"], now_ms)
        if data["state"] == "ACCEPTED":
            if subject in self._accepted:
                yield f"{subject} was accepted twice: {self._accepted[subject]}, {data['offer']}"
            self._accepted[subject] = data["offer"]
        elif data["state"] in CLOSED:
            self._accepted.pop(subject, None)

    def _permitted(self, told: dict[str, Any], agent: str, now_ms: int) -> Iterator[str]:
        if agent in told.get("excluded_agents", ()):
            yield f"{agent} was offered what excludes them: {told}"
        preferred = told.get("preferred_agent", agent)
        there = self.agents.get(preferred, {}).get("presence", "OFFLINE") not in GONE
        if preferred != agent and there and told["preferred_until_ms"] > now_ms:
            yield f"{agent} was offered what {told['preferred_agent']} alone may have"
        if told["hold_until_ms"] > now_ms:
            yield f"{agent} was offered what is held until {told['hold_until_ms']}"

    def _occupied(self, subject: str, data: dict[str, Any]) -> Iterator[str]:
        """Occupancy is the exponentially weighted share of time with contacts."""
        told = self.agents.get(subject)
        share = data["occupancy"]
        if told is None:
            wanted = 0.0
        else:
            kept = math.exp((told["occupancy_ms"] - data["occupancy_ms"]) / HOUR_MS)
            wanted = told["occupancy"] * kept + (1 - kept if told["held"] else 0.0)
        if not math.isclose(share, wanted, abs_tol=2e-6) or not 0 <= share <= 1:
            yield f"{subject} is occupied {share}, the log says {wanted}"
