"""Reads what a simulation needs: the recording of a time, with agents as they were at its start."""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from switchyard_router.domain.agents import AgentLive
from switchyard_router.domain.recording import Recorder, Recording
from switchyard_router.domain.records import StoredEvent
from switchyard_router.service.board import Board
from switchyard_router.service.simulating.days import day_edges_ms
from switchyard_router.service.simulating.values import (
    MOST_CONTACTS,
    MOST_EVENTS,
    SimulationOrder,
    cannot_simulate,
)


class History(Protocol):
    """The event log from a time on."""

    def since(self, from_ms: int, at_most: int) -> AsyncIterator[StoredEvent]:
        """Events from a time on, in order, at most so many."""
        ...

    async def bounds(self) -> tuple[int, int] | None:
        """Times (ms) of the oldest and the newest event kept; None if there are none."""
        ...


async def record(
    history: History,
    order: SimulationOrder,
    queues: Collection[str],
    agents: Mapping[str, AgentLive],
) -> Recording:
    """The recording of [from, to), read to the end of the log, so that conversations end in it.

    `queues`: those that exist today, contacts of others are left out; `agents`: as they are now,
    for those who did not change since. Raises FAILED_PRECONDITION: EMPTY_RANGE, or RANGE_TOO_LARGE.
    """
    await _check_kept(history, order)
    wanted = set(order.queues or queues)
    scratch, recorder = Board(), Recorder(order.from_ms, order.to_ms)
    async for event in history.since(order.from_ms, MOST_EVENTS):
        if event.type == "contact.queued" and not event.data.get("previous_state"):
            scratch.apply(event)
            arrived = scratch.contacts.pop(event.subject)
            if arrived.queue in wanted:
                recorder.arrives(replace(arrived, agent="", seq=0))
        recorder.on_event(event)
        if recorder.arrived > MOST_CONTACTS:
            raise cannot_simulate(
                "RANGE_TOO_LARGE",
                f"more than {MOST_CONTACTS} contacts arrived in this time; choose a shorter one",
            )
    recording = recorder.recording()
    if not recording.contacts:
        raise await _empty(history, order)
    quiet = {
        agent_id: live.ready and live.since_ms <= order.from_ms
        for agent_id, live in agents.items()
        if agent_id not in recording.ready_at_start
    }
    return replace(
        recording,
        ready_at_start={**quiet, **recording.ready_at_start},
        day_edges_ms=day_edges_ms(order.from_ms, order.to_ms, order.time_zone),
    )


async def _check_kept(history: History, order: SimulationOrder) -> None:
    bounds = await history.bounds()
    if bounds is None or order.to_ms <= bounds[0] or order.from_ms > bounds[1]:
        raise await _empty(history, order)


async def _empty(history: History, order: SimulationOrder) -> Exception:
    bounds = await history.bounds()
    kept = f"reaches from {_time(bounds[0])} to {_time(bounds[1])}" if bounds else "is empty"
    asked = f"between {_time(order.from_ms)} and {_time(order.to_ms)}"
    return cannot_simulate(
        "EMPTY_RANGE", f"no contact of these queues arrived {asked}; the event log {kept}"
    )


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
