"""The phone as operators run it: a process of its own, told by its environment."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
from switchyard_common.http_post import BadAnswer, HttpPost

from tests.fakes.phone.running import NOBODY
from tests.fakes.phone.sipp import free_port
from tests.fakes.phone.waiting import PATIENCE_SECONDS
from tests.fakes.ports import free_ports

_SECONDS = 20.0
_START_SECONDS = 300


@dataclass
class PhoneProcess:
    """What a test works with."""

    process: asyncio.subprocess.Process
    sip: int
    http: HttpPost
    log: Path

    async def ready(self) -> None:
        """Wait until it takes calls."""
        async with asyncio.timeout(_START_SECONDS):
            while self.process.returncode is None:
                with suppress(OSError, TimeoutError, BadAnswer):
                    if (await self.http.get("/healthz")).status == 200:
                        return
                await asyncio.sleep(0.1)
        raise AssertionError(f"the phone does not start, see {self.log}")

    async def calls(self) -> list[dict[str, Any]]:
        """The calls there are and were."""
        found: list[dict[str, Any]] = orjson.loads((await self.http.get("/calls")).content)
        return found

    async def timeline(self) -> list[dict[str, Any]]:
        """What happened in the newest call; nothing while there is none."""
        calls = await self.calls()
        if not calls:
            return []
        answer = await self.http.get(f"/calls/{quote(calls[0]['id'], safe='')}")
        entries: list[dict[str, Any]] = orjson.loads(answer.content)["entries"]
        return entries

    async def had(self, number: int) -> None:
        """Wait until it has had so many calls."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while len(await self.calls()) != number:
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"not {number} calls: {await self.calls()}") from None

    def stop(self) -> None:
        """Ask it to end, as an operator or an orchestrator does."""
        self.process.send_signal(signal.SIGTERM)

    async def die(self) -> None:
        """End without a word."""
        self.process.kill()
        await self.process.wait()

    async def ended(self) -> int:
        """Wait for its end; its exit code."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.process.wait()


@asynccontextmanager
async def phone_process(
    folder: Path, module: str = "switchyard_phone.main", **settings: str
) -> AsyncIterator[PhoneProcess]:
    """A phone without bot, router and customers for the length of the block, which starts."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    port, metrics = free_ports(2)
    sip = free_port()
    values = {
        "PHONE_PORT": str(port),
        "PHONE_METRICS_PORT": str(metrics),
        "PHONE_SIP_PORT": str(sip),
        "PHONE_RTP_PORTS": "30000-31998",
        "PHONE_CALLS_PER_SECOND": "1000",
        "PHONE_PROMPTS": str(folder / "prompts"),
        "PHONE_ROUTER_TARGET": NOBODY,
        "PHONE_CRM_TARGET": NOBODY,
        "PHONE_BOT_URL": f"http://{NOBODY}",
        **settings,
    }
    with (folder / "phone.log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module),
            env={**os.environ, **values},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        async with HttpPost(f"http://127.0.0.1:{port}", _SECONDS, 4) as http:
            yield PhoneProcess(process, sip, http, folder / "phone.log")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
