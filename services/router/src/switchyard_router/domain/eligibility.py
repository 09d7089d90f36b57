"""Who could take a contact now: a row of gates over all agents, in the order reasons are given."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from switchyard_router.domain.agents import OCCUPANCY_MS, AgentTable, Mask
from switchyard_router.domain.skills import SkillNeed

_RUNG = ("VOICE", "CALLBACK")
"""Channels whose contacts reach the agent at an address that the platform rings."""

type Gate = tuple[str, Mask]
"""Why agents are rejected (UPPER_SNAKE, at times with a name), and who passes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a contact asks of agents, and what its queue asks. `needs`: with the language filled in.

    `occupancy_cap` 0: none. `break_guard_ms`: nobody whose break or end of shift is nearer.
    """

    queue: str
    channel: str
    needs: tuple[SkillNeed, ...] = ()
    occupancy_cap: float = 0.0
    break_guard_ms: int = 0


def fixed(agents: AgentTable, asked: Asked) -> Mask:
    """Who passes the gates that only a change of configuration moves: queue, address, skills."""
    mask = agents.serving(asked.queue) & _reachable(agents, asked.channel)
    for need in asked.needs:
        if not need.preferred:
            mask &= agents.has(need)
    return mask


def gates(agents: AgentTable, asked: Asked, now_ms: int) -> list[Gate]:
    """All gates, each on its own, in the order in which reasons are given."""
    return [
        ("QUEUE", agents.serving(asked.queue)),
        ("PRESENCE", agents.column("ready")),
        ("CAPACITY", agents.room(asked.channel)),
        ("ENDPOINT", _reachable(agents, asked.channel)),
        *((f"SKILL {need.skill}", agents.has(need)) for need in asked.needs if not need.preferred),
        *timed(agents, asked, now_ms),
    ]


def _reachable(agents: AgentTable, channel: str) -> Mask:
    if channel not in _RUNG:
        return np.ones(len(agents), dtype=bool)
    found: Mask = agents.column("endpoint")
    return found


def timed(agents: AgentTable, asked: Asked, now_ms: int) -> list[Gate]:
    """The gates that time alone moves: occupancy, break, end of shift."""
    gates: list[Gate] = []
    if asked.occupancy_cap:
        gates.append(("OCCUPANCY", agents.busy_share(now_ms) <= asked.occupancy_cap))
    if asked.break_guard_ms:
        until_break = agents.column("next_break_ms") - now_ms
        gates.append(("BREAK", (until_break <= 0) | (until_break >= asked.break_guard_ms)))
        shift = agents.column("shift_end_ms")
        gates.append(("SHIFT_END", (shift == 0) | (shift - now_ms >= asked.break_guard_ms)))
    return gates


def opens_at(agents: AgentTable, asked: Asked, barred: Mask, now_ms: int) -> int | None:
    """When (ms) time alone lets one of the `barred` agents pass; None if it never does.

    Occupancy of somebody idle falls as exp(-t / 1 h); a break that began bars nobody any more.
    """
    times = [*_rested(agents, asked, barred, now_ms), *_breaks(agents, asked, barred, now_ms)]
    return min(times, default=None)


def _rested(agents: AgentTable, asked: Asked, barred: Mask, now_ms: int) -> Iterator[int]:
    if not asked.occupancy_cap:
        return
    resting = barred & ~agents.column("busy")
    share = agents.busy_share(now_ms)[resting]
    over = share[share > asked.occupancy_cap]
    if len(over):
        yield now_ms + int(OCCUPANCY_MS * np.log(over.min() / asked.occupancy_cap)) + 1


def _breaks(agents: AgentTable, asked: Asked, barred: Mask, now_ms: int) -> Iterator[int]:
    if not asked.break_guard_ms:
        return
    begin = agents.column("next_break_ms")[barred]
    near = begin[(begin > now_ms) & (begin < now_ms + asked.break_guard_ms)]
    if len(near):
        yield int(near.min())


def rejections(gates: Sequence[Gate], size: int) -> dict[str, int]:
    """Number of agents rejected, each by the first reason that applies."""
    left = np.ones(size, dtype=bool)
    counts: dict[str, int] = {}
    still = size
    for reason, gate in gates:
        left &= gate
        now = int(np.count_nonzero(left))
        if now < still:
            counts[reason] = counts.get(reason, 0) + still - now
        still = now
    return counts


def first_reasons(gates: Sequence[Gate], size: int) -> list[str]:
    """Why each agent is rejected, by row; empty for those who pass."""
    reasons = [""] * size
    for reason, gate in reversed(gates):
        for row in np.flatnonzero(~gate):
            reasons[row] = reason
    return reasons
