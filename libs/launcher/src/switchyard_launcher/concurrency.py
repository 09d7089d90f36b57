"""Works that run side by side."""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable
from typing import Any


async def first_of(*works: Awaitable[object]) -> None:
    """Runs all until the first is over, ends the others, and raises what the first raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def all_of(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Runs all to their ends; the first to raise ends the others, and its error is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except ExceptionGroup as several:
        raise several.exceptions[0] from None
