"""Offers that ring: what agents make of them, and what a call remembers of those that failed."""

from dataclasses import dataclass
from enum import Enum

from switchyard_router.domain.evaluation.rules import Chances, Habits

_SPARED_S, _MOST_SPARED_S = 5.0, 60.0


def spared_s(times: int) -> float:
    """How long an agent is spared a call that was let pass so many times: as the router's store
    has it, twice as long each time, up to a minute."""
    return min(_MOST_SPARED_S, _SPARED_S * 2.0 ** (times - 1))


class Reaction(Enum):
    """What an agent makes of an offer."""

    ANSWERS = 0
    DECLINES = 1
    MISSES = 2


@dataclass(frozen=True, slots=True)
class Offer:
    """An agent's row is asked from `begin_s` on and reacts at `ends_s`."""

    row: int
    begin_s: float
    ends_s: float
    reaction: Reaction


class Offers:
    """All offers of one floor. Memory: what is open, and one entry for each refusal."""

    def __init__(self, habits: Habits, calls: int, agents: int, seed: int) -> None:
        self._habits = habits
        self._declines: list[float] = habits.declines.tolist()
        self._misses: list[float] = (habits.declines + habits.misses).tolist()
        self._pauses: list[float] = habits.pauses.tolist()
        self._pause_s: list[float] = habits.pause_s.tolist()
        self._answering = Chances(calls, seed)
        self._pausing = Chances(calls, ~seed & 0xFFFF_FFFF)
        self.refused = [0] * calls
        """By call: offers that were declined or missed."""
        self._open: dict[int, Offer] = {}
        self._spared: dict[int, dict[int, tuple[float, int]]] = {}
        """By call and row: until when, and how many times it was let pass."""
        self._missed = [0] * agents
        """By row: offers missed since the last one answered."""

    def made(self, call: int, row: int, now: float) -> float:
        """An offer is made; returns when the agent reacts."""
        u = self._answering.of(call, self.refused[call])
        reaction = Reaction.ANSWERS
        if u < self._misses[row]:
            reaction = Reaction.DECLINES if u < self._declines[row] else Reaction.MISSES
        rings = reaction is Reaction.MISSES
        ends = now + (self._habits.ring_s if rings else self._habits.answer_s)
        self._open[call] = Offer(row, now, ends, reaction)
        return ends

    def ended(self, call: int, now: float) -> Offer | None:
        """The offer of a call that ends now; None: that one was withdrawn."""
        offer = self._open.get(call)
        if offer is None or offer.ends_s != now:
            return None
        if offer.reaction is Reaction.ANSWERS:
            self._missed[offer.row] = 0
        return self._open.pop(call)

    def withdrawn(self, call: int) -> Offer | None:
        """The caller has hung up: the offer, if there is one."""
        return self._open.pop(call, None)

    def refuses(self, call: int, offer: Offer, now: float) -> float:
        """An agent let a call pass; returns until when the agent is spared it."""
        self.refused[call] += 1
        spared = self._spared.setdefault(call, {})
        times = spared.get(offer.row, (0.0, 0))[1] + 1
        until = now + spared_s(times)
        spared[offer.row] = until, times
        return until

    def not_ready_s(self, offer: Offer) -> float:
        """How long an agent who refused is not ready now; 0: goes on."""
        if offer.reaction is not Reaction.MISSES:
            return 0.0
        self._missed[offer.row] += 1
        if self._missed[offer.row] < self._habits.rona_limit:
            return 0.0
        self._missed[offer.row] = 0
        return self._habits.rona_pause_s

    def pause_s(self, call: int, row: int) -> float:
        """How long an agent is away after a call; 0: not at all."""
        if self._pauses[row] and self._pausing.of(call, 0) < self._pauses[row]:
            return self._pause_s[row]
        return 0.0

    def spares(self, call: int, row: int, now: float) -> bool:
        """Whether an agent is not to be asked for a call now."""
        spared = self._spared.get(call)
        return spared is not None and row in spared and spared[row][0] > now

    def not_spared(self, call: int, rows: list[int], now: float) -> list[int]:
        """Those who may be asked for a call."""
        if call not in self._spared:
            return rows
        return [row for row in rows if not self.spares(call, row, now)]
