"""How much memory the writer of the history holds, while it catches up with full logs.

Run: `make bench BENCH=insights_memory ARGS='--events 100000 --decisions 10000'`. The service is a
process of its own, beside a Valkey and, where it is installed, PostgreSQL. It finds nothing at
first, then the events in slices, then decisions with 20 candidates each; a slice is waited for
before the next is written. Prints resident memory after each, and the most there ever was. What an
image needs is measured with its own environment (--python): this one has more to load.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
from redis.asyncio import Redis
from switchyard_common.embedded import EmbeddedValkey
from switchyard_insights.domain.events import LoggedEvent
from switchyard_router.adapters.decision_sink import encode
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.domain.names import Tenant
from switchyard_scoring.decision import Decision, Inputs
from switchyard_scoring.scoring import FORMULA

from benchmarks.load.processes import memory_mb
from tests.fakes.crm.databases import PostgresServer
from tests.fakes.insights.contact_centre import START_MS, contact_centre
from tests.fakes.insights.logs import write
from tests.fakes.ports import free_port

_EVENTS_PER_CONTACT = 13
_SLICES = 5
_CANDIDATES = 20
_READ = "switchyard_insights_events_total"
_LOOKS_SECONDS = 0.25
_AT_MOST_SECONDS = 600.0


@contextmanager
def store(folder: Path) -> Iterator[str]:
    """The URL of an empty database."""
    try:
        server = PostgresServer(durable=True)
    except RuntimeError:
        yield f"sqlite+aiosqlite:///{folder / 'history.sqlite'}"
        return
    with server:
        yield server.url(server.new_database())


@asynccontextmanager
async def service(python: str, redis_url: str, database_url: str, port: int) -> AsyncIterator[int]:
    """The process id of the service, which answers."""
    environment = {
        **os.environ,
        "INSIGHTS_REDIS_URL": redis_url,
        "INSIGHTS_DATABASE_URL": database_url,
        "INSIGHTS_PORT": "0",
        "INSIGHTS_METRICS_PORT": str(port),
        "INSIGHTS_LOG_LEVEL": "warning",
    }
    command = (python, "-m", "switchyard_insights.main")
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        await until_kept(port, 0)
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


async def until_kept(port: int, count: float) -> None:
    """Waits until the service says that it has read so many in all."""
    async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(_AT_MOST_SECONDS):
        while await _kept(http, port) < count:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(_LOOKS_SECONDS)


async def _kept(http: httpx.AsyncClient, port: int) -> float:
    try:
        text = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    except httpx.TransportError:
        return -1
    lines = (line for line in text.splitlines() if line.startswith(_READ))
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def peak_mb(pid: int) -> float:
    """The most resident memory that a process ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def keep(redis: Redis, count: int) -> None:
    """Decisions as the router keeps them."""
    keys, tenant = Keys("demo"), Tenant("demo")
    first = _decision()
    pipeline = redis.pipeline(transaction=False)
    for number in range(count):
        each = replace(first, id=f"d{number}", contact=f"c{number}", time_ms=START_MS + number)
        pipeline.set(keys.of("decision", each.id), encode(each, tenant))
        member = f"{each.time_ms:012x}:{each.id}"
        pipeline.zadd(keys.of("decisions_by", "all:"), {member: 0})
    await pipeline.execute()


def _decision() -> Decision:
    inputs = Inputs(
        formula=FORMULA,
        agents=tuple(f"a{number}" for number in range(_CANDIDATES)),
        columns=("handle_ms", "idle_ms", "busy_ms"),
        values=tuple(range(1000, 1000 + 3 * _CANDIDATES)),
        weights={"handle": 1.0, "idle": 0.5, "fairness": 0.2, "urgency": 1.0},
        contact={"waited_ms": 4000, "target_ms": 20_000},
    )
    return Decision("", "c", "a0", "q", "p", 1, 0, START_MS, 9, _CANDIDATES, {}, inputs)


async def run(events: list[LoggedEvent], decisions: int, python: str) -> None:
    """Measures and prints."""
    port = free_port()
    with (
        EmbeddedValkey() as valkey,
        tempfile.TemporaryDirectory() as folder,
        store(Path(folder)) as url,
    ):
        async with (
            Redis.from_url(valkey.url) as redis,
            service(python, valkey.url, url, port) as pid,
        ):
            print(f"{'at rest':>24} {memory_mb(pid):6.0f} MB")
            size = -(-len(events) // _SLICES)
            for start in range(0, len(events), size):
                await write(redis, events[start : start + size])
                written = min(start + size, len(events))
                await until_kept(port, written)
                print(f"{written:>17,} events {memory_mb(pid):6.0f} MB")
            await keep(redis, decisions)
            await until_kept(port, len(events) + decisions)
            print(f"{decisions:>14,} decisions {memory_mb(pid):6.0f} MB")
            print(f"{'at most':>24} {peak_mb(pid):6.0f} MB")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--decisions", type=int, default=10_000)
    parser.add_argument("--python", default=sys.executable, help="that runs the service")
    options = parser.parse_args()
    day = contact_centre(max(40, options.events // _EVENTS_PER_CONTACT))
    events = sorted(day, key=lambda event: event.position)
    asyncio.run(run(events, options.decisions, options.python))


if __name__ == "__main__":
    main()
