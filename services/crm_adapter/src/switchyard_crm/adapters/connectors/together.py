"""Several calls to one CRM at the same time."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any


async def together[T](calls: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """All answers, in the order of the calls. An error is raised when all have ended.

    The others are not cancelled for it: each ends by itself within its time limit, and a
    cancellation that meets a time limit would interrupt the closing of a connection.
    """
    tasks = [asyncio.create_task(call) for call in calls]
    if not tasks:
        return []
    try:
        await asyncio.wait(tasks)
    finally:
        for task in tasks:
            task.cancel()  # those that ended do not mind
        await asyncio.wait(tasks)
    errors = [error for task in tasks if (error := task.exception()) is not None]
    if errors:
        raise errors[0]
    return [task.result() for task in tasks]
