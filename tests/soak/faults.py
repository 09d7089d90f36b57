"""What is done to the stack, and when: one fault after the other, then time to show growth."""

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle, islice

from switchyard_launcher.child import Child

from tests.soak.stack import SECOND_ROUTER, Ends

_PAUSE_SECONDS = 5.0
_BEGIN, _END = 0.15, 0.65
"""Shares of the run between which faults come: what is started anew needs time to be judged."""
_APART_SECONDS = 150.0


@dataclass(frozen=True, slots=True)
class Fault:
    """Killed (SIGKILL, started again some seconds later) or paused (SIGSTOP for five seconds)."""

    what: str
    whom: str


KILLED, PAUSED = "killed", "paused"
FAULTS = (
    Fault(KILLED, SECOND_ROUTER),
    Fault(PAUSED, "valkey"),
    Fault(KILLED, "rasa"),
    Fault(KILLED, "gateway"),
    Fault(KILLED, "crm_adapter"),
    Fault(KILLED, "router"),
    Fault(KILLED, "valkey"),
    Fault(KILLED, "insights"),
)
"""Killing the gateway drops all chats' connections; killing Valkey, everybody's."""


def schedule(seconds: float) -> Iterator[tuple[float, Fault]]:
    """Each fault at least once; in long runs as often as fits at the usual distance."""
    window = (_END - _BEGIN) * seconds
    number = max(len(FAULTS), int(window / _APART_SECONDS))
    for place, fault in enumerate(islice(cycle(FAULTS), number)):
        yield _BEGIN * seconds + place * window / number, fault


async def commit(fault: Fault, children: Mapping[str, Child], ends: Ends) -> bool:
    """Does it; whether there was somebody to do it to."""
    pid = children[fault.whom].pid
    if pid is None:
        return False
    if fault.what == KILLED:
        ends.expected.add(fault.whom)
        _signal(pid, signal.SIGKILL)
        return True
    _signal(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(_PAUSE_SECONDS)
    finally:
        _signal(pid, signal.SIGCONT)
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # ended meanwhile
        os.kill(pid, number)
