"""The routers as processes that are killed, paused, asked to stop, and started again."""

import asyncio
import os
import secrets
import signal
import sys
from contextlib import suppress
from pathlib import Path

from switchyard_common import die_with_parent
from switchyard_router.settings import RouterSettings

from tests.chaos import wire
from tests.chaos.plan import Plan
from tests.fakes.ports import free_port
from tests.fakes.router.process import serving

_START_SECONDS = 120.0
_STOP_SECONDS = 180.0


class Fleet:
    """So many routers on fixed ports, for the length of an `async with`."""

    def __init__(self, redis_url: str, plan: Plan, folder: Path) -> None:
        self._redis_url = redis_url
        self._plan = plan
        self._folder = folder
        self._module = "tests.chaos.broken_router" if plan.break_fence else "switchyard_router.main"
        self._ports = [_ports() for _ in range(plan.routers)]
        self._processes: list[asyncio.subprocess.Process] = []
        self._key = secrets.token_hex(16)
        self.exit_codes: list[int] = []
        self.ended_by_themselves: list[str] = []
        self._killed: set[int] = set()
        self.targets = [f"127.0.0.1:{ports['port']}" for ports in self._ports]

    async def __aenter__(self) -> "Fleet":
        for index in range(self._plan.routers):
            self._processes.append(await self._start(index))
        for target in self.targets:
            await serving(target, within_seconds=_START_SECONDS)
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in self._processes:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def kill(self, index: int) -> None:
        """kill -9, and start anew at once."""
        process = self._processes[index]
        self._note_end(process)
        self._killed.add(process.pid)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        self._processes[index] = await self._start(index)

    async def pause(self, index: int, seconds: float) -> None:
        """SIGSTOP for so long."""
        pid = self._processes[index].pid
        _signal(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            _signal(pid, signal.SIGCONT)

    async def restart(self, index: int) -> None:
        """SIGTERM, wait for its end, start anew, wait until it serves."""
        await self._stop(self._processes[index])
        self._processes[index] = await self._start(index)
        await serving(self.targets[index], within_seconds=_START_SECONDS)

    async def stop(self) -> None:
        """Ask all to stop."""
        await asyncio.gather(*map(self._stop, self._processes))

    async def _stop(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            process.terminate()
        else:
            self._note_end(process)
        code = await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        if process.pid not in self._killed:
            self.exit_codes.append(code)

    def _note_end(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is not None and process.pid not in self._killed:
            self.ended_by_themselves.append(f"a router with exit code {process.returncode}")

    async def _start(self, index: int) -> asyncio.subprocess.Process:
        env = {name: value for name, value in os.environ.items() if not name.startswith("ROUTER_")}
        env |= {
            RouterSettings.env_name(name): str(port) for name, port in self._ports[index].items()
        }
        env |= {
            "ROUTER_REDIS_URL": self._redis_url,
            "ROUTER_CRM_TARGET": "127.0.0.1:1",
            "ROUTER_TENANT": wire.TENANT,
            "ROUTER_PSEUDONYM_KEY": self._key,
            "ROUTER_LOG_LEVEL": "warning",
            "ROUTER_DRAIN_SECONDS": "60",
            "ROUTER_MAX_EVENTS": "10000000",
            "ROUTER_STREAMS_PER_CALLER": "100000",
            "ROUTER_STREAMS": "100000",
            "ROUTER_CALLS_PER_SECOND": "1000000",
            "ROUTER_CALL_BURST": "1000000",
            "ROUTER_STORE_WAIT_REPLICAS": str(self._plan.wait_replicas),
        }
        with (self._folder / f"router-{index}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *die_with_parent.command([sys.executable, "-m", self._module]),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                env=env,
            )


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # killed meanwhile
        os.kill(pid, number)


def _ports() -> dict[str, int]:
    fields = ("port", "metrics_port", "http_port")
    return {name: free_port() for name in fields if name in RouterSettings.model_fields}
