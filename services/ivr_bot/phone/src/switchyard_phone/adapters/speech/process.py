"""One engine's process, as the telephone's side sees it."""

import asyncio
import os
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from switchyard_phone.adapters.speech.engine import pipe

_START = Path(__file__).parent / "engine" / "start.py"
_PASSED_ON = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT")


class EngineGone(Exception):
    """The process has ended, or never worked; the message says why, never what was said."""


def engine_argv(python: Path, module: str, *arguments: str) -> tuple[str, ...]:
    """How a module of `engine/` is started by an interpreter with its packages."""
    return (str(python), "-I", str(_START), module, *arguments)


class EngineProcess:
    """A process that can work: one question at a time."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.ended = asyncio.ensure_future(process.wait())
        """Done once the process has ended."""

    async def ask(self, question: bytes) -> bytes:
        """The answer; EngineGone. Cancelled, the process can only be thrown away."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(pipe.packed(question))
            await self._process.stdin.drain()
            return await self.hear()
        except (OSError, pipe.BadMessage) as error:
            raise EngineGone(type(error).__name__) from error

    async def hear(self) -> bytes:
        """The next message; EngineGone, pipe.BadMessage."""
        assert self._process.stdout is not None
        try:
            head = await self._process.stdout.readexactly(pipe.HEAD.size)
            return await self._process.stdout.readexactly(pipe.size_of(head))
        except asyncio.IncompleteReadError as error:
            raise EngineGone("the process ended") from error

    async def end(self) -> None:
        """Kill it, whatever it does, and let go of its pipes."""
        if self._process.returncode is None:
            self._process.kill()
        await self.ended
        if self._process.stdin is not None:
            self._process.stdin.close()


@asynccontextmanager
async def engine_process(argv: Sequence[str], start_seconds: float) -> AsyncIterator[EngineProcess]:
    """A process that has loaded its model in this time; it ends with the block. EngineGone."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # libraries may print anything
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for the telephone, which lets calls end first
        )
    except OSError as error:
        raise EngineGone(f"{argv[0]} cannot be started ({error.strerror})") from error
    engine = EngineProcess(process)
    try:
        problem = await _first_word(engine, start_seconds)
        if problem:
            raise EngineGone(problem)
        yield engine
    finally:
        await engine.end()


async def _first_word(engine: EngineProcess, seconds: float) -> str:
    try:
        async with asyncio.timeout(seconds):
            return (await engine.hear()).decode(errors="replace")
    except TimeoutError as error:
        raise EngineGone(f"it did not start in {seconds:g} seconds") from error
    except pipe.BadMessage as error:
        raise EngineGone("it does not speak as an engine does") from error


def _environment() -> dict[str, str]:
    """No setting of the telephone, and no secret, is an engine's business."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed_on, "OMP_NUM_THREADS": "1"}
