"""The whole of Switchyard for tests: its own launcher, free ports, fresh state."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from switchyard_launcher.settings import describe_settings

from tests.fakes.ports import free_ports

ROOT = Path(__file__).parents[3]
START_SECONDS = 300.0
STOP_SECONDS = 120.0
_POLL_SECONDS = 0.2
_STARTED = "Chat page"


class Switchyard:
    """A run: its settings as environment variables, its folder, its output so far."""

    process: subprocess.Popen[bytes]

    def __init__(
        self,
        environment: Mapping[str, str],
        folder: Path,
        without: Sequence[str] = (),
        more: Sequence[str] = (),
    ) -> None:
        self.environment = environment
        self.state_dir = Path(environment["SWITCHYARD_STATE_DIR"])
        self.output = folder / "output"
        self._options = [part for name in without for part in ("--without", name)]
        self._options += more

    def start(self) -> None:
        """Starts `switchyard run` and waits until all processes are up."""
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [str(Path(sys.executable).with_name("switchyard")), "run", *self._options],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while _STARTED not in self.output.read_text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(f"Switchyard did not start:\n{self.output.read_text()}")
            time.sleep(_POLL_SECONDS)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Asks it to stop and waits; returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def port(self, setting: str) -> int:
        """The port behind a setting such as ROUTER_PORT."""
        return int(self.environment[setting])

    def target(self, setting: str) -> str:
        """host:port of a process, by its setting."""
        return f"127.0.0.1:{self.port(setting)}"

    def pids(self) -> list[int]:
        """All processes that it has started."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]


def prepare(
    folder: Path,
    without: Sequence[str] = (),
    more: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
) -> Switchyard:
    """A run that is not started yet. Trained models are taken from where `make run` keeps them."""
    names = [name for name, _, _ in describe_settings() if name.endswith("_PORT")]
    ports = dict(zip(names, map(str, free_ports(len(names))), strict=True))
    state = {
        "SWITCHYARD_STATE_DIR": str(folder / "state"),
        "BOT_MODELS_DIR": str(ROOT / ".switchyard" / "models"),
    }
    return Switchyard({**ports, **state, **(settings or {})}, folder, without, more)


@contextmanager
def running(
    folder: Path,
    without: Sequence[str] = (),
    more: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
) -> Iterator[Switchyard]:
    """A started run, stopped at the end of the block; `more` are further options, `settings`
    further environment variables."""
    switchyard = prepare(folder, without, more, settings)
    switchyard.start()
    try:
        yield switchyard
    finally:
        if switchyard.process.poll() is None:
            switchyard.stop()
