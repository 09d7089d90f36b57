"""Telling streams that only send on a rhythm that this process stops."""

import asyncio

from switchyard_common.errors import DomainError, ErrorKind


def draining() -> DomainError:
    """This process stops: clients connect to another one."""
    return DomainError(
        kind=ErrorKind.UNAVAILABLE,
        reason="DRAINING",
        message="this router stops; connect to another one",
        retry_after_seconds=1.0,
    )


class Drain:
    """Begins once; whoever waits for time to pass hears of it at once."""

    def __init__(self) -> None:
        self._began = asyncio.Event()

    def begin(self) -> None:
        """The process stops."""
        self._began.set()

    def check(self) -> None:
        """Raise DRAINING once it began."""
        if self._began.is_set():
            raise draining()

    async def pause(self, seconds: float) -> None:
        """Sleep; raises DRAINING as soon as it begins."""
        try:
            await asyncio.wait_for(self._began.wait(), seconds)
        except TimeoutError:
            return
        raise draining()
