"""Starts processes in order, watches them, and stops them in reverse order."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from switchyard_launcher.child import Child, ProcessFailed, State
from switchyard_launcher.process import ProcessSpec, in_order


class Progress(Protocol):
    """Who is told how starting and stopping goes."""

    def starting(self, child: Child) -> None:
        """It is being started."""
        ...

    def started(self, child: Child) -> None:
        """It is ready, or has done its job."""
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

    async def start(self) -> None:
        """Starts each process once what it needs is ready; the others do not wait for it.

        Raises ProcessFailed for the first that ends or is late, also for one that had been ready.
        """
        starting = [asyncio.create_task(self._start(child)) for child in self.children]
        everything = asyncio.gather(*starting)
        died = asyncio.create_task(self.first_death())
        try:
            await asyncio.wait((everything, died), return_when=asyncio.FIRST_COMPLETED)
            if died.done() and not everything.done():
                raise died.result()
            await everything
        finally:
            died.cancel()
            everything.cancel()
            await asyncio.gather(died, *starting, return_exceptions=True)

    async def _start(self, child: Child) -> None:
        for name in child.spec.needs:
            if name in self._by_name:
                await self._by_name[name].started.wait()
        self._progress.starting(child)
        await child.start()
        self._progress.started(child)

    async def first_death(self) -> ProcessFailed:
        """Waits until a process that was ready ends by itself, and says what is known of it."""
        watching = [asyncio.create_task(self._death(child)) for child in self.children]
        try:
            done, _ = await asyncio.wait(watching, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for task in watching:
                task.cancel()

    async def _death(self, child: Child) -> ProcessFailed:
        await child.started.wait()
        if child.state is State.DONE:
            await asyncio.Event().wait()  # a job has ended as it should
        return await child.ended_early()

    async def stop(self) -> None:
        """Stops what runs, the last started first."""
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
