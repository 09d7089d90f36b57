"""Agents as columns: who is eligible for a contact takes a few numpy operations for all agents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray
from switchyard_scoring.scoring import agent_key

from switchyard_router.domain.skills import SkillNeed
from switchyard_router.domain.states import WHOLE_AGENT

CHANNELS = ("VOICE", "CHAT", "EMAIL", "CALLBACK", "TASK", "VIDEO")
_CHANNEL_INDEX = {name: index for index, name in enumerate(CHANNELS)}
_FIRST_ROWS = 64
OCCUPANCY_MS = 3_600_000
"""The time over which occupancy is weighted exponentially; the same as in the store's scripts."""
_COLUMNS: Mapping[str, tuple[tuple[int, ...], type[np.generic]]] = {
    "room": ((len(CHANNELS),), np.bool_),
    "levels": ((8,), np.int8),
    "serves": ((8,), np.bool_),
    "staffed": ((), np.bool_),
    "ready": ((), np.bool_),
    "busy": ((), np.bool_),
    "endpoint": ((), np.bool_),
    "idle_since_ms": ((), np.int64),
    "offered_ms": ((), np.int64),
    "occupancy": ((), np.float64),
    "occupancy_ms": ((), np.int64),
    "breadth": ((), np.int64),
    "shift_end_ms": ((), np.int64),
    "next_break_ms": ((), np.int64),
    "profile_change": ((), np.int64),
    "live_change": ((), np.int64),
    "key": ((), np.uint64),
}

type Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """What routing needs of an agent's configuration; `encoded` is all of it, opaque here."""

    id: str
    display_name: str
    endpoint: str
    skills: Mapping[str, int]
    capacity: Mapping[str, int]
    units: int
    queues: tuple[str, ...]
    version: int
    encoded: bytes = b""
    team: str = ""
    shift_end_ms: int = 0
    """0: not known; likewise the next break."""
    next_break_ms: int = 0


@dataclass(frozen=True, slots=True)
class AgentLive:
    """Live state of an agent. `held`: contact id to "CHANNEL:stage"; times in ms."""

    presence: str = "OFFLINE"
    ready: bool = False
    held: Mapping[str, str] = field(default_factory=dict)
    idle_since_ms: int = 0
    seq: int = 0
    epoch: int = 0
    reason: str = ""
    next_presence: str = ""
    since_ms: int = 0
    occupancy: float = 0.0
    """Share of the last hour with contacts, exponentially weighted, as of `occupancy_ms`."""
    occupancy_ms: int = 0
    offered_ms: int = 0

    def occupancy_at(self, now_ms: int) -> float:
        """The share as of a time: since it was computed the agent held what is held now."""
        kept = exp(-max(0, now_ms - self.occupancy_ms) / OCCUPANCY_MS)
        return self.occupancy * kept + (1 - kept if self.held else 0.0)


