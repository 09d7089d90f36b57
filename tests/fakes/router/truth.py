"""What is true in the store, read raw and beside the code under test, and what must hold of it."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from switchyard_router.domain.states import TERMINAL, WHOLE_AGENT, WITH_AGENT

from tests.fakes.router.replay import Replay

STAGES = {
    "OFFERING": "offered",
    "ASSIGNED": "assigned",
    "CONNECTED": "active",
    "ON_HOLD": "active",
    "WRAP_UP": "wrap_up",
}
TIMERS = {
    "QUEUED": "expiry",
    "ASSIGNED": "connect",
    "CONNECTED": "handle",
    "ON_HOLD": "handle",
    "WRAP_UP": "wrap_up",
}


@dataclass
class Truth:
    """Everything of one tenant."""

    contacts: dict[str, dict[str, str]] = field(default_factory=dict)
    offers: dict[str, dict[str, str]] = field(default_factory=dict)
    agents: dict[str, dict[str, str]] = field(default_factory=dict)
    held: dict[str, dict[str, str]] = field(default_factory=dict)
    queues: dict[str, dict[str, str]] = field(default_factory=dict)
    handled: dict[str, dict[str, str]] = field(default_factory=dict)
    residents: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, dict[str, float]] = field(default_factory=dict)
    nodes: dict[str, dict[str, str]] = field(default_factory=dict)
    node_contacts: dict[str, set[str]] = field(default_factory=dict)
    external: dict[str, str] = field(default_factory=dict)
    stats: dict[str, dict[str, str]] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)
    timers: dict[str, float] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    expiring: set[str] = field(default_factory=set)

    def violations(self) -> list[str]:
        """Everything that must not be, in words; empty when all is well."""
        checks = (
            self._contacts(),
            self._held(),
            self._shown(),
            self._offers(),
            self._timers(),
            self._indexes(),
            self._log(),
        )
        return [problem for check in checks for problem in check]

    def _contacts(self) -> Iterator[str]:
        for cid, c in self.contacts.items():
            over = c["state"] in TERMINAL
            if over == (cid in self.live):
                yield f"{cid} is {c['state']}, and live: {cid in self.live}"
            if over != (f"contact:{cid}" in self.expiring):
                yield f"{cid} is {c['state']}, and kept for ever: {not over}"
            lines = [queue for queue, line in self.waiting.items() if cid in line]
            if lines != ([c["queue"]] if c["state"] == "QUEUED" else []):
                yield f"{cid} is {c['state']} in {c['queue']}, and in the lines of {lines}"
            yield from self._place(cid, c)
            holders = [a for a, held in self.held.items() if cid in held]
            stage = STAGES.get(c["state"])
            if holders != ([c["agent"]] if stage else []):
                yield f"{cid} is {c['state']} with {c['agent']}, held by {holders}"
            elif stage and self.held[c["agent"]][cid] != f"{c['channel']}:{stage}":
                yield f"{cid} is {c['state']}, held as {self.held[c['agent']][cid]}"

    def _place(self, cid: str, c: dict[str, str]) -> Iterator[str]:
        points = int(c["priority"]) + int(c.get("delta") or 0)
        credit = int(self.queues[c["queue"]]["credit_ms"])
        place = int(c["base_ms"]) - points * credit
        lines = [line[cid] for line in self.waiting.values() if cid in line]
        if int(c["order_ms"]) != place or lines not in ([], [place]):
            yield f"{cid} has the place {c['order_ms']}, in line {lines}, should have {place}"

    def _held(self) -> Iterator[str]:
        for aid, held in self.held.items():
            for cid in held:
                if cid not in self.contacts:
                    yield f"{aid} holds {cid}, which is not there"
            by_channel = Counter(stage.split(":")[0] for stage in held.values())
            agent = self.agents[aid]
            capacity = json.loads(agent["capacity"])
            if any(number > capacity.get(ch, 0) for ch, number in by_channel.items()):
                yield f"{aid} holds {dict(by_channel)}, more than {capacity}"
            if int(agent["units"]) and sum(by_channel.values()) > int(agent["units"]):
                yield f"{aid} holds {dict(by_channel)}, more than {agent['units']} units"
            if sum(by_channel[channel] for channel in WHOLE_AGENT) > 1:
                yield f"{aid} holds {dict(by_channel)}: more than one call"

    def _shown(self) -> Iterator[str]:
        for aid, agent in self.agents.items():
            if agent["shown"] != self._presence(aid):
                yield f"{aid} shows {agent['shown']} and is {self._presence(aid)}"

    def _presence(self, aid: str) -> str:
        base, held = self.agents[aid]["base"], self.held.get(aid, {})
        if base in ("OFFLINE", "DISCONNECTED") or not held:
            return base
        paperwork = all(stage.endswith(":wrap_up") for stage in held.values())
        return "AFTER_CONTACT_WORK" if paperwork else "ON_CONTACT"

    def _offers(self) -> Iterator[str]:
        for oid, offer in self.offers.items():
            c = self.contacts[offer["contact"]]
            bound = c["offer"] == oid and c["agent"] == offer["agent"]
            if offer["state"] == "PENDING" and not (bound and c["state"] == "OFFERING"):
                yield f"{oid} is pending, its contact {c['state']}"
            done = not (bound and c["state"] in ("OFFERING", *WITH_AGENT))
            if done != (f"offer:{oid}" in self.expiring):
                yield f"{oid} is {offer['state']}, over: {done}, and kept for ever: {done}"
        for cid, c in self.contacts.items():
            state = self.offers[c["offer"]]["state"] if c["offer"] else ""
            wanted = "PENDING" if c["state"] == "OFFERING" else "ACCEPTED"
            if c["state"] in STAGES and state != wanted:
                yield f"{cid} is {c['state']}, its offer {state}"

    def _timers(self) -> Iterator[str]:
        wanted = {
            f"{TIMERS[c['state']]}:{cid}"
            for cid, c in self.contacts.items()
            if c["state"] in TIMERS
        }
        offered = [c["offer"] for c in self.contacts.values() if c["state"] == "OFFERING"]
        wanted |= {f"offer:{offer}" for offer in offered}
        contact_kinds = (*TIMERS.values(), "offer")
        present = {timer for timer in self.timers if timer.split(":")[0] in contact_kinds}
        if wanted != present:
            yield f"timers missing: {wanted - present}, left over: {present - wanted}"
        for aid, agent in self.agents.items():
            if (
                agent["base"] not in ("OFFLINE", "DISCONNECTED")
                and f"lease:{aid}" not in self.timers
            ):
                yield f"{aid} is {agent['base']} without a lease"

    def _indexes(self) -> Iterator[str]:
        live = {cid: c for cid, c in self.contacts.items() if cid in self.live}
        # The paperwork of a transfer: the line, and the platform's id, are the next contact's.
        wanted = {
            c["external"]: cid
            for cid, c in live.items()
            if (c["state"], c["reason"]) != ("WRAP_UP", "TRANSFERRED") or c.get("sent_to")
        }
        if wanted != self.external:
            yield f"external ids are {self.external}, should be {wanted}"
        residents = Counter(f"queue:{c['queue']}" for c in live.values())
        residents.update(f"plan:{c['plan']}" for c in live.values() if c.get("plan"))
        counted = {name: int(number) for name, number in self.residents.items() if number != "0"}
        if counted != dict(residents):
            yield f"live contacts are counted as {counted}, are {dict(residents)}"
        for cid, c in self.contacts.items():
            at_node = cid in self.node_contacts.get(c["node"], set())
            if at_node != (cid in self.live and bool(c["node"])):
                yield f"{cid} is {c['state']}, and with its node: {at_node}"

    def _log(self) -> Iterator[str]:
        replay = Replay()
        for event in self.events:
            yield from replay.apply(event)
        yield from self._contacts_as_told(replay)
        for oid, offer in self.offers.items():
            if replay.offers.get(oid) != offer["state"]:
                yield f"{oid} is {offer['state']}, the log says {replay.offers.get(oid)}"
        for aid, agent in self.agents.items():
            told = replay.agents.get(aid, {"presence": "OFFLINE", "held": {}})
            if (told["presence"], told["held"]) != (agent["shown"], self.held.get(aid, {})):
                yield f"{aid} is {agent['shown']}, the log says {told}"

        yield from self._as_figured(replay)

    def _contacts_as_told(self, replay: "Replay") -> Iterator[str]:
        for cid, c in self.contacts.items():
            told = replay.contacts.get(cid, {})
            for name, key in TOLD.items():
                if _said(told.get(name)) != _said(c.get(key)):
                    yield f"{cid}: {name} is {c.get(key)!r}, the log says {told.get(name)!r}"
            if replay.seq.get(cid, 0) != int(c["version"]):
                yield f"{cid} has version {c['version']}, the log {replay.seq.get(cid)}"

    def _as_figured(self, replay: Replay) -> Iterator[str]:
        for queue in self.stats.keys() | replay.figures.keys():
            numbers = {name: int(value) for name, value in self.stats.get(queue, {}).items()}
            for name in ("offered", "answered", "abandoned", "withdrawn", "finished", "left"):
                if numbers.get(name, 0) != replay.figures[queue][name]:
                    wanted = dict(replay.figures[queue])
                    yield f"{queue} counts {numbers}, the log says {wanted}"
                    break
        handled = {
            (aid, name.removesuffix("|n")): int(value)
            for aid, fields in self.handled.items()
            for name, value in fields.items()
            if name.endswith("|n")
        }
        if handled != dict(replay.handled):
            yield f"agents handled {handled}, the log says {dict(replay.handled)}"


def _said(value: Any) -> str:
    """Absent, empty and 0 say the same."""
    return "" if value in (None, 0, "0") else str(value)


def read(client: Any, prefix: str) -> Truth:
    """Everything behind a prefix; for small tests."""
    truth = Truth()
    keys = sorted(client.scan_iter(match=f"{prefix}*", count=1000))
    names = [key.decode().removeprefix(prefix) for key in keys]
    wanted = [name for name in names if name.partition(":")[0] in _COMMANDS and ":" in name]
    pipe = client.pipeline(transaction=False)
    for name in wanted:
        pipe.execute_command(*_COMMANDS[name.partition(":")[0]].format(prefix + name).split(" "))
        pipe.pttl(prefix + name)
    rows: list[Any] = pipe.execute()
    for name, value, ttl in zip(wanted, rows[::2], rows[1::2], strict=True):
        if ttl == _GONE:  # it expired after it was found
            continue
        _put(truth, name, value)
        if ttl >= 0:
            truth.expiring.add(name)
    for timer, due in client.zrange(prefix + "timers", 0, -1, withscores=True):
        truth.timers[timer.decode()] = due
    truth.residents = _text(client.hgetall(prefix + "residents"))
    truth.live = {member.decode() for member in client.zrange(prefix + "live", 0, -1)}
    for _, fields in client.xrange(prefix + "events"):
        event: dict[str, Any] = _text(fields)
        truth.events.append(event | {"data": json.loads(event["data"])})
    return truth


TOLD = {
    name: name
    for name in ("state", "agent", "offer", "queue", "language", "disposition", "plan", "sent_to",
                 "arm", "arm_period_ms", "step", "step_ms", "overtaken", "attempts", "order_ms",
                 "fence", "priority")
} | {"preferred_agent": "preferred", "preferred_until_ms": "preferred_ms"}  # fmt: skip
"""Field of the event to field of the hash."""
_GONE = -2
_HASHES = {
    "contact": "contacts",
    "offer": "offers",
    "agent": "agents",
    "held": "held",
    "node": "nodes",
    "stats": "stats",
    "queue": "queues",
    "handled": "handled",
}


_COMMANDS = dict.fromkeys(_HASHES, "HGETALL {}") | {
    "waiting": "ZRANGE {} 0 -1 WITHSCORES",
    "node_contacts": "SMEMBERS {}",
    "external": "GET {}",
}


def _put(truth: Truth, name: str, value: Any) -> None:
    kind, _, rest = name.partition(":")
    if kind in _HASHES:
        getattr(truth, _HASHES[kind])[rest] = _text(value)
    elif kind == "external":
        truth.external[rest] = value.decode()
    elif kind == "waiting":
        truth.waiting[rest] = {member.decode(): float(score) for member, score in value}
    else:
        getattr(truth, kind)[rest] = {member.decode() for member in value}


def _text(fields: dict[bytes, bytes]) -> dict[str, str]:
    return {k.decode(): v.decode(errors="replace") for k, v in fields.items()}
