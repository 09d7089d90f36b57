"""What is measured, in a process of its own: the phone, or a bare echo of its SIP library.

`python -m benchmarks.phone.server phone '{"bot_url": …}'` or `… echo` prints the ports it serves
on. Each line of its input is answered with what it has noticed since the last one; at the end of
the input it ends.
"""

import asyncio
import gc
import json
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
import uvloop
from baresip import Account, AudioNotActive, AudioRestarted, Call, Config, Runtime, UserAgent
from switchyard_common.lifecycle import Lifecycle
from switchyard_phone.domain.audio import FRAME_BYTES, FRAME_SECONDS
from switchyard_phone.main import running
from switchyard_phone.settings import PhoneSettings

from tests.fakes.phone.sipp import free_port

_PROBE_SECONDS = 0.01
_RTP = (30_000, 31_998)


class Lag:
    """How late the event loop is, asked for a hundred times a second."""

    def __init__(self) -> None:
        self._late: list[float] = []

    async def watch(self) -> None:
        """For ever."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _PROBE_SECONDS
            await asyncio.sleep(_PROBE_SECONDS)
            self._late.append(loop.time() - due)

    def taken(self) -> list[float]:
        """Milliseconds, since they were last asked for."""
        late, self._late = self._late, []
        return [round(seconds * 1000, 2) for seconds in late]


async def _serve(kind: str, settings: dict[str, Any]) -> None:
    lag = Lag()
    serving = _phone(settings) if kind == "phone" else _echo()
    async with serving as ports:
        watching = asyncio.create_task(lag.watch())
        print(json.dumps(ports), flush=True)
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        while await reader.readline():
            print(json.dumps(_noticed(lag)), flush=True)
        watching.cancel()
        await asyncio.wait((watching,))


def _noticed(lag: Lag) -> dict[str, Any]:
    gc.collect()
    return {
        "lag_ms": lag.taken(),
        "tasks": len(asyncio.all_tasks()),
        "threads": sum(1 for _ in Path("/proc/self/task").iterdir()),
        "fds": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        "objects": len(gc.get_objects()),
    }


@asynccontextmanager
async def _phone(settings: dict[str, Any]) -> AsyncIterator[dict[str, int]]:
    values = {
        "port": 0,
        "metrics_port": 0,
        "sip_port": 0,
        "audiosocket_port": 0,
        "rtp_ports": _RTP,
        "calls_at_once": 120,
        "calls_per_second": 1000,
        "drain_seconds": 0.5,
        "node": "bench-phone",
        "speech": False,
        **settings,
    }
    lifecycle = Lifecycle()
    async with running(lifecycle, PhoneSettings(**values)) as ports:
        yield {"sip": ports.sip, "http": ports.http, "audiosocket": ports.audiosocket}
        lifecycle.stop("everything is measured")


@asynccontextmanager
async def _echo() -> AsyncIterator[dict[str, int]]:
    """What the library does by itself, driven as its documentation shows."""
    port = free_port()
    runtime = Runtime()
    first, last = _RTP
    await runtime.start(
        Config(
            net_interface="127.0.0.1",
            max_concurrent_calls=None,
            native_log_level="error",
            extra_config_text=f"sip_listen 127.0.0.1:{port}\nsip_transports udp\n"
            f"rtp_ports {first + 2000}-{last + 2000}\n",
        )
    )
    account = Account(
        "echo",
        f"127.0.0.1:{port}",
        "",
        reg_interval=0,
        audio_codecs=("pcmu",),
        extra_params=("catchall=yes",),
    )
    agent = await UserAgent.create(runtime, account)
    tasks: set[asyncio.Task[None]] = set()

    def arrive(call: Call) -> None:
        task = asyncio.create_task(_return_sound(call))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    agent.on_incoming(arrive)
    try:
        yield {"sip": port, "http": 0, "audiosocket": 0}
    finally:
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await runtime.close()


async def _return_sound(call: Call) -> None:
    await call.answer(video=True)
    while True:
        try:
            call.audio.write(call.audio.read(10 * FRAME_BYTES))
        except AudioRestarted:
            continue
        except AudioNotActive:
            if call.state.name == "CLOSED":
                return
        await asyncio.sleep(FRAME_SECONDS)


def _quiet() -> None:
    for name in ("baresip", "uvicorn"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )


if __name__ == "__main__":
    _quiet()
    uvloop.run(_serve(sys.argv[1], json.loads(sys.argv[2]) if sys.argv[2:] else {}))
