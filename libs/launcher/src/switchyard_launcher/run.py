"""One run: start everything, show what goes on, stop everything."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from rich.console import Console

from switchyard_launcher.child import ProcessFailed
from switchyard_launcher.concurrency import first_of
from switchyard_launcher.process import ProcessSpec
from switchyard_launcher.progress import LineProgress
from switchyard_launcher.supervisor import Supervisor

Show = Callable[[Supervisor], Awaitable[None]]

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Run:
    """Processes from the first start to the last stop. `show` runs while all of them are up."""

    def __init__(
        self, specs: Sequence[ProcessSpec], log_dir: Path, console: Console, show: Show
    ) -> None:
        self._console = console
        self._show = show
        self._stop = asyncio.Event()
        self._supervisor = Supervisor(specs, log_dir, LineProgress(console, len(specs)))

    async def to_the_end(self) -> bool:
        """Runs until a signal or a failure; whether all went well.

        A second signal kills what does not stop.
        """
        for number in _STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal)
        failure: ProcessFailed | None = None
        try:
            await self._until_stopped()
        except ProcessFailed as error:
            failure = error
            self._console.print("A process failed; stopping the others.", style="red")
        finally:
            await self._supervisor.stop()
        if failure is not None:
            self._console.print(
                f"\n{failure}", style="red", markup=False, highlight=False, soft_wrap=True
            )
        return failure is None

    def _on_signal(self) -> None:
        if self._stop.is_set():
            self._supervisor.kill()
        self._stop.set()

    async def _until_stopped(self) -> None:
        await first_of(self._stop.wait(), self._start_and_show())

    async def _start_and_show(self) -> None:
        await self._supervisor.start()
        await first_of(self._show(self._supervisor), self._supervisor.until_one_dies())
