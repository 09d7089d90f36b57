"""One day played under one contender: an event loop that scores with the router's own formula.

At every event one call came, or entered a stage, or one agent became free, and nobody who waits
could have been served before. So the pass of domain/matching.py comes down to one pair: the call's
best agent, or the agent's best line. Lines go by place; without trading, agents take the earliest
place of all lines. Cost: O(events x (log(events) + agents)); memory O(calls + agents).
"""

from bisect import bisect_right, insort
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np

from switchyard_router.domain.evaluation.contenders import Contender, Knowledge
from switchyard_router.domain.evaluation.days import Day, Floats, Luck, Staff, Whole
from switchyard_router.domain.evaluation.lines import Lines
from switchyard_router.domain.evaluation.offers import Offers, Reaction
from switchyard_router.domain.evaluation.rules import NOWHERE, Rules, plain
from switchyard_router.domain.evaluation.worth import Worth

_GIVES_UP, _FREED, _COMES, _GOES, _MOVES, _LOOKS, _REACTS = range(7)
_FOREVER = float("inf")
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Played:
    """By call: seconds waited, the agent's row or NOBODY, handle time; by agent: seconds busy.

    `refused`: offers of each call that were declined or missed.
    """

    waited_s: Floats
    agent: Whole
    handle_s: Floats
    busy_s: Floats
    refused: Whole


