"""Work that several calls wait for at the same time is done once."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass


@dataclass(slots=True)
class _Job[V]:
    task: asyncio.Task[V]
    waiting: int = 0


class SharedWork[K: Hashable, V]:
    """Does what is not being done yet; holds nothing of what is done."""

    def __init__(self) -> None:
        self._jobs: dict[K, _Job[V]] = {}

    async def result(self, key: K, work: Callable[[], Coroutine[None, None, V]]) -> V:
        """What the work for this key comes to; raises what it raises, to everybody who waits.

        It ends with the last one who waits for it.
        """
        job = self._jobs.get(key)
        if job is None:
            job = self._jobs[key] = _Job(asyncio.create_task(work()))
        job.waiting += 1
        try:
            return await asyncio.shield(job.task)
        finally:
            job.waiting -= 1
            if not job.waiting:
                await self._end(key, job)

    async def _end(self, key: K, job: _Job[V]) -> None:
        """Nobody waits any more; whoever comes from now on has it done anew."""
        del self._jobs[key]
        if not job.task.done():
            job.task.cancel()
            await asyncio.wait((job.task,))
