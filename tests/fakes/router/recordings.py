"""Recorded contacts to play again, and rules to play them by."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from switchyard_router.domain.agents import AgentProfile
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.plans import Plan
from switchyard_router.domain.queues import QueueProfile
from switchyard_router.domain.recording import Left, RecordedContact, Recording
from switchyard_router.service.simulating.values import Regime

from tests.fakes.router.core import TIMES, profile, waiting

T0 = 1_000_000_000
"""When recordings begin, ms."""


def queue(queue_id: str = "q", **changes: Any) -> QueueProfile:
    """Longest idle; may wait an hour, should wait 20 s."""
    times = replace(TIMES, max_wait_ms=3_600_000, target_ms=20_000)
    return replace(QueueProfile(queue_id, "", "longest_idle", times, 1), **changes)


def come(number: int, after_ms: int, **changes: Any) -> Waiting:
    """Contact c{number}, some time after T0."""
    return waiting(f"c{number}", T0 + after_ms, **changes)


def answered(
    contact: Waiting, agent: str = "ann", talk_ms: int = 60_000, waited_ms: int = 0
) -> RecordedContact:
    """It, and who answered then."""
    left = contact.enqueue_ms + waited_ms
    return RecordedContact(contact, Left.ANSWERED, left, agent, talk_ms)


def recording(*contacts: RecordedContact, **changes: Any) -> Recording:
    """Some hours of queue q, of which ann is there all the time."""
    usual = Recording(
        contacts=contacts,
        ready_at_start={"ann": True},
        changes=(),
        answer_ms={"q": 2_000.0},
        wrap_up_ms={},
        events=1,
        until_ms=T0 + 10_000_000,
    )
    return replace(usual, **changes)


def regime(*agents: AgentProfile, plans: Sequence[Plan] = (), **changes: Any) -> Regime:
    """Rules under which a recording is played: one queue, ann if nobody else is given."""
    return Regime(agents or (profile("ann"),), (queue(**changes),), tuple(plans))
