"""Starts processes in order, watches them, and stops them in reverse order."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from switchyard_launcher.child import Child, ProcessFailed, State
from switchyard_launcher.concurrency import all_of, first_of
from switchyard_launcher.process import ProcessSpec, in_order

_AGAIN_SECONDS = 5.0


class Progress(Protocol):
    """Who is told how starting and stopping goes."""

    def starting(self, child: Child) -> None:
        """It is being started."""
        ...

    def started(self, child: Child) -> None:
        """It is ready, or has done its job."""
        ...

    def failed(self, child: Child, problem: str, again: bool) -> None:
        """One that is not essential has failed; `again`: it will be started once more."""
        ...

    def stopping(self, child: Child) -> None:
        """It has been asked to end."""
        ...

    def stopped(self, child: Child, obeyed: bool) -> None:
        """It has ended; not obeyed: it had to be killed."""
        ...


class Supervisor:
    """All processes of one run."""

    def __init__(self, specs: Iterable[ProcessSpec], log_dir: Path, progress: Progress) -> None:
        self.children = [Child(spec, log_dir) for spec in in_order(specs)]
        self._by_name = {child.spec.name: child for child in self.children}
        self._progress = progress
        self._essential = [child for child in self.children if child.spec.essential]
        self._kept: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Starts each process once what it needs is ready; the others do not wait for it.

        Raises ProcessFailed for the first that ends or is late, also for one that had been ready.
        Nobody waits for those that are not essential: they are kept running, as far as they run.
        """
        spare = [child for child in self.children if not child.spec.essential]
        self._kept = [asyncio.create_task(self._keep(child)) for child in spare]
        await first_of(all_of(map(self._start, self._essential)), self.until_one_dies())

    async def _start(self, child: Child) -> None:
        for name in child.spec.needs:
            if name in self._by_name:
                await self._by_name[name].started.wait()
        self._progress.starting(child)
        await child.start()
        self._progress.started(child)

    async def _keep(self, child: Child) -> None:
        """Has a process that is not essential run, and run again."""
        while True:
            try:
                await self._start(child)
                failure = await child.ended_early()
            except ProcessFailed as error:
                failure = error
                child.kill()
            again = not child.cannot_start
            self._progress.failed(child, str(failure), again)
            if not again:
                return
            await asyncio.sleep(_AGAIN_SECONDS)

    async def until_one_dies(self) -> None:
        """Waits until a process that was ready ends by itself, and raises ProcessFailed then."""
        await all_of(map(self._until_it_dies, self._essential))

    async def _until_it_dies(self, child: Child) -> None:
        await child.started.wait()
        if child.state is State.DONE:
            await asyncio.Event().wait()  # a job has ended as it should
        raise await child.ended_early()

    async def stop(self) -> None:
        """Stops what runs, the last started first."""
        for task in self._kept:
            task.cancel()
        await asyncio.gather(*self._kept, return_exceptions=True)
        for child in reversed(self.children):
            if child.pid is None:
                child.kill()  # a process that died may have left others behind
                continue
            self._progress.stopping(child)
            self._progress.stopped(child, await child.stop())

    def kill(self) -> None:
        """Kills everything at once."""
        for child in self.children:
            child.kill()
