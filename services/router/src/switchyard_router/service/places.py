"""Places at agents, as waiting times see them: how long each is taken, and what it does then."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from switchyard_router.domain.agents import AgentLive, AgentProfile
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.states import WHOLE_AGENT
from switchyard_router.domain.wait_curve import MOST_PLACES, Places
from switchyard_router.service.board import Board
from switchyard_router.service.deciding import HandleTimes
from switchyard_router.service.paces import Pace, Paces

type Rows = NDArray[np.intp]
type _Taken = tuple[float, float]
"""Seconds of the conversation in hand (NaN: none), and else seconds until the place is free."""

_FREE: _Taken = (float("nan"), 0.0)
_TYPICAL = 16
_PAPERWORK = "wrap_up"
_TALKING = "active"


class PlaceFinder:
    """Finds the places at which contacts like one could be served. Cost: O(agents asked for)."""

    def __init__(self, board: Board, handle_times: HandleTimes, paces: Paces) -> None:
        self._board = board
        self._handle_times = handle_times
        self._paces = paces

    def find(
        self, contact: Waiting, rows: Rows, now_ms: int, observed: int
    ) -> tuple[Places, float]:
        """Places at agents of these rows, and agents for each one that was looked at (1: all were).

        Of more than `MOST_PLACES` agents a part stands for all, evenly chosen. `observed`: services
        of the contact's queue that ended so far.
        """
        every = -(-len(rows) // MOST_PLACES) if len(rows) else 1
        some = rows[::every]
        pace = self._paces.of(contact.queue)
        predicted = self._handle_times.predict((contact,), some)
        taken: list[_Taken] = []
        talk: list[float] = []
        for row, seconds in zip(some.tolist(), predicted.seconds[0].tolist(), strict=True):
            profile, live = self._board.agents.profiles[row], self._board.agents.lives[row]
            for place in self._of_agent(contact.channel, profile, live, seconds, pace, now_ms):
                taken.append(place)
                talk.append(seconds)
        in_hand = np.array(taken).reshape(-1, 2)
        places = Places(
            talk=np.array(talk),
            busy=in_hand[:, 0],
            fixed=in_hand[:, 1],
            before=pace.answer_seconds,
            after=pace.paperwork_seconds,
            spread=pace.spread,
            observed=float(observed) if predicted.known else 0.0,
        )
        return places, len(rows) / max(1, len(some))

    def typical(self, contact: Waiting, rows: Rows) -> tuple[float, float]:
        """Mean seconds of a whole service of contacts like one, and places that an agent has.

        From a few of the agents of these rows; 1 s and 1 place for no agents.
        """
        some = rows[:: max(1, len(rows) // _TYPICAL)][:_TYPICAL]
        if not len(some):
            return 1.0, 1.0
        predicted = self._handle_times.predict((contact,), some).seconds[0]
        pace = self._paces.of(contact.queue)
        seconds = pace.answer_seconds + float(predicted.mean()) + pace.paperwork_seconds
        if contact.channel in WHOLE_AGENT:
            return seconds, 1.0
        profiles = [self._board.agents.profiles[row] for row in some.tolist()]
        return seconds, sum(_capacity(each, contact.channel) for each in profiles) / len(profiles)

    def _of_agent(
        self,
        channel: str,
        profile: AgentProfile,
        live: AgentLive,
        seconds: float,
        pace: Pace,
        now_ms: int,
    ) -> Iterator[_Taken]:
        """Each place of one agent for a channel. A call of any kind takes all of them."""
        held = [(contact, *stage.split(":")) for contact, stage in live.held.items()]
        whole = [one for one in held if one[1] in WHOLE_AGENT]
        number = 1 if channel in WHOLE_AGENT else _capacity(profile, channel)
        mine = whole[:1] * number or [one for one in held if one[1] == channel][:number]
        for contact, _, stage in mine:
            yield self._taken(contact, stage, seconds, pace, live.since_ms, now_ms)
        for _ in range(number - len(mine)):
            yield _FREE

    def _taken(
        self, contact_id: str, stage: str, seconds: float, pace: Pace, since_ms: int, now_ms: int
    ) -> _Taken:
        began = self._paces.since_ms(contact_id)
        passed = max(0.0, (now_ms - (since_ms if began is None else began)) / 1000)
        if stage == _PAPERWORK:
            return float("nan"), max(0.0, pace.paperwork_seconds - passed)
        if stage == _TALKING:
            return passed, 0.0
        return float("nan"), pace.answer_seconds + seconds + pace.paperwork_seconds


def _capacity(profile: AgentProfile, channel: str) -> int:
    most = profile.capacity.get(channel, 0)
    return min(most, profile.units) if profile.units else most