class AgentTable:
    """Columns over agents: ready, room per channel, skill levels, queues, idle since and more.

    Memory grows with agents x (skills + queues); updates of one agent are O(skills + queues)
    when its profile changes and O(channels) when its state does. `touched` collects the rows that
    changed, for whoever follows them; `profiled` rises when any profile changes, `changes` with any
    change: the columns `profile_change` and `live_change` hold it as of the row's last one.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.profiles: list[AgentProfile] = []
        self.lives: list[AgentLive] = []
        self.touched: set[int] = set()
        self.profiled = 0
        self.changes = 0
        self._row: dict[str, int] = {}
        self._skill: dict[str, int] = {}
        self._queue: dict[str, int] = {}
        self._columns: dict[str, NDArray[Any]] = {
            name: np.zeros((_FIRST_ROWS, *shape), dtype=kind)
            for name, (shape, kind) in _COLUMNS.items()
        }

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, agent_id: str) -> int | None:
        """Row of an agent, None if unknown."""
        return self._row.get(agent_id)

    def column(self, name: str) -> NDArray[Any]:
        """A column over all agents, not to be written to; see _COLUMNS for the names and types."""
        return self._columns[name][: len(self.ids)]

    def upsert(self, profile: AgentProfile, row: int | None = None) -> None:
        """Add an agent, or replace its profile, or the one of a row."""
        if row is None:
            row = self._row.get(profile.id)
        if row is None:
            row = self._append(profile)
        self.profiles[row] = profile
        # Columns first: a new one may put a wider array in the place of the present one.
        skills = [self._index(self._skill, skill, "levels") for skill in profile.skills]
        queues = [self._index(self._queue, queue, "serves") for queue in profile.queues]
        columns = self._columns
        columns["levels"][row] = 0
        columns["levels"][row, skills] = list(profile.skills.values())
        columns["serves"][row] = False
        columns["serves"][row, queues] = True
        columns["breadth"][row] = len(skills) + len(queues)
        columns["endpoint"][row] = bool(profile.endpoint)
        columns["shift_end_ms"][row] = profile.shift_end_ms
        columns["next_break_ms"][row] = profile.next_break_ms
        columns["profile_change"][row] = self.changes + 1
        self.profiled += 1
        self._refresh(row)

    def forget(self, agent_id: str) -> None:
        """Drop an agent. The row stays, nobody's for ever, so that rows in use keep their meaning.

        Memory grows with deletions as long as the process runs.
        """
        row = self._row.get(agent_id)
        if row is not None:
            self.lives[row] = AgentLive()
            self.upsert(AgentProfile("", "", "", {}, {}, 0, (), 0), row)
            self.ids[row] = ""
            del self._row[agent_id]

    def set_live(self, agent_id: str, live: AgentLive) -> bool:
        """Replace the live state; False for unknown agents, and for old news."""
        row = self._row.get(agent_id)
        if row is None or live.seq < self.lives[row].seq:
            return False
        self.lives[row] = live
        self._refresh(row)
        return True

    def forget_live(self) -> None:
        """Forget live states: a store that failed over may count from lower numbers."""
        self.lives = [AgentLive()] * len(self)
        for row in range(len(self)):
            self._refresh(row)

    def serving(self, queue: str) -> Mask:
        """Agents of a queue, whatever their state: bool per row."""
        column = self._queue.get(queue)
        if column is None:
            return np.zeros(len(self), dtype=bool)
        served: Mask = self.column("serves")[:, column]
        return served

    def has(self, need: SkillNeed) -> Mask:
        """Agents with the skill at the levels asked for: bool per row."""
        levels = self.levels(need.skill)
        return (levels >= need.min_level) & (levels <= need.max_level)

    def levels(self, skill: str) -> NDArray[np.int8]:
        """Level of a skill per row; 0: not at all."""
        column = self._skill.get(skill)
        if column is None:
            return np.zeros(len(self), dtype=np.int8)
        found: NDArray[np.int8] = self.column("levels")[:, column]
        return found

    def room(self, channel: str) -> Mask:
        """Agents with room for one more contact of the channel now: bool per row."""
        found: Mask = self.column("room")[:, _CHANNEL_INDEX[channel]]
        return found

    def staffed(self, queue: str) -> int:
        """Number of agents of a queue who are signed in and ready or busy."""
        return int(np.count_nonzero(self.serving(queue) & self.column("staffed")))

    def with_room(self, queue: str) -> int:
        """Number of agents of a queue with room for a contact of some channel, skills aside."""
        return int(np.count_nonzero(self.serving(queue) & self.column("room").any(axis=1)))

    def has_room(self, row: int, channel: str) -> bool:
        """Whether the agent of a row has room for the channel now, queue and skills aside."""
        return bool(self._columns["room"][row, _CHANNEL_INDEX[channel]])

    def room_by_queue(self, rows: list[int]) -> dict[str, list[str]]:
        """Queues that agents of some rows serve, with the channels of which one of them has room.

        O(rows x queues x channels), in one matrix product.
        """
        serves = self._columns["serves"][rows].astype(np.float32)
        free = serves.T @ self._columns["room"][rows].astype(np.float32) > 0
        found: dict[str, list[str]] = {}
        for name, column in self._queue.items():
            channels = [CHANNELS[index] for index in np.flatnonzero(free[column]).tolist()]
            if channels:
                found[name] = channels
        return found

    def busy_share(
        self, now_ms: int, rows: NDArray[np.intp] | slice = slice(None)
    ) -> NDArray[np.float64]:
        """Share of the last hour with contacts per row, carried on to now as the store does it."""
        passed = np.maximum(now_ms - self.column("occupancy_ms")[rows], 0)
        kept = np.exp(passed / -OCCUPANCY_MS)
        share: NDArray[np.float64] = self.column("occupancy")[rows] * kept
        return np.where(self.column("busy")[rows], share + (1 - kept), share)

    def _append(self, profile: AgentProfile) -> int:
        row = len(self.ids)
        if row == len(self._columns["room"]):
            self._columns = {
                name: np.concatenate((column, np.zeros_like(column)))
                for name, column in self._columns.items()
            }
        self.ids.append(profile.id)
        self.profiles.append(profile)
        self.lives.append(AgentLive())
        self._row[profile.id] = row
        self._columns["key"][row] = agent_key(profile.id)
        return row

    def _index(self, index: dict[str, int], key: str, name: str) -> int:
        if key not in index:
            index[key] = len(index)
            table = self._columns[name]
            if len(index) > table.shape[1]:
                self._columns[name] = np.concatenate((table, np.zeros_like(table)), axis=1)
        return index[key]

    def _refresh(self, row: int) -> None:
        live, profile, columns = self.lives[row], self.profiles[row], self._columns
        columns["ready"][row] = live.ready
        columns["busy"][row] = bool(live.held)
        columns["staffed"][row] = live.presence in ("AVAILABLE", "ON_CONTACT", "AFTER_CONTACT_WORK")
        columns["idle_since_ms"][row] = live.idle_since_ms
        columns["offered_ms"][row] = live.offered_ms
        columns["occupancy"][row] = live.occupancy
        columns["occupancy_ms"][row] = live.occupancy_ms
        columns["room"][row] = [
            live.ready and has_room(profile, live.held, channel) for channel in CHANNELS
        ]
        self.touched.add(row)
        self.changes += 1
        columns["live_change"][row] = self.changes


def has_room(profile: AgentProfile, held: Mapping[str, str], channel: str) -> bool:
    """Whether one more contact of the channel fits; the same rule as in the store's scripts.

    A call of any kind takes the whole agent; text contacts leave room for others up to the
    channel's capacity, and one unit for a call where the agent takes calls too.
    """
    channels = [stage.split(":")[0] for stage in held.values()]
    units = profile.units
    takes_calls = any(profile.capacity.get(kind, 0) for kind in WHOLE_AGENT)
    if channel not in WHOLE_AGENT and units > 1 and takes_calls:
        units -= 1
    if not WHOLE_AGENT.isdisjoint(channels) or (units and len(channels) >= units):
        return False
    return channels.count(channel) < profile.capacity.get(channel, 0)
