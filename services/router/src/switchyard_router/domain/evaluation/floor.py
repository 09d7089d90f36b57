"""One day played under one contender: an event loop that scores with the router's own formula.

At every event one call came or one agent became free, and nobody who waits could have been served
before. So the pass of domain/matching.py comes down to one pair: the new call's best agent, or the
new agent's best line. Lines are first come, first served; without trading, lines go by arrival.
Cost: O(events x (log(events) + agents)); memory O(calls + agents).
"""

from bisect import insort
from collections import deque
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import exp, expm1

import numpy as np
from switchyard_scoring.scoring import (
    CONTACT_TERMS,
    agent_key,
    best_first,
    fit,
    lots,
    needed,
    urgency,
)

from switchyard_router.domain.evaluation.contenders import Contender, Knowledge
from switchyard_router.domain.evaluation.days import Day, Floats, Luck, Staff, Whole

_ARRIVES, _GIVES_UP, _FREED, _COMES, _GOES = range(5)
_HOUR_MS = 3_600_000
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Played:
    """By call: seconds waited, the agent's row or NOBODY, handle time; by agent: seconds busy."""

    waited_s: Floats
    agent: Whole
    handle_s: Floats
    busy_s: Floats


class Floor:
    """A day's calls and agents; play it once."""

    def __init__(
        self,
        day: Day,
        luck: Luck,
        staff: Staff,
        contender: Contender,
        wrap_up_s: float = 0.0,
        target_s: float = 20.0,
        seed: int = 0,
    ) -> None:
        self._luck, self._contender = luck, contender
        self._wrap_up_s, self._target_ms, self._seed = wrap_up_s, int(target_s * 1000), seed
        self._true_s: list[list[float]] = staff.true_s.tolist()
        self._arrive_s: list[float] = luck.arrive_s.tolist()
        self._kind: list[int] = luck.kind.tolist()
        self._noise: list[float] = luck.noise.tolist()
        knows = staff.true_s if contender.knowledge is Knowledge.TRUE else day.known_s
        self._handle_ms = np.rint(knows * 1000).astype(np.int64)
        self._columns = needed(contender.weights)
        self._keys = np.array([agent_key(each) for each in staff.ids], dtype=np.uint64)
        self._breadth = staff.serves.sum(axis=0).astype(np.int64)
        self._able: list[frozenset[int]] = [
            frozenset(np.flatnonzero(line).tolist()) for line in staff.serves
        ]
        size, calls = len(staff.ids), len(luck.arrive_s)
        self._free: list[int] = []
        self._there, self._talking = [0] * size, [False] * size
        self._since_ms, self._offered_ms = np.zeros((2, size), dtype=np.int64)
        self._load_ms, self._load_at_ms = np.zeros(size), np.zeros(size)
        self._lines: list[deque[int]] = [deque() for _ in staff.kinds]
        self._left = [False] * calls
        self._waited, self._handled = [0.0] * calls, [0.0] * calls
        self._agent = [NOBODY] * calls
        self._busy = [0.0] * size
        self._events = self._agenda(day)

    def _agenda(self, day: Day) -> list[tuple[float, int, int]]:
        events = [(float(at), _ARRIVES, call) for call, at in enumerate(self._luck.arrive_s)]
        for each in day.presences:
            events.append((each.begin_s, _COMES, each.agent))
            events.append((each.end_s, _GOES, each.agent))
        heapify(events)
        return events

    def play(self) -> Played:
        """Play until everybody has left."""
        does = (self._arrives, self._gives_up, self._freed, self._comes, self._goes)
        last = 0.0
        while self._events:
            last, what, who = heappop(self._events)
            does[what](last, who)
        for line in self._lines:
            for call in line:
                if not self._left[call]:
                    self._waited[call] = last - self._arrive_s[call]
        return Played(
            np.array(self._waited),
            np.array(self._agent, dtype=np.int64),
            np.array(self._handled),
            np.array(self._busy),
        )

    def _arrives(self, now: float, call: int) -> None:
        kind = self._kind[call]
        able = self._able[kind]
        rows = [row for row in self._free if row in able]
        if rows:
            self._give(now, call, self._best(now, call, kind, rows))
            return
        self._lines[kind].append(call)
        gives_up = now + float(self._luck.patience_s[call])
        if gives_up != float("inf"):
            heappush(self._events, (gives_up, _GIVES_UP, call))

    def _gives_up(self, now: float, call: int) -> None:
        if not self._left[call]:
            self._left[call] = True
            self._waited[call] = now - self._arrive_s[call]

    def _freed(self, now: float, row: int) -> None:
        self._talking[row] = False
        if self._there[row] > 0:
            self._look(now, row)

    def _comes(self, now: float, row: int) -> None:
        self._there[row] += 1
        if self._there[row] == 1 and not self._talking[row]:
            self._look(now, row)

    def _goes(self, _: float, row: int) -> None:
        self._there[row] -= 1
        if self._there[row] == 0 and row in self._free:
            self._free.remove(row)

    def _look(self, now: float, row: int) -> None:
        """Somebody has become free: who waits for this agent, or the agent waits."""
        self._since_ms[row] = int(now * 1000)
        kinds = [kind for kind, able in enumerate(self._able) if row in able and self._head(kind)]
        if not kinds:
            insort(self._free, row)
            return
        calls = [self._lines[kind][0] for kind in kinds]
        kind = kinds[self._most_urgent(now, row, kinds, calls)]
        call = self._lines[kind].popleft()
        self._left[call] = True
        self._give(now, call, row)

    def _head(self, kind: int) -> bool:
        line = self._lines[kind]
        while line and self._left[line[0]]:
            line.popleft()
        return bool(line)

    def _most_urgent(self, now: float, row: int, kinds: list[int], calls: list[int]) -> int:
        if len(calls) == 1:
            return 0
        if not self._contender.trades:
            return calls.index(min(calls))
        rows = np.full(len(kinds), row)
        worth = self._fits(now, rows, np.array(kinds))
        if any(term in self._contender.weights for term in CONTACT_TERMS):
            waited = np.rint((now - self._luck.arrive_s[calls]) * 1000).astype(np.int64)
            numbers = {"waited_ms": waited, "target_ms": np.int64(self._target_ms)}
            worth = worth + urgency(numbers, self._contender.weights)
        return int(np.argmax(worth))

    def _best(self, now: float, call: int, kind: int, rows: list[int]) -> int:
        if len(rows) == 1:
            return rows[0]
        among = np.array(rows)
        fits = self._fits(now, among, kind)
        best = (fits == fits.max()).nonzero()[0]
        if len(best) == 1:
            return rows[int(best[0])]
        drawn = lots(self._keys[among], self._seed * len(self._left) + call)
        return rows[int(best_first(fits, drawn, 1)[0])]

    def _fits(self, now: float, rows: Whole, kind: int | Whole) -> Floats:
        columns = {name: self._column(name, now, rows, kind) for name in self._columns}
        return _spread_out(fit(columns, self._contender.weights), len(rows))

    def _column(self, name: str, now: float, rows: Whole, kind: int | Whole) -> Whole:
        if name == "handle_ms":
            return np.asarray(self._handle_ms[kind, rows])
        if name == "idle_ms":
            return int(now * 1000) - self._since_ms[rows]
        if name == "unoffered_ms":
            return int(now * 1000) - self._offered_ms[rows]
        if name == "busy_ms":
            return self._load(now, rows)
        if name == "breadth":
            return self._breadth[rows]
        # What a call log does not tell: preferred agents, levels of skills, planned breaks.
        return np.full(len(rows), -1 if name == "left_ms" else 0, dtype=np.int64)

    def _load(self, now: float, rows: Whole) -> Whole:
        """Busy time (ms) of the last hour, older minutes counting less: as the router keeps it."""
        faded = np.exp((self._load_at_ms[rows] - now * 1000) / _HOUR_MS)
        return np.asarray(self._load_ms[rows] * faded).astype(np.int64)

    def _give(self, now: float, call: int, row: int) -> None:
        kind = self._kind[call]
        handle = self._true_s[kind][row] * self._noise[call]
        self._left[call] = True
        self._waited[call] = now - self._arrive_s[call]
        self._agent[call], self._handled[call] = row, handle
        busy = handle + self._wrap_up_s
        self._busy[row] += busy
        until = now + busy
        if "busy_ms" in self._columns:
            self._load_ms[row] *= exp((self._load_at_ms[row] - until * 1000) / _HOUR_MS)
            self._load_ms[row] -= _HOUR_MS * expm1(-busy * 1000 / _HOUR_MS)
            self._load_at_ms[row] = until * 1000
        self._offered_ms[row] = int(now * 1000)
        self._talking[row] = True
        if row in self._free:
            self._free.remove(row)
        heappush(self._events, (until, _FREED, row))


def _spread_out(fits: Floats, size: int) -> Floats:
    """Without any weight the formula gives one number, which is everybody's."""
    return fits if fits.ndim else np.broadcast_to(fits, size)


def presence_s(day: Day, size: int) -> Floats:
    """Seconds each agent is there, [agents]."""
    there = np.zeros(size)
    for each in day.presences:
        there[each.agent] += each.end_s - each.begin_s
    return there
