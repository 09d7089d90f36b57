"""What to replay of one day of a log: who arrives when, how long they would wait, who is there.

What the log does not say is filled in from its own month, with a seed, and marked as drawn:

* Patience of answered callers is drawn given that it exceeds their wait (``patience.py``).
* Service time of callers who gave up, or whose service was not recorded or is not believable
  (over 3600 s), is drawn from the believable services of their type by named agents.
* Services under 10 s are replayed as logged: the day's load is what it was. They stay out of the
  average handle time on both sides.
* Presence is inferred (``presence.py``). Skills are the types an agent served that day, or
  regularly in the month.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from switchyard_demo.calllog.calls import CallType, LoggedCall, ServiceQuality
from switchyard_demo.calllog.findings import ReadReport
from switchyard_demo.calllog.patience import Patience, estimate_patience
from switchyard_demo.calllog.presence import (
    AWAY_GAP_SECONDS,
    Interval,
    Presence,
    infer_presence,
    turnaround_seconds,
)
from switchyard_demo.calllog.reader import CallLog

REGULAR_SERVICES = 3
REGULAR_SHARE = 0.1
"""An agent serves a type regularly whose share of it is at least this part of everybody's share."""


@dataclass(frozen=True, slots=True)
class PlannedContact:
    """One caller to replay; times in seconds after midnight."""

    name: str
    """The log's own name of the call, unique in the log."""
    arrival_seconds: float
    type: CallType
    language: str
    patience_seconds: float
    """May be infinite: the month's log held no abandonment to learn from."""
    patience_drawn: bool
    service_seconds: float
    service_drawn: bool


@dataclass(frozen=True, slots=True)
class PlannedAgent:
    """One agent to replay."""

    code: str
    presence: tuple[Interval, ...]
    types: frozenset[CallType]


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """One day to replay, with the logged calls it came from for comparison."""

    day: dt.date
    contacts: tuple[PlannedContact, ...]
    """In order of arrival."""
    agents: tuple[PlannedAgent, ...]
    away_gap_seconds: float
    """A longer gap between two services of one agent was taken for an absence."""
    turnaround_seconds: float
    """Shortest usual pause between two services of one agent: the nearest thing to a wrap-up."""
    logged: tuple[LoggedCall, ...]
    report: ReadReport
    """What was left out of that day, and what was odd."""

    @property
    def presence(self) -> Presence:
        """Presence by agent."""
        return {agent.code: agent.presence for agent in self.agents}

    def assumptions(self) -> list[str]:
        """What the replay takes from inference and not from the log, in sentences with numbers."""
        drawn = sum(contact.patience_drawn for contact in self.contacts)
        services = sum(contact.service_drawn for contact in self.contacts)
        hours = sum(i.seconds for agent in self.agents for i in agent.presence) / 3600
        return [
            f"patience of {drawn} answered callers was drawn from the month's survival curve",
            f"service time of {services} callers was drawn from the month's services of their type",
            f"presence of {len(self.agents)} agents ({hours:.1f} h) was inferred from services:"
            f" a gap of over {self.away_gap_seconds:.0f} s counts as away, a shorter one as ready,"
            " idle time at the edges is unseen",
            "skills are the call types an agent served that day or regularly in the month",
        ]


def build_plan(
    log: CallLog, day: dt.date, seed: int = 1, away_gap_seconds: float = AWAY_GAP_SECONDS
) -> ReplayPlan:
    """The plan of one day, estimated from all calls of the log (best the whole month).

    Same log, day, seed and gap: the same plan. Raises ``ValueError`` if the log has no call on that
    day. A replay does better than the log did, since people who pause for less than the gap while
    callers wait count as ready; a smaller gap brings the two together, and makes occupancy, which
    is measured against the same presence, mean less.
    """
    calls = log.of_day(day)
    rng = np.random.default_rng(seed)
    contacts = _contacts(calls, estimate_patience(log.calls), _service_pools(log.calls), rng)
    served = _regular_types(log.calls)
    for call in calls:
        if call.agent is not None:
            served.setdefault(call.agent, set()).add(call.type)
    agents = tuple(
        PlannedAgent(code, tuple(stretches), frozenset(served[code]))
        for code, stretches in infer_presence(calls, away_gap_seconds).items()
    )
    return ReplayPlan(
        day=day,
        contacts=contacts,
        agents=agents,
        away_gap_seconds=away_gap_seconds,
        turnaround_seconds=turnaround_seconds(calls),
        logged=calls,
        report=log.report(day),
    )


def _contacts(
    calls: Sequence[LoggedCall],
    patience: Patience,
    pools: Mapping[CallType | None, NDArray[np.int64]],
    rng: np.random.Generator,
) -> tuple[PlannedContact, ...]:
    waits = patience.seconds(calls, rng)
    contacts = []
    for call, wait in zip(calls, waits, strict=True):
        logged = call.service_quality in (ServiceQuality.HONEST, ServiceQuality.SHORT)
        pool = pools.get(call.type, pools[None])
        service = float(call.service_seconds or 0) if logged else float(rng.choice(pool))
        contacts.append(
            PlannedContact(
                name=call.name,
                arrival_seconds=float(call.arrival_seconds),
                type=call.type,
                language=call.type.language,
                patience_seconds=float(wait),
                patience_drawn=call.answered,
                service_seconds=service,
                service_drawn=not logged,
            )
        )
    return tuple(contacts)


def _service_pools(calls: Sequence[LoggedCall]) -> Mapping[CallType | None, NDArray[np.int64]]:
    """Believable service times by type, and of all types under ``None``."""
    pools: defaultdict[CallType | None, list[int]] = defaultdict(list)
    for call in calls:
        if call.agent and call.service_seconds and call.service_quality is ServiceQuality.HONEST:
            pools[call.type].append(call.service_seconds)
            pools[None].append(call.service_seconds)
    if not pools:
        raise ValueError(
            "the log holds no service of 10 to 3600 s by a named agent: nothing to replay"
        )
    return {kind: np.array(seconds) for kind, seconds in pools.items()}


def _regular_types(calls: Sequence[LoggedCall]) -> dict[str, set[CallType]]:
    """Types each agent serves regularly: often enough, and not just by accident."""
    overall: Counter[CallType] = Counter()
    mine: defaultdict[str, Counter[CallType]] = defaultdict(Counter)
    for call in calls:
        if call.agent and call.service_quality is ServiceQuality.HONEST:
            overall[call.type] += 1
            mine[call.agent][call.type] += 1
    total = overall.total()
    return {
        agent: {
            kind
            for kind, count in counts.items()
            if count >= REGULAR_SERVICES
            and count / counts.total() >= REGULAR_SHARE * overall[kind] / total
        }
        for agent, counts in mine.items()
    }
