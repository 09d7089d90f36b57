"""Circuit breakers: a source that fails again and again is left alone for a while.

The states and the counting are purgatory's. What is around them here is what its own guard
(`async with breaker`) does not do, seen in version 3.0.1: half open it lets everybody in at once
instead of one probe; being cancelled counts as a failure of the source; open it raises one and the
same exception each time, whose traceback grows with every refused call; it measures with the wall
clock, and nothing opens it before the failures are counted.
"""

from purgatory.domain.model import (
    CLOSED,
    OPENED,
    ClosedState,
    Context,
    HalfOpenedState,
    OpenedState,
)
from switchyard_common.clock import Clock

from switchyard_crm.service.upstream import BreakerState, WatchBreaker

_STATES = {CLOSED: BreakerState.CLOSED, OPENED: BreakerState.OPEN}


class SingleProbeBreaker:
    """Open after `failures` in a row; after `open_seconds` one call at a time may try again."""

    def __init__(
        self, source: str, failures: int, open_seconds: float, clock: Clock, watch: WatchBreaker
    ) -> None:
        self._source = source
        self._circuit = Context(source, failures, open_seconds)
        self._open_seconds = open_seconds
        self._clock = clock
        self._watch = watch
        self._tries_again = 0.0
        self._probing = False
        self._show()

    @property
    def state(self) -> BreakerState:
        """How it stands."""
        return _STATES.get(self._circuit.state, BreakerState.HALF_OPEN)

    def refuses(self) -> bool:
        """Whether `admit` would refuse now."""
        if self.state is BreakerState.CLOSED:
            return False
        return self._probing or self._clock.monotonic() < self._tries_again

    def admit(self) -> bool:
        """Whether a call may be made; if so, one of the other methods has to follow it."""
        if self.refuses():
            return False
        if self.state is not BreakerState.CLOSED:
            self._probing = True
            self._circuit.set_state(HalfOpenedState())
            self._show()
        return True

    def succeeded(self) -> None:
        """A call was answered."""
        if self.state is BreakerState.OPEN:
            return  # a call from before it opened says nothing about now
        if self.state is BreakerState.HALF_OPEN:
            self._probing = False
            self._circuit.set_state(ClosedState())
        else:
            self._circuit.handle_end_request()
        self._show()

    def failed(self, error: BaseException) -> None:
        """A call failed."""
        if self.state is BreakerState.OPEN:
            return
        self._circuit.handle_exception(error)
        if self._circuit.state == OPENED:
            self._opened()
        self._show()

    def trip(self) -> None:
        """Open at once, whatever was counted."""
        self._circuit.set_state(OpenedState(self._source))
        self._opened()
        self._show()

    def abandoned(self) -> None:
        """A call ended without telling anything about the source."""
        self._probing = False

    def _opened(self) -> None:
        self._probing = False
        self._tries_again = self._clock.monotonic() + self._open_seconds

    def _show(self) -> None:
        self._circuit.messages.clear()  # purgatory's news for its own bus, which nobody runs
        self._watch(self._source, self.state)
