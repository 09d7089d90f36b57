"""A running phone on free ports, and how tests look into it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
from switchyard_common.http_post import HttpPost
from switchyard_common.lifecycle import Lifecycle
from switchyard_phone.main import running
from switchyard_phone.service.recognition import Recognizer
from switchyard_phone.settings import PhoneSettings

from tests.fakes.phone.sipp import Sipp
from tests.fakes.phone.waiting import PATIENCE_SECONDS

NOBODY = "127.0.0.1:1"
_SECONDS = 20.0


@dataclass
class RunningPhone:
    """What a test works with."""

    sipp: Sipp
    sip_port: int
    url: str
    http: HttpPost
    metrics: HttpPost
    audiosocket: int = 0

    async def calls(self) -> list[dict[str, Any]]:
        """The calls there are and were, the newest first."""
        found: list[dict[str, Any]] = orjson.loads((await self.http.get("/calls")).content)
        return found

    async def timeline(self, call: str = "") -> list[dict[str, Any]]:
        """What happened in a call, the newest if none is named."""
        name = call or (await self.calls())[0]["id"]
        answer = await self.http.get(f"/calls/{quote(name, safe='')}")
        entries: list[dict[str, Any]] = orjson.loads(answer.content)["entries"]
        return entries

    async def metric(self, series: str) -> float:
        """The value of one series, 0 while there is none."""
        text = (await self.metrics.get("/metrics")).content.decode()
        found = [line for line in text.splitlines() if line.startswith(f"{series} ")]
        return float(found[0].rpartition(" ")[2]) if found else 0.0


@asynccontextmanager
async def running_phone(
    folder: Path, recognizer: Recognizer | None = None, **settings: Any
) -> AsyncIterator[RunningPhone]:
    """A phone with espeak-ng's voice that takes calls for the length of the block."""
    lifecycle = Lifecycle()
    values: dict[str, Any] = {
        "port": 0,
        "metrics_port": 0,
        "sip_port": 0,
        "rtp_ports": (30_000, 31_998),
        "drain_seconds": 0.5,
        "drain_waiting_seconds": 0.5,
        "calls_per_second": 1000,
        "prompts": folder / "prompts",
        "router_target": NOBODY,
        "crm_target": NOBODY,
        "bot_url": f"http://{NOBODY}",
        "default_queue": "billing",
        **settings,
    }
    async with running(lifecycle, PhoneSettings(**values), recognizer) as ports:
        url = f"http://127.0.0.1:{ports.http}"
        http = HttpPost(url, _SECONDS, 4)
        metrics = HttpPost(f"http://127.0.0.1:{ports.metrics}", _SECONDS, 4)
        async with http, metrics:
            yield RunningPhone(
                Sipp(folder, ports.sip), ports.sip, url, http, metrics, ports.audiosocket
            )
        lifecycle.stop("the test is over")
    assert not lifecycle.failed


async def until(look: Callable[[], Awaitable[bool]], what: str) -> None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await look():
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"never came about: {what}") from None


async def happened(
    phone: RunningPhone, what: str, times: int = 1, **facts: object
) -> dict[str, Any]:
    """The entry of the newest call's timeline, once it is there so often."""
    found: list[dict[str, Any]] = []

    async def look() -> bool:
        if not await phone.calls():
            return False
        found[:] = [
            entry
            for entry in await phone.timeline()
            if entry["what"] == what and facts.items() <= entry.items()
        ]
        return len(found) >= times

    await until(look, f"{what} {facts}")
    return found[-1]
