"""Debian's kamailio with the files that are shipped, before lines on loopback."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import override

from tests.fakes.phone.sipp import Scenario, free_port
from tests.fakes.phone.waiting import PATIENCE_SECONDS

SHIPPED = Path(__file__).parents[3] / "deploy" / "kamailio"
_STARTS = 4
NEVER = 100_000
"""Seconds between probes where a test wants none."""

# One child: several may pass a 200 on before the 180 that came right before it, and sipp counts.
_LOCAL = """\
listen=udp:127.0.0.1:{port}
#!define HAS_CONFIG_DIR
#!substdef "!CONFIG_DIR!{folder}!g"
#!define FIRST_ANSWER_MS {first_answer_ms}
#!define RING_MS 120000
#!define PROBE_SECONDS {probe_seconds}
#!define CHILDREN 1
{more}
"""


class RoutedScenario(Scenario):
    """Steps of a caller behind a proxy: within a call it goes by the Record-Route headers."""

    @override
    def xml(self) -> str:
        # Nothing is lost here. What sipp sends again on a busy machine is answered again, and an
        # answer that comes after a later one is none that sipp expects.
        return super().xml().replace('retrans="500"', 'retrans="30000"')

    @override
    def _head(self, method: str, cseq: int, tag: str, back: str = "") -> str:
        head = super()._head(method, cseq, tag, back)
        if not tag or back:
            return head
        _, _, headers = head.partition("\n")
        return f"{method} [next_url] SIP/2.0\n[routes]\n{headers}"


@dataclass
class Kamailio:
    """What a test works with."""

    port: int
    socket: Path
    log: Path

    async def phones(self) -> dict[int, str]:
        """The phones' ports, and how kamailio takes each: "AP" is reachable, "IP" is not."""
        process = await asyncio.create_subprocess_exec(
            *("kamcmd", "-s", f"unix:{self.socket}", "dispatcher.list"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        found: dict[int, str] = {}
        port = 0
        for line in said.decode().splitlines():
            name, _, value = line.strip().partition(": ")
            if name == "URI":
                port = int(value.rpartition(":")[2])
            elif name == "FLAGS":
                found[port] = value
        return found

    async def takes(self, port: int, flags: str) -> None:
        """Wait until it takes the phone at this port so."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (await self.phones()).get(port) != flags:
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{port} is not {flags}: {await self.phones()}") from None


@asynccontextmanager
async def kamailio(
    folder: Path,
    phones: Sequence[int],
    *,
    first_answer_ms: int = 30_000,
    probe_seconds: int = NEVER,
    more: str = "",
) -> AsyncIterator[Kamailio]:
    """The shipped kamailio.cfg before phones at these ports, for the length of the block."""
    times = {"first_answer_ms": first_answer_ms, "probe_seconds": probe_seconds}
    # The path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="switchyard-") as run:
        for _ in range(_STARTS):
            port = free_port()
            _configure(folder, phones, port=port, more=more, **times)
            made = Kamailio(port, Path(run) / "kamailio_ctl", folder / "kamailio.log")
            process = await _spawn(folder, run, made.log)
            try:
                if await _serves(process, made, len(phones)):
                    yield made
                    return
            finally:
                await _end(process)
    raise AssertionError(f"kamailio does not start, see {folder / 'kamailio.log'}")


def _configure(folder: Path, phones: Sequence[int], **values: str | int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(SHIPPED / "kamailio.cfg", folder)
    entries = [f"1 sip:127.0.0.1:{port} 0 0\n" for port in phones]
    (folder / "dispatcher.list").write_text("".join(entries))
    (folder / "address.list").write_text("1 127.0.0.1 32 0\n")
    (folder / "local.cfg").write_text(_LOCAL.format(folder=folder, **values))


async def _spawn(folder: Path, run: str, log: Path) -> asyncio.subprocess.Process:
    with log.open("w") as file:
        return await asyncio.create_subprocess_exec(
            *("kamailio", "-DD", "-E", "-f", str(folder / "kamailio.cfg")),
            *("-Y", run, "-w", run, "-m", "32", "-M", "4"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=folder,
            start_new_session=True,
        )


async def _serves(process: asyncio.subprocess.Process, made: Kamailio, phones: int) -> bool:
    """Whether it came up; False when somebody was faster at its port."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while process.returncode is None:
            if made.socket.exists() and len(await made.phones()) == phones:
                return True
            await asyncio.sleep(0.05)
    return False


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    await process.wait()
