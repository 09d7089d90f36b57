"""An event loop whose time stands still while the machine does.

Shared machines stop every process at once for seconds at times. What waits for an answer then
would give up although nobody was slow. So the seconds in which this loop wanted to go on and
could not do not count for it: not for `asyncio.timeout`, nor for what is built upon it (the
clients of Redis and HTTP, budgets of services in this process, the patience of tests). A sleep
never gets shorter by that, only longer. Other clocks go on meanwhile: deadlines of gRPC, leases
in a store, other processes. Who depends on those gives them minutes.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Mapping
from math import inf
from typing import Any, override

NOTICED_SECONDS = 0.3
"""What is shorter counts: a busy machine delays everybody a little."""
_GLANCE_SECONDS = 0.2
"""Waiting goes by glances of this length, so that each tells whether it took much longer."""

type Seconds = Callable[[], float]


class SteadyTime:
    """Seconds since an arbitrary start, without those that were lost."""

    def __init__(self, clock: Seconds = time.monotonic, work: Seconds = time.process_time) -> None:
        self._clock = clock
        self._work = work
        self._seen, self._worked, self._lost = clock(), work(), 0.0

    def now(self) -> float:
        """The time; it never goes back. What passed since the last look is work, or lost."""
        self.waited(0.0)
        return self._seen - self._lost

    def waited(self, at_most_seconds: float) -> None:
        """Since the last look this process waited, and should not have waited for longer."""
        seen, worked = self._clock(), self._work()
        over = seen - self._seen - at_most_seconds - (worked - self._worked)
        if over > NOTICED_SECONDS:
            self._lost += over
        self._seen, self._worked = seen, worked


class SteadySelector(selectors.DefaultSelector):
    """Waits for sockets by short glances, and tells its time of each."""

    def __init__(self, steady: SteadyTime) -> None:
        super().__init__()
        self._time = steady

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        now = self._time.now()
        until = inf if timeout is None else now + timeout
        while True:
            glance = max(0.0, min(until - now, _GLANCE_SECONDS))
            found = super().select(glance)
            self._time.waited(glance)
            now = self._time.now()
            if found or now >= until:
                return found


class SteadyLoop(asyncio.SelectorEventLoop):
    """The usual loop of this platform, on steady time."""

    def __init__(self) -> None:
        self._steady = SteadyTime()
        super().__init__(SteadySelector(self._steady))

    @override
    def time(self) -> float:
        return self._steady.now()


def pytest_asyncio_loop_factories(
    config: Any, item: Any
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """All tests of a folder whose conftest imports this run on such loops."""
    return {"steady": SteadyLoop}
