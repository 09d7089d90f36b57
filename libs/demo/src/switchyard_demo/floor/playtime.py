"""The time in which calls are played: the event loop's own, or a log's."""

import asyncio
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class PlayTime(Protocol):
    """A clock that callers look at. Its seconds need not be real ones."""

    def now(self) -> float:
        """The moment, in the clock's seconds."""
        ...

    def left(self, moment: float) -> float:
        """Real seconds until a moment, as things stand; 0 or less when it has come."""
        ...

    def expecting(self, moment: float) -> AbstractContextManager[None]:
        """A block that waits for a moment at most, which the clock does not pass meanwhile."""
        ...

    def standing(self) -> AbstractContextManager[None]:
        """A block during which the clock may stand still: the router is at work."""
        ...


class LoopTime:
    """The event loop's clock, which stands still for nobody."""

    def now(self) -> float:
        """See PlayTime."""
        return asyncio.get_running_loop().time()

    def left(self, moment: float) -> float:
        """See PlayTime."""
        return moment - self.now()

    def expecting(self, moment: float) -> AbstractContextManager[None]:
        """See PlayTime. Real time passes all the same."""
        return nullcontext()

    def standing(self) -> AbstractContextManager[None]:
        """See PlayTime."""
        return nullcontext()
