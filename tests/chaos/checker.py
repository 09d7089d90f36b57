"""Reads the event log, the final state and the clients' logs, and says what must not be.

It knows no router: events are entries of the stream, the state is read raw.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from switchyard_router.domain.states import TERMINAL

from tests.chaos.journal import Accept, Journal
from tests.chaos.plan import CAPACITY, STAGE_MS, STUCK_SECONDS
from tests.fakes.router.truth import Truth

_CLOSED = ("DECLINED", "TIMED_OUT", "RESCINDED", "FAILED")
_EXAMPLES = 5
_BEFORE_FAILOVER_SECONDS = 2.0
_AFTER_FAILOVER_SECONDS = 2.0
"""A master that lives on acknowledges until its routers hear of the new one, within a second."""

type Event = dict[str, Any]


@dataclass(slots=True)
class Findings:
    """What was found, by kind, with examples. Empty kinds hold."""

    found: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    named: Counter[str] = field(default_factory=Counter)
    """What the failover lost, as it may: counted and named, not a fault."""

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not any(self.found.values())

    def number(self, kind: str) -> int:
        """How often."""
        return len(self.found.get(kind, ()))

    def examples(self) -> Iterator[str]:
        """A few of each kind."""
        for kind, problems in sorted(self.found.items()):
            for problem in problems[:_EXAMPLES]:
                yield f"{kind}: {problem}"


DOUBLE = "double assignments"
UNENDED = "contacts without a terminal state"
STUCK = f"agents stuck over {STUCK_SECONDS:.0f} s"
CAPACITY_EXCEEDED = "capacity exceeded"
DIFFERS = "event log replayed differs from the final state"
KINDS = (DOUBLE, UNENDED, STUCK, CAPACITY_EXCEEDED, DIFFERS)


def check(truth: Truth, journal: Journal, failovers: Sequence[tuple[float, float]]) -> Findings:
    """Everything that must not be.

    `failovers`: from when to when (clients' monotonic seconds) another server became the master.
    What was acknowledged then, or in the moments before, may be lost, and is counted by its name.
    """
    findings = Findings()
    findings.found[DOUBLE] += accepted_twice(truth.events)
    findings.found[DOUBLE] += _accepts_nobody_kept(truth.events, journal, failovers, findings)
    findings.found[UNENDED] += _without_end(truth, journal, failovers, findings)
    over_ms = {_id(name): at_ms for name, at_ms in journal.hung_up_ms.items()}
    findings.found[STUCK] += _stuck(truth.events, over_ms, journal.outages_ms)
    findings.found[CAPACITY_EXCEEDED] += [*_overfull(truth.events), *journal.overbooked]
    findings.found[DIFFERS] += truth.violations()
    return findings


def accepted_twice(events: Sequence[Event]) -> Iterator[str]:
    """An offer accepted while another one of its contact was good."""
    good: dict[str, str] = {}
    for event in events:
        contact, data = event["subject"], event["data"]
        if event["type"].startswith("offer."):
            if data["state"] == "ACCEPTED":
                if good.get(contact, data["offer"]) != data["offer"]:
                    yield f"{contact}: {good[contact]}, then {data['offer']}"
                good[contact] = data["offer"]
            elif data["state"] in _CLOSED and good.get(contact) == data["offer"]:
                del good[contact]
        elif event["type"].startswith("contact.") and (
            data["state"] == "QUEUED" or data["state"] in TERMINAL
        ):
            good.pop(contact, None)


def _accepts_nobody_kept(
    events: Sequence[Event],
    journal: Journal,
    failovers: Sequence[tuple[float, float]],
    findings: Findings,
) -> Iterator[str]:
    """A desktop was told that it has the contact, and the log says that it has not."""
    accepted = {
        (event["data"]["offer"], event["data"]["agent"])
        for event in events
        if event["type"] == "offer.accepted"
    }
    for one in journal.accepts:
        if (_id(one.offer), one.agent) in accepted:
            continue
        if _lost_in(failovers, one.at):
            findings.named["accepts"] += 1
        else:
            yield _of(one)


def _of(one: Accept) -> str:
    return f"{one.agent} was told to have {_id(one.contact)} by {_id(one.offer)}, the log knows not"


def _without_end(
    truth: Truth,
    journal: Journal,
    failovers: Sequence[tuple[float, float]],
    findings: Findings,
) -> Iterator[str]:
    """An acknowledged contact that neither ended nor was named as lost by its platform."""
    for name, created in journal.created.items():
        contact = truth.contacts.get(_id(name))
        if contact is not None and contact["state"] in TERMINAL:
            continue
        if contact is None and name in journal.lost and _lost_in(failovers, created):
            findings.named["creations"] += 1
        else:
            yield f"{_id(name)} is {contact['state'] if contact else 'gone'}"


def _stuck(
    events: Sequence[Event], over_ms: Mapping[str, float], outages: Sequence[tuple[float, float]]
) -> Iterator[str]:
    """Held at one stage for so much longer than it may last.

    A stage lasts until its timer, and a conversation until a router took the news of its end.
    While there is no store nothing can be freed: that time does not count.
    """
    since: dict[tuple[str, str], tuple[str, int]] = {}
    last_ms = int(events[-1]["time"]) if events else 0
    for event in events:
        if event["type"] != "agent.state_changed":
            continue
        agent, held, now_ms = event["subject"], _held(event), int(event["time"])
        for key in [key for key in since if key[0] == agent and key[1] not in held]:
            yield from _too_long(key, *since.pop(key), now_ms, over_ms, outages)
        for contact, stage in held.items():
            before = since.get((agent, contact))
            if before is not None and before[0] != stage:
                yield from _too_long((agent, contact), *before, now_ms, over_ms, outages)
            if before is None or before[0] != stage:
                since[agent, contact] = stage, now_ms
    for key, (stage, began_ms) in since.items():
        yield from _too_long(key, stage, began_ms, last_ms, over_ms, outages)


def _too_long(
    key: tuple[str, str],
    stage: str,
    began_ms: int,
    ended_ms: int,
    over_ms: Mapping[str, float],
    outages: Sequence[tuple[float, float]],
) -> Iterator[str]:
    channel, _, what = stage.partition(":")
    due_ms = began_ms + STAGE_MS[what]
    if what == "active":
        due_ms = min(due_ms, max(began_ms, int(over_ms.get(key[1], due_ms))))
    away_ms = sum(max(0.0, min(ended_ms, e) - max(began_ms, b)) for b, e in outages)
    if ended_ms - due_ms - away_ms > STUCK_SECONDS * 1000:
        yield (
            f"{key[0]} held {key[1]} as {channel}:{what} for {(ended_ms - began_ms) / 1000:.1f} s"
        )


def _overfull(events: Sequence[Event]) -> Iterator[str]:
    for event in events:
        if event["type"] != "agent.state_changed":
            continue
        channels = Counter(stage.partition(":")[0] for stage in _held(event).values())
        if any(number > CAPACITY[channel] for channel, number in channels.items()):
            yield f"{event['subject']} held {dict(channels)}"


def _held(event: Event) -> Mapping[str, str]:
    held = event["data"]["held"]
    return held if isinstance(held, dict) else {}


def _lost_in(failovers: Sequence[tuple[float, float]], at: float) -> bool:
    before, after = _BEFORE_FAILOVER_SECONDS, _AFTER_FAILOVER_SECONDS
    return any(began - before <= at <= ended + after for began, ended in failovers)


def _id(name: str) -> str:
    return name.rpartition("/")[2]
