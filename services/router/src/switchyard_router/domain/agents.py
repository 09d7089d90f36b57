"""Agents as columns: who is eligible for a contact takes a few numpy operations for all agents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from switchyard_router.domain.skills import SkillNeed

CHANNELS = ("VOICE", "CHAT", "EMAIL", "CALLBACK", "TASK", "VIDEO")
_CHANNEL_INDEX = {name: index for index, name in enumerate(CHANNELS)}
_FIRST_ROWS = 64

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


class AgentTable:
    """Columns over agents: ready, room per channel, skill levels, queues, idle since.

    Memory grows with agents × (skills + queues); updates of one agent are O(skills + queues)
    when its profile changes and O(channels) when its state does.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.profiles: list[AgentProfile] = []
        self.lives: list[AgentLive] = []
        self._row: dict[str, int] = {}
        self._skill: dict[str, int] = {}
        self._queue: dict[str, int] = {}
        self._room = np.zeros((_FIRST_ROWS, len(CHANNELS)), dtype=bool)
        self._idle_since = np.zeros(_FIRST_ROWS, dtype=np.int64)
        self._levels = np.zeros((_FIRST_ROWS, 8), dtype=np.int8)
        self._serves = np.zeros((_FIRST_ROWS, 8), dtype=bool)
        self._staffed = np.zeros(_FIRST_ROWS, dtype=bool)

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, agent_id: str) -> int | None:
        """Row of an agent, None if unknown."""
        return self._row.get(agent_id)

    def upsert(self, profile: AgentProfile) -> None:
        """Add an agent, or replace its profile."""
        row = self._row.get(profile.id)
        if row is None:
            row = self._append(profile)
        self.profiles[row] = profile
        # Columns first: a new one may put a wider array in the place of the present one.
        skills = [self._column(self._skill, skill, "_levels") for skill in profile.skills]
        queues = [self._column(self._queue, queue, "_serves") for queue in profile.queues]
        self._levels[row] = 0
        self._levels[row, skills] = list(profile.skills.values())
        self._serves[row] = False
        self._serves[row, queues] = True
        self._refresh(row)

    def set_live(self, agent_id: str, live: AgentLive) -> bool:
        """Replace the live state; False for unknown agents, and for old news."""
        row = self._row.get(agent_id)
        if row is None or live.seq < self.lives[row].seq:
            return False
        self.lives[row] = live
        self._idle_since[row] = live.idle_since_ms
        self._refresh(row)
        return True

    def forget_live(self) -> None:
        """Forget live states: a store that failed over may count from lower numbers."""
        self.lives = [AgentLive()] * len(self)
        for row in range(len(self)):
            self._refresh(row)

    def eligible(self, queue: str, channel: str, needs: Iterable[SkillNeed]) -> Mask:
        """Agents who could take such a contact now: bool per row."""
        mask = self.serving(queue) & self._room[: len(self), _CHANNEL_INDEX[channel]]
        for need in needs:
            if not need.preferred:
                mask = mask & self._has(need)
        return mask

    def serving(self, queue: str) -> Mask:
        """Agents of a queue, whatever their state: bool per row."""
        column = self._queue.get(queue)
        if column is None:
            return np.zeros(len(self), dtype=bool)
        served: Mask = self._serves[: len(self), column]
        return served

    def staffed(self, queue: str) -> int:
        """Number of agents of a queue who are signed in and ready or busy."""
        return int(np.count_nonzero(self.serving(queue) & self._staffed[: len(self)]))

    def with_room(self, queue: str) -> int:
        """Number of agents of a queue with room for a contact of some channel, skills aside."""
        return int(np.count_nonzero(self.serving(queue) & self._room[: len(self)].any(axis=1)))

    def has_room(self, row: int, channel: str) -> bool:
        """Whether the agent of a row has room for the channel now, queue and skills aside."""
        return bool(self._room[row, _CHANNEL_INDEX[channel]])

    def idle_since(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """When the agents of these rows last became free, ms."""
        return self._idle_since[rows]

    def rejections(self, queue: str, channel: str, needs: Iterable[SkillNeed]) -> dict[str, int]:
        """Number of agents rejected, by the first reason that applies."""
        left = np.ones(len(self), dtype=bool)
        counts: dict[str, int] = {}
        reasons: list[tuple[str, Mask]] = [
            ("QUEUE", self.serving(queue)),
            ("PRESENCE", np.fromiter((live.ready for live in self.lives), bool, len(self))),
            ("CAPACITY", self._room[: len(self), _CHANNEL_INDEX[channel]]),
        ]
        reasons += [
            (f"SKILL {need.skill}", self._has(need)) for need in needs if not need.preferred
        ]
        for reason, passes in reasons:
            rejected = int(np.count_nonzero(left & ~passes))
            if rejected:
                counts[reason] = rejected
            left = left & passes
        return counts

    def _has(self, need: SkillNeed) -> Mask:
        column = self._skill.get(need.skill)
        if column is None:
            return np.zeros(len(self), dtype=bool)
        levels = self._levels[: len(self), column]
        return (levels >= need.min_level) & (levels <= need.max_level)

    def _append(self, profile: AgentProfile) -> int:
        row = len(self.ids)
        if row == len(self._idle_since):
            self._room, self._idle_since, self._levels, self._serves, self._staffed = (
                np.concatenate((column, np.zeros_like(column)))
                for column in (
                    self._room,
                    self._idle_since,
                    self._levels,
                    self._serves,
                    self._staffed,
                )
            )
        self.ids.append(profile.id)
        self.profiles.append(profile)
        self.lives.append(AgentLive())
        self._row[profile.id] = row
        return row

    def _column(self, index: dict[str, int], key: str, name: str) -> int:
        if key not in index:
            index[key] = len(index)
            table: NDArray[np.generic] = getattr(self, name)
            if len(index) > table.shape[1]:
                setattr(self, name, np.concatenate((table, np.zeros_like(table)), axis=1))
        return index[key]

    def _refresh(self, row: int) -> None:
        live, profile = self.lives[row], self.profiles[row]
        self._staffed[row] = live.presence in ("AVAILABLE", "ON_CONTACT", "AFTER_CONTACT_WORK")
        self._room[row] = [
            live.ready and has_room(profile, live.held, channel) for channel in CHANNELS
        ]


def has_room(profile: AgentProfile, held: Mapping[str, str], channel: str) -> bool:
    """Whether one more contact of the channel fits; the same rule as in the store's scripts.

    A voice contact takes the whole agent; text contacts leave room for others up to the channel's
    capacity, and one unit for a call where the agent takes calls too.
    """
    channels = [stage.split(":")[0] for stage in held.values()]
    units = profile.units
    if channel != "VOICE" and units > 1 and profile.capacity.get("VOICE", 0):
        units -= 1
    if "VOICE" in channels or (units and len(channels) >= units):
        return False
    return channels.count(channel) < profile.capacity.get(channel, 0)
