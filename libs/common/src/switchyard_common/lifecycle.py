"""The life of a process: signals, background tasks that must not die unseen, exit codes."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog
import uvloop

from switchyard_common.errors import StartError
from switchyard_common.steady_memory import keep_memory_steady

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_CANNOT_START = 2


class Lifecycle:
    """What `main` gets: when to stop, and who watches its background tasks."""

    def __init__(self) -> None:
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._log = structlog.stdlib.get_logger()
        self.failed = False

    async def stopped(self) -> None:
        """Wait until the process is to stop: a signal, `stop`, or a background task that died."""
        await self._stop.wait()

    @property
    def stopping(self) -> bool:
        """Whether the process is to stop."""
        return self._stop.is_set()

    def stop(self, reason: str) -> None:
        """Ask the process to stop; `main` then leaves its blocks and returns."""
        if not self._stop.is_set():
            self._log.info("process_stopping", reason=reason)
            self._stop.set()

    def supervise(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run `work` for as long as the process lives.

        If it raises, or returns while the process is not stopping, that is logged and takes the
        process down with exit code 1. End it with `end`; what is left when `main` returns is
        ended then.
        """
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def end(self, task: asyncio.Task[Any]) -> None:
        """Cancel a supervised task and wait until it is over; exit stacks call it, in order."""
        self._tasks.discard(task)
        task.cancel()
        await asyncio.wait((task,))

    def let_go(self, task: asyncio.Task[Any]) -> None:
        """From now on it may return: it was asked to, by somebody who waits for it."""
        self._tasks.discard(task)

    async def end_all(self) -> None:
        """End every supervised task that is left."""
        for task in tuple(self._tasks):
            await self.end(task)

    def fail(self, reason: str) -> None:
        """Take the process down with exit code 1."""
        self.failed = True
        self.stop(reason)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        expected = task not in self._tasks or self.stopping
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._log.error("background_task_died", task=task.get_name(), exc_info=error)
            self.fail("background task died")
        elif not expected:
            self._log.error("background_task_ended_early", task=task.get_name())
            self.fail("background task ended early")


def run(main: Callable[[Lifecycle], Awaitable[None]]) -> int:
    """Run a process to its end and return its exit code, for `sys.exit`.

    0: stopped when asked to. 1: `main` or a background task failed (logged). 2: StartError, whose
    text is logged without a traceback. The first SIGTERM or SIGINT asks `main` to stop, the
    second cancels it.
    """
    keep_memory_steady()
    return uvloop.run(_run(main))


async def _run(main: Callable[[Lifecycle], Awaitable[None]]) -> int:
    lifecycle = Lifecycle()
    log = structlog.stdlib.get_logger()
    task = asyncio.ensure_future(main(lifecycle))
    _handle_signals(lifecycle, task)
    try:
        await task
    except StartError as error:
        log.error("cannot_start", problem=str(error))
        return EXIT_CANNOT_START
    except asyncio.CancelledError:
        log.error("process_cut_short")
        return EXIT_FAILED
    except Exception:
        log.exception("process_failed")
        return EXIT_FAILED
    finally:
        await lifecycle.end_all()
    log.info("process_stopped", failed=lifecycle.failed)
    return EXIT_FAILED if lifecycle.failed else EXIT_OK


def _handle_signals(lifecycle: Lifecycle, main: asyncio.Future[None]) -> None:
    def on_signal(name: str) -> None:
        if lifecycle.stopping:
            main.cancel()
        lifecycle.stop(name)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number.name)
