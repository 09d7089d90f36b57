"""One started process: its log file, its state, its end."""

import asyncio
import contextlib
import os
import signal
import time
from enum import StrEnum
from pathlib import Path

from switchyard_common import die_with_parent

from switchyard_launcher.logfiles import last_lines, parse, plain, rotate
from switchyard_launcher.process import ProcessSpec

_POLL_SECONDS = 0.2
_LAST_LINES = 15
_CANNOT_START = 2
_ENVIRONMENT = {
    "PYTHONUNBUFFERED": "1",
    # For Rasa as well, which imports gRPC without switchyard_common.calm_forks.
    "GRPC_ENABLE_FORK_SUPPORT": "0",
}


class State(StrEnum):
    """Where a child is in its life."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    DONE = "done"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class ProcessFailed(Exception):
    """A process ended by itself or was not ready in time; the text says which, how and where."""


class Child:
    """A process from its start to its end.

    It leads a process group of its own, so that Ctrl-C reaches the launcher alone, and the kernel
    ends it when the launcher is gone.
    """

    def __init__(self, spec: ProcessSpec, log_dir: Path) -> None:
        self.spec = spec
        self.log_path = log_dir / f"{spec.name}.log"
        self.state = State.WAITING
        self.started = asyncio.Event()
        self.start_seconds = 0.0
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        if self._process is None or self._process.returncode is not None:
            return None
        return self._process.pid

    async def start(self) -> None:
        """Starts it and waits until it is ready, or has done its job; else ProcessFailed."""
        began = time.monotonic()
        self.state = State.STARTING
        process = self._process = await self._spawn()
        try:
            async with asyncio.timeout(self.spec.start_seconds):
                await self._until_ready(process)
        except TimeoutError:
            raise self._failed(f"is not ready after {self.spec.start_seconds:.0f} s") from None
        self.start_seconds = time.monotonic() - began
        self.state = State.READY if self.spec.probe else State.DONE
        self.started.set()

    async def ended_early(self) -> ProcessFailed:
        """Waits until the process ends by itself, and tells what there is to tell about it."""
        if self._process is None:
            raise RuntimeError(f"{self.spec.name} was never started")
        return self._failed(_how_it_ended(await self._process.wait()))

    @property
    def cannot_start(self) -> bool:
        """Whether it ended because something that it needs is not there: no use to try again."""
        return self._process is not None and self._process.returncode == _CANNOT_START

    async def stop(self) -> bool:
        """Asks it to end and kills it after its grace; whether it ended when asked."""
        process = self._process
        if process is None:
            return True
        obeyed = True
        if process.returncode is None:
            self.state = State.STOPPING
            process.send_signal(self.spec.stop_signal)
            try:
                async with asyncio.timeout(self.spec.grace_seconds):
                    await process.wait()
            except TimeoutError:
                obeyed = False
        self.kill()
        await process.wait()
        if self.state is State.STOPPING:
            self.state = State.STOPPED
        return obeyed

    def kill(self) -> None:
        """Kills what is left of its process group."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def _spawn(self) -> asyncio.subprocess.Process:
        rotate(self.log_path)
        with self.log_path.open("wb") as log:
            return await asyncio.create_subprocess_exec(
                *die_with_parent.command(self.spec.argv),
                env={**_ENVIRONMENT, **self.spec.env, **os.environ},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        if self.spec.probe is None:
            if (code := await process.wait()) != 0:
                raise self._failed(_how_it_ended(code))
            return
        while not await self.spec.probe.ready():
            if process.returncode is not None:
                raise self._failed(_how_it_ended(process.returncode))
            await asyncio.sleep(_POLL_SECONDS)

    def _failed(self, how: str) -> ProcessFailed:
        self.state = State.FAILED
        raw = parse(self.spec.name, last_lines(self.log_path, _LAST_LINES))
        readable = [text for line in raw for text in plain(line)][-_LAST_LINES:]
        lines = "\n".join(f"    {text}" for text in readable)
        told = f"The end of its log:\n{lines}\n" if lines else "It logged nothing.\n"
        return ProcessFailed(f"{self.spec.name} {how}. {told}  All of it: {self.log_path}")


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"ended by itself with exit code {code}"
    return f"was ended by {signal.Signals(-code).name}"
