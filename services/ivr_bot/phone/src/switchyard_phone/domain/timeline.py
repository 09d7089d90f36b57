"""What happened in a call, for whoever has to explain it afterwards. Nothing in it is personal."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from switchyard_phone.domain.calls import CallId

MOST_ENTRIES = 1000
"""Of one call: more than its steps can be, whatever the caller does."""

MOST_CALLS = 1000
"""Calls that are over and still known."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, so many seconds after the call arrived."""

    seconds: float
    what: str
    facts: Mapping[str, str | int | float]


@dataclass(slots=True)
class Timeline:
    """One call. `began` is of the clock that `add` is told the time by."""

    call: CallId
    line: str
    peer: str
    began: float
    entries: list[Entry] = field(default_factory=list)
    over: bool = False

    def add(self, what: str, now: float, **facts: str | int | float) -> None:
        """Something happened; the last entries of an endless call are not kept."""
        if len(self.entries) < MOST_ENTRIES:
            self.entries.append(Entry(round(now - self.began, 2), what, facts))


class Timelines:
    """Those of calls that are going on, and of the last ones that are over."""

    def __init__(self, most: int = MOST_CALLS) -> None:
        self._most = most
        self._known: OrderedDict[CallId, Timeline] = OrderedDict()

    def begin(self, timeline: Timeline) -> None:
        """A call has arrived. Old calls that are over are forgotten."""
        self._known[timeline.call] = timeline
        self._known.move_to_end(timeline.call)
        over = [call for call, known in self._known.items() if known.over]
        for call in over[: max(0, len(self._known) - self._most)]:
            del self._known[call]

    def get(self, call: CallId) -> Timeline | None:
        """What is known of a call."""
        return self._known.get(call)

    def newest(self, most: int) -> list[Timeline]:
        """The last calls that arrived, the newest first."""
        return list(reversed(self._known.values()))[:most]
