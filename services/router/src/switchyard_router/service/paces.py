"""What queues' services are like, learned from events: time to answer, paperwork, spread, leaving.

The expected conversation itself is predicted per agent elsewhere (service/handle_times.py).
"""

import math
from dataclasses import dataclass, field

from switchyard_router.domain.records import StoredEvent
from switchyard_router.domain.states import TERMINAL, ContactState

_MEMORY = 100
"""A mean is over about so many of the newest values."""
_PRIOR_COUNT = 20
_PRIOR_VARIANCE = 0.75
"""Of the logarithm of conversations, before any is known (Brown et al. 2005)."""
_SHORT_SECONDS, _OVERLONG_SECONDS = 10.0, 3600.0
"""Shorter ones are hang-ups, longer ones lines left open; as where handle times are learned."""


@dataclass(slots=True)
class _Mean:
    value: float = 0.0
    count: int = 0

    def note(self, value: float) -> None:
        self.count += 1
        self.value += (value - self.value) / min(self.count, _MEMORY)


@dataclass(frozen=True, slots=True)
class Pace:
    """Means of a queue. Times in seconds.

    `answer_seconds`: from the offer to the conversation. `paperwork_seconds`: after it. `spread`:
    standard deviation of the logarithm of conversations. `leave_rate`: customers who leave, per
    second of waiting.
    """

    answer_seconds: float
    paperwork_seconds: float
    spread: float
    leave_rate: float


@dataclass(slots=True)
class _Learned:
    ringing: _Mean = field(default_factory=_Mean)
    joining: _Mean = field(default_factory=_Mean)
    paperwork: _Mean = field(default_factory=_Mean)
    log_talk: _Mean = field(default_factory=_Mean)
    square: _Mean = field(default_factory=_Mean)
    left: _Mean = field(default_factory=_Mean)
    """1 for each wait that ended with the customer leaving, 0 for others."""
    waited: _Mean = field(default_factory=_Mean)


class Paces:
    """Learns from every event; memory grows with queues and live conversations."""

    def __init__(self) -> None:
        self._learned: dict[str, _Learned] = {}
        self._since_ms: dict[str, int] = {}

    def of(self, queue_id: str) -> Pace:
        """What is known of a queue's services; priors where that is little."""
        known = self._learned.get(queue_id, _Learned())
        count = known.log_talk.count
        variance = max(0.0, known.square.value - known.log_talk.value**2)
        weighted = (variance * count + _PRIOR_VARIANCE * _PRIOR_COUNT) / (count + _PRIOR_COUNT)
        return Pace(
            answer_seconds=known.ringing.value + known.joining.value,
            paperwork_seconds=known.paperwork.value,
            spread=math.sqrt(weighted),
            leave_rate=known.left.value / known.waited.value if known.waited.value else 0.0,
        )

    def since_ms(self, contact_id: str) -> int | None:
        """When a contact's conversation began, or its paperwork if that is what it is in."""
        return self._since_ms.get(contact_id)

    def forget(self) -> None:
        """Events were missed: conversations that are known may be over."""
        self._since_ms.clear()

    def on_event(self, event: StoredEvent) -> None:
        """Learn from a change of a contact's state; other events say nothing."""
        if not event.type.startswith("contact.") or "previous_state_ms" not in event.data:
            return
        state, previous = str(event.data["state"]), str(event.data["previous_state"])
        if state == previous:
            return
        self._follow(event, state, previous)
        learned = self._learned.setdefault(str(event.data["queue"]), _Learned())
        passed = int(str(event.data["previous_state_ms"])) / 1000
        if previous == ContactState.QUEUED:
            learned.waited.note(passed)
            learned.left.note(float(state == ContactState.ABANDONED))
        elif (previous, state) == (ContactState.OFFERING, ContactState.ASSIGNED):
            learned.ringing.note(passed)
        elif (previous, state) == (ContactState.ASSIGNED, ContactState.CONNECTED):
            learned.joining.note(passed)
        elif previous == ContactState.WRAP_UP:
            learned.paperwork.note(passed)
        elif state == ContactState.WRAP_UP:
            self._talked(learned, int(str(event.data["talk_ms"])) / 1000)

    def _follow(self, event: StoredEvent, state: str, previous: str) -> None:
        began = state == ContactState.CONNECTED and previous != ContactState.ON_HOLD
        if began or state == ContactState.WRAP_UP:
            self._since_ms[event.subject] = event.time_ms
        elif state == ContactState.QUEUED or state in TERMINAL:
            self._since_ms.pop(event.subject, None)

    def _talked(self, learned: _Learned, seconds: float) -> None:
        if _SHORT_SECONDS <= seconds <= _OVERLONG_SECONDS:
            learned.log_talk.note(math.log(seconds))
            learned.square.note(math.log(seconds) ** 2)
