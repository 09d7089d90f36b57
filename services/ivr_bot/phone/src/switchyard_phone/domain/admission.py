"""Who is let in: calls at once, calls per second, nobody while draining. Time is injected."""

from collections import OrderedDict
from enum import Enum

from switchyard_phone.domain.calls import CallId

_UNCLAIMED_SECONDS = 64.0
"""SIP gives a request up after 64 x T1 = 32 s (RFC 3261, timer B): twice that is surely over."""


class Verdict(Enum):
    """What becomes of a call that arrives."""

    IN = "in"
    BUSY = "busy"
    """As many calls as allowed."""
    TOO_FAST = "too_fast"
    """More calls in a short time than allowed."""
    DRAINING = "draining"


class Admission:
    """Counts calls from their first request to their end.

    A call holds its place from `admit` on; `claim` says that it has become a leg. Places that
    nobody claims are given to others after a while.
    """

    def __init__(self, at_once: int, per_second: float) -> None:
        self._at_once = at_once
        self._per_second = per_second
        self._burst = max(1.0, per_second)
        self._tokens = self._burst
        self._since: float | None = None
        self._claimed: set[CallId] = set()
        self._unclaimed: OrderedDict[CallId, float] = OrderedDict()
        self.draining = False

    @property
    def calls(self) -> int:
        """Places that are taken."""
        return len(self._claimed) + len(self._unclaimed)

    def admit(self, call: CallId, now: float) -> Verdict:
        """Give a call a place; the same call, sent again, keeps the one it has."""
        if call in self._claimed or call in self._unclaimed:
            return Verdict.IN
        if self.draining:
            return Verdict.DRAINING
        self._forget(now)
        if self.calls >= self._at_once:
            return Verdict.BUSY
        if not self._take_token(now):
            return Verdict.TOO_FAST
        self._unclaimed[call] = now
        return Verdict.IN

    def claim(self, call: CallId) -> None:
        """The call is a leg now and keeps its place until `release`."""
        self._unclaimed.pop(call, None)
        self._claimed.add(call)

    def release(self, call: CallId) -> None:
        """The call is over; a second time it does nothing."""
        self._unclaimed.pop(call, None)
        self._claimed.discard(call)

    def refused(self, call: CallId) -> None:
        """The call came to nothing before it was a leg."""
        self._unclaimed.pop(call, None)

    def _forget(self, now: float) -> None:
        while self._unclaimed:
            call, since = next(iter(self._unclaimed.items()))
            if now - since < _UNCLAIMED_SECONDS:
                return
            del self._unclaimed[call]

    def _take_token(self, now: float) -> bool:
        passed = 0.0 if self._since is None else max(0.0, now - self._since)
        self._since = now
        self._tokens = min(self._burst, self._tokens + passed * self._per_second)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
