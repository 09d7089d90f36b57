"""Where customers go with the bot: its events, read as journeys and counted. Pure.

A journey is what one conversation did, one stop for each of the customer's messages, and how it
ended. Events come at least once and in any order; each turn counts once.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

OPEN = "open"
"""How a journey ends whose end has not been reported (yet)."""

ENDS = ("self_served", "handed_over", "failed", "left", OPEN)
NOT_UNDERSTOOD = "fallback"
_LONGEST = 500  # turns of one conversation that are looked at
_NOT_A_FLOW = ""


@dataclass(frozen=True, slots=True, order=True)
class Stop:
    """Where a turn left the customer: a flow and a step of it, or only what was understood."""

    flow: str
    step: str

    @property
    def in_flow(self) -> bool:
        """Whether it is a step of a flow."""
        return self.flow != _NOT_A_FLOW


@dataclass(frozen=True, slots=True)
class TurnSeen:
    """One `bot.turn` event. `number` counts the customer's messages from 1."""

    conversation: str
    number: int
    intent: str
    flow: str
    step: str
    outcome: str

    @property
    def stop(self) -> Stop:
        """Where it left the customer."""
        if self.flow:
            return Stop(self.flow, self.step)
        understood = self.outcome != NOT_UNDERSTOOD
        return Stop(_NOT_A_FLOW, self.intent if understood else NOT_UNDERSTOOD)


@dataclass(frozen=True, slots=True)
class Journey:
    """One conversation's stops in order, and its end (one of ENDS)."""

    stops: tuple[Stop, ...]
    end: str = OPEN


class JourneyLog:
    """Collects events. It grows with the conversations of the period, which the caller bounds."""

    def __init__(self) -> None:
        self._turns: dict[str, dict[int, Stop]] = {}
        self._ends: dict[str, str] = {}
        self.turns = 0

    def saw_turn(self, turn: TurnSeen) -> None:
        """Adds a turn; one that was there already is not counted again."""
        known = self._turns.setdefault(turn.conversation, {})
        if turn.number in known or len(known) >= _LONGEST:
            return
        known[turn.number] = turn.stop
        self.turns += 1

    def saw_end(self, conversation: str, outcome: str) -> None:
        """Adds how a conversation ended; an outcome that is not known here counts as open."""
        self._ends[conversation] = outcome if outcome in ENDS else OPEN

    def journeys(self) -> list[Journey]:
        """All that had a turn."""
        return [
            Journey(tuple(turns[number] for number in sorted(turns)), self._ends.get(name, OPEN))
            for name, turns in self._turns.items()
        ]


@dataclass(frozen=True, slots=True)
class StopCount:
    """How one stop fared.

    `visits` counts turns, `journeys` conversations that were there at all, `loops` visits beyond
    the first of each journey. `ends` counts journeys of which it was the last stop, by their end.
    """

    stop: Stop
    visits: int
    journeys: int
    loops: int
    ends: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Paths:
    """What all journeys together show."""

    journeys: int
    turns: int
    ends: Mapping[str, int]
    stops: Sequence[StopCount]
    steps: Mapping[tuple[Stop, Stop], int]
    whole: Sequence[tuple[tuple[Stop, ...], str, int]]

    @property
    def contained(self) -> float | None:
        """Share of ended journeys in which the bot served the customer alone; None without any."""
        ended = self.journeys - self.ends.get(OPEN, 0)
        return self.ends.get("self_served", 0) / ended if ended else None


@dataclass(slots=True)
class _Tally:
    visits: int = 0
    journeys: int = 0
    ends: Counter[str] = field(default_factory=Counter)


def count(journeys: Iterable[Journey], top: int = 10) -> Paths:
    """Counts journeys; `top` is how many whole paths are kept, most frequent first."""
    stops: dict[Stop, _Tally] = {}
    steps: Counter[tuple[Stop, Stop]] = Counter()
    whole: Counter[tuple[tuple[Stop, ...], str]] = Counter()
    ends: Counter[str] = Counter()
    number = turns = 0
    for journey in journeys:
        number += 1
        turns += len(journey.stops)
        ends[journey.end] += 1
        whole[(without_repeats(journey.stops), journey.end)] += 1
        steps.update(pairwise(journey.stops))
        _tally(stops, journey)
    return Paths(
        journeys=number,
        turns=turns,
        ends=dict(ends),
        stops=_counts(stops),
        steps=dict(steps),
        whole=[(path, end, times) for (path, end), times in whole.most_common(top)],
    )


def without_repeats(stops: Sequence[Stop]) -> tuple[Stop, ...]:
    """The stops with each run of the same one as a single stop."""
    return tuple(stop for index, stop in enumerate(stops) if index == 0 or stop != stops[index - 1])


def _tally(stops: dict[Stop, _Tally], journey: Journey) -> None:
    for stop, visits in Counter(journey.stops).items():
        tally = stops.setdefault(stop, _Tally())
        tally.visits += visits
        tally.journeys += 1
    if journey.stops:
        stops[journey.stops[-1]].ends[journey.end] += 1


def _counts(stops: Mapping[Stop, _Tally]) -> list[StopCount]:
    counted = [
        StopCount(stop, one.visits, one.journeys, one.visits - one.journeys, dict(one.ends))
        for stop, one in stops.items()
    ]
    return sorted(counted, key=lambda one: (-one.visits, one.stop))