class Floor:
    """A day's calls and agents; play it once.

    `rules`: stages of plans, habits of agents and wrap-up; without them each kind has one stage,
    agents answer whatever they are offered, and `wrap_up_s` is everybody's.
    """

    def __init__(
        self,
        day: Day,
        luck: Luck,
        staff: Staff,
        contender: Contender,
        wrap_up_s: float = 0.0,
        target_s: float = 20.0,
        seed: int = 0,
        rules: Rules | None = None,
    ) -> None:
        self._rules = rules = rules or plain(staff, wrap_up_s)
        self._contender = contender
        self._target_ms, self._seed = int(target_s * 1000), seed
        self._true_s: list[list[float]] = staff.true_s.tolist()
        self._arrive_s: list[float] = luck.arrive_s.tolist()
        self._kind: list[int] = luck.kind.tolist()
        self._noise: list[float] = luck.noise.tolist()
        self._patience_s: list[float] = luck.patience_s.tolist()
        knows = staff.true_s if contender.knowledge is Knowledge.TRUE else day.known_s
        handle_ms = np.rint(knows * 1000).astype(np.int64)
        self._worth = Worth(contender, rules, handle_ms, staff.ids)
        size, calls = len(staff.ids), len(luck.arrive_s)
        self._serves = [
            [number for number, stage in enumerate(rules.stages) if row in stage.able]
            for row in range(size)
        ]
        self._free: list[int] = []
        self._there, self._talking = [0] * size, [False] * size
        self._rests_s = [0.0] * size
        self._lines = Lines(len(rules.stages), self._arrive_s)
        self._stage = [NOWHERE] * calls
        self._stage_ends = [_FOREVER] * calls
        self._left = [False] * calls
        self._waited, self._handled = [0.0] * calls, [0.0] * calls
        self._agent = [NOBODY] * calls
        self._busy = [0.0] * size
        habits = rules.habits
        self._offers = None if habits is None else Offers(habits, calls, size, seed)
        self._ends: list[list[float]] = [[] for _ in range(size)]
        self._events = self._agenda(day)

    def _agenda(self, day: Day) -> list[tuple[float, int, int]]:
        events = []
        for each in day.presences:
            events.append((each.begin_s, _COMES, each.agent))
            events.append((each.end_s, _GOES, each.agent))
            insort(self._ends[each.agent], each.end_s)
        heapify(events)
        return events

    def play(self) -> Played:
        """Play until everybody has left."""
        does = (
            self._gives_up, self._freed, self._comes, self._goes,
            self._moves, self._looks, self._reacts,
        )  # fmt: skip
        events, last = self._events, 0.0
        for call, arrives in enumerate(self._arrive_s):
            while events and events[0][0] < arrives:
                last, what, who = heappop(events)
                does[what](last, who)
            last = arrives
            self._arrives(arrives, call)
        while events:
            last, what, who = heappop(events)
            does[what](last, who)
        for call, left in enumerate(self._left):
            if not left:
                self._waited[call] = last - self._arrive_s[call]
        return Played(
            np.array(self._waited),
            np.array(self._agent, dtype=np.int64),
            np.array(self._handled),
            np.array(self._busy),
            np.array(self._offers.refused if self._offers else [0] * len(self._left)),
        )

    def _arrives(self, now: float, call: int) -> None:
        self._enters(now, call, self._rules.first[self._kind[call]])
        if not self._left[call]:
            gives_up = now + self._patience_s[call]
            if gives_up != _FOREVER:
                heappush(self._events, (gives_up, _GIVES_UP, call))

    def _enters(self, now: float, call: int, number: int) -> None:
        """A call enters a stage: somebody is free for it, or it waits."""
        stage = self._rules.stages[number]
        self._stage[call] = number
        if stage.ahead_s or self._lines.place[call] != self._arrive_s[call]:
            self._lines.place[call] = self._arrive_s[call] - stage.ahead_s
        if not self._is_offered(now, call):
            self._lines.join(call, number)
        if stage.then != NOWHERE and not self._left[call]:
            self._stage_ends[call] = now + stage.lasts_s
            heappush(self._events, (self._stage_ends[call], _MOVES, call))

    def _is_offered(self, now: float, call: int) -> bool:
        """Offer a call that nobody is asked for to its best free agent, if there is one."""
        number = self._stage[call]
        able = self._rules.stages[number].able
        rows = [row for row in self._free if row in able]
        if rows and self._offers is not None:
            rows = self._offers.not_spared(call, rows, now)
        if not rows:
            return False
        lot = self._seed * len(self._left) + call
        self._offer(now, call, self._worth.best(now, number, rows, lot))
        return True

    def _gives_up(self, now: float, call: int) -> None:
        if self._left[call]:
            return
        self._left[call] = True
        self._waited[call] = now - self._arrive_s[call]
        offer = self._offers.withdrawn(call) if self._offers else None
        if offer is None:
            self._lines.leave_for_ever(call)
        else:
            self._is_occupied(offer.row, now, now - offer.begin_s)
            self._freed(now, offer.row)

    def _freed(self, now: float, row: int) -> None:
        self._talking[row] = False
        if rests_s := self._rests_s[row]:
            self._rests_s[row] = 0.0
            self._goes(now, row)
            heappush(self._events, (now + rests_s, _COMES, row))
        if self._there[row] > 0:
            self._look(now, row)

    def _comes(self, now: float, row: int) -> None:
        self._there[row] += 1
        if self._there[row] == 1:
            ends = self._ends[row]
            coming = bisect_right(ends, now)
            self._worth.ends(row, ends[coming] if coming < len(ends) else _FOREVER)
            if not self._talking[row]:
                self._look(now, row)

    def _goes(self, _: float, row: int) -> None:
        self._there[row] -= 1
        if self._there[row] == 0:
            self._worth.ends(row, _FOREVER)
            if row in self._free:
                self._free.remove(row)

    def _moves(self, now: float, call: int) -> None:
        """A stage is over, unless somebody is being asked or it was over before."""
        if self._stage_ends[call] == now and self._lines.stage[call] != NOWHERE:
            self._lines.leave(call)
            self._leads_on(now, call)

    def _leads_on(self, now: float, call: int) -> None:
        then = self._rules.stages[self._stage[call]].then
        self._stage_ends[call] = _FOREVER
        self._enters(now, call, then)

    def _looks(self, now: float, call: int) -> None:
        """An agent is no longer spared a call that waits."""
        if self._lines.stage[call] != NOWHERE and self._is_offered(now, call):
            self._lines.leave(call)

    def _look(self, now: float, row: int) -> None:
        """Somebody has become free: who waits for this agent, or the agent waits."""
        self._worth.freed(now, row)
        stages, calls = [], []
        lines = self._lines.of_stage
        for stage in self._serves[row]:
            call = self._first(now, row, stage) if lines[stage] else NOWHERE
            if call != NOWHERE:
                stages.append(stage)
                calls.append(call)
        if not calls:
            insort(self._free, row)
            return
        call = calls[self._most_urgent(now, row, stages, calls)]
        self._lines.leave(call)
        self._offer(now, call, row)

    def _first(self, now: float, row: int, stage: int) -> int:
        """Who is first in a line of those whom an agent is not spared."""
        head = self._lines.head(stage)
        offers = self._offers
        if head == NOWHERE or offers is None or not offers.spares(head, row, now):
            return head
        waiting = self._lines.waiting(stage)
        return next((call for call in waiting if not offers.spares(call, row, now)), NOWHERE)

    def _most_urgent(self, now: float, row: int, stages: list[int], calls: list[int]) -> int:
        if len(calls) == 1:
            return 0
        if not self._contender.trades:
            return calls.index(min(calls, key=self._lines.key))
        places = [self._lines.place[call] for call in calls]
        return self._worth.most_urgent(now, row, stages, places, self._target_ms)

    def _offer(self, now: float, call: int, row: int) -> None:
        self._worth.offered(now, row)
        self._talking[row] = True
        if row in self._free:
            self._free.remove(row)
        if self._offers is None:
            self._answers(now, call, row, 0.0)
        else:
            reacts = self._offers.made(call, row, now)
            heappush(self._events, (reacts, _REACTS, call))

    def _reacts(self, now: float, call: int) -> None:
        """An agent answers an offer or declines it, or it has rung out; unless it was withdrawn."""
        offers = self._offers
        offer = offers.ended(call, now) if offers else None
        if offers is None or offer is None:
            return
        rang_s = now - offer.begin_s
        if offer.reaction is Reaction.ANSWERS:
            self._answers(now, call, offer.row, rang_s)
            return
        self._is_occupied(offer.row, now, rang_s)
        heappush(self._events, (offers.refuses(call, offer, now), _LOOKS, call))
        self._rests_s[offer.row] = offers.not_ready_s(offer)
        self._returns(now, call)
        self._freed(now, offer.row)

    def _returns(self, now: float, call: int) -> None:
        """Nobody answered: back to the same place, or on, if the stage has ended meanwhile."""
        if self._stage_ends[call] <= now:
            self._leads_on(now, call)
        elif not self._is_offered(now, call):
            self._lines.join(call, self._stage[call])

    def _answers(self, now: float, call: int, row: int, rang_s: float) -> None:
        kind = self._kind[call]
        handle = self._true_s[kind][row] * self._noise[call]
        self._left[call] = True
        self._waited[call] = now - self._arrive_s[call]
        self._agent[call], self._handled[call] = row, handle
        busy = handle + self._rules.wrap_up_s[kind]
        until = now + busy
        self._is_occupied(row, until, rang_s + busy)
        if self._offers is not None:
            self._rests_s[row] = self._offers.pause_s(call, row)
        heappush(self._events, (until, _FREED, row))

    def _is_occupied(self, row: int, until: float, seconds: float) -> None:
        self._busy[row] += seconds
        self._worth.occupied(row, until, seconds)


def presence_s(day: Day, size: int) -> Floats:
    """Seconds each agent is there, [agents]."""
    there = np.zeros(size)
    for each in day.presences:
        there[each.agent] += each.end_s - each.begin_s
    return there
