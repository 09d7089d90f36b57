"""What it costs to acknowledge a change only when a replica has it (ROUTER_STORE_WAIT_REPLICAS).

Run: `make bench BENCH=store_wait ARGS='--callers 1 32'`. Contacts are created at the store's
adapter, on a master with one replica, by so many callers at once; with and without waiting take
turns. Prints medians over the rounds, ratios, and one JSON line.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

import orjson
from switchyard_common.clock import SystemClock
from switchyard_common.ids import IdFactory
from switchyard_router.adapters.redis.client import open_writer
from switchyard_router.adapters.redis.contacts import RedisContacts
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link, Replicas
from switchyard_router.adapters.redis.scripts import Scripts
from switchyard_router.domain.records import Request

from tests.fakes.router.store import new_contact, open_store
from tests.fakes.valkey.servers import replicated

_WAIT_MS = 500
_SECONDS = 5.0
_IDS = IdFactory(SystemClock())


@dataclass(frozen=True, slots=True)
class Figures:
    """Creations per second, and their latencies in ms."""

    per_second: float
    p50_ms: float
    p99_ms: float


async def measure(contacts: RedisContacts, callers: int, creations: int) -> Figures:
    """So many creations by so many callers at once."""
    took: list[float] = []

    async def caller() -> None:
        for _ in range(creations // callers):
            sent = time.perf_counter()
            await contacts.create(new_contact(_IDS.new()), Request())
            took.append(time.perf_counter() - sent)

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    seconds = time.perf_counter() - began
    cuts = statistics.quantiles(took, n=100)
    return Figures(len(took) / seconds, 1000 * cuts[49], 1000 * cuts[98])


@asynccontextmanager
async def contacts_of(url: str, wait: Replicas | None) -> AsyncGenerator[RedisContacts]:
    """Contacts in the store at a URL."""
    keys = Keys("test")
    link = Link(open_writer(url, _SECONDS, keys.events), _SECONDS, wait)
    try:
        yield RedisContacts(link, keys, Scripts(link, keys, 100_000))
    finally:
        await link.aclose()


def median(figures: list[Figures]) -> Figures:
    """Of each figure by itself."""
    rows = [asdict(each) for each in figures]
    return Figures(**{name: round(statistics.median(r[name] for r in rows), 3) for name in rows[0]})


async def compare(url: str, callers: int, creations: int, rounds: int) -> dict[str, float]:
    """Both ways in turns; prints a row for each."""
    async with contacts_of(url, None) as at_once, contacts_of(url, Replicas(1, _WAIT_MS)) as waits:
        plain, safe = [], []
        for _ in range(rounds):
            plain.append(await measure(at_once, callers, creations))
            safe.append(await measure(waits, callers, creations))
    before, after = median(plain), median(safe)
    for name, one in (("at once", before), ("replicated", after)):
        print(
            f"{callers:5} callers, {name:<10} {one.per_second:8.0f}/s  "
            f"p50 {one.p50_ms:7.2f} ms  p99 {one.p99_ms:7.2f} ms"
        )
    return {
        "callers": callers,
        "p50_ratio": round(after.p50_ms / before.p50_ms, 2),
        "p50_more_ms": round(after.p50_ms - before.p50_ms, 2),
        "rate_ratio": round(after.per_second / before.per_second, 2),
    }


async def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--creations", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with replicated(1, 1) as servers:
        async with open_store(servers.url, now_ms=0) as store:
            await store.add_queue("q", max_size=0)
        found = [
            await compare(servers.url, callers, arguments.creations, arguments.rounds)
            for callers in arguments.callers
        ]
    print(orjson.dumps({"store_wait": found}).decode())


if __name__ == "__main__":
    asyncio.run(_main())
