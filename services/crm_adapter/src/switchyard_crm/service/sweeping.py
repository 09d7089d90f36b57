"""Forgetting what is kept for a set time only."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from switchyard_common.clock import Clock
from switchyard_common.errors import DomainError

_AT_ONCE = 5_000
_EVERY_SECONDS = 3600.0

type Sweep = Callable[[datetime, int], Awaitable[int]]
"""Forgets at most so many rows from before a time; how many it forgot."""


async def keep_sweeping(what: str, sweep: Sweep, clock: Clock, kept_days: float) -> None:
    """Forget what is older than `kept_days`, once an hour and bit by bit, until cancelled.

    Small bites: a long delete would keep writers waiting. A store that does not answer is asked
    again an hour later.
    """
    log = structlog.stdlib.get_logger("switchyard.crm")
    while True:
        before = clock.now() - timedelta(days=kept_days)
        forgotten = 0
        try:
            while swept := await sweep(before, _AT_ONCE):
                forgotten += swept
        except DomainError as error:
            log.warning("not_swept", what=what, reason=error.reason)
        if forgotten:
            log.info("swept", what=what, forgotten=forgotten)
        await asyncio.sleep(_EVERY_SECONDS)
