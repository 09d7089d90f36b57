"""What a contact that is over leaves in the router's store, by kind of key.

Run: `make bench BENCH=store_memory ARGS='--rate 60 --seconds 60'`. A router of its own serves
contacts from creation to completion; the memory of all keys, and the server's, is taken before and
after. What is kept of events and decisions is bounded, the rest stays for a day: the sizing guide
counts with it.
"""

import argparse
import asyncio
from collections import Counter
from dataclasses import dataclass

from redis.asyncio import Redis

from benchmarks.load.stack import stack
from benchmarks.load.table import say, show

_AGENTS = 200
_SETTLED_SECONDS = 3.0
_BOUNDED = ("events", "decision", "decisions_by")


@dataclass(frozen=True, slots=True)
class Census:
    """Bytes by kind of key, entries of the event log, contacts that are over, bytes in all."""

    kinds: Counter[str]
    events: int
    over: int
    used: int


async def census(url: str) -> Census:
    """What a store holds now."""
    kinds, events, over = Counter[str](), 0, 0
    async with Redis.from_url(url, decode_responses=True) as store:
        async for key in store.scan_iter(count=1000):
            kind = key.partition("}:")[2].partition(":")[0]
            kinds[kind] += await store.memory_usage(key, samples=5) or 0
            if kind == "events":
                events = await store.xlen(key)
            over += kind == "ended"
        used = (await store.info("memory"))["used_memory"]
    return Census(kinds, events, over, used)


async def measure(rate: float, seconds: float) -> None:
    """Measures and prints."""
    async with stack(1, _AGENTS) as running:
        before = await census(running.store_url)
        await running.generator.do("open_loop", rate=rate, seconds=seconds, poisson=True)
        await asyncio.sleep(_SETTLED_SECONDS)
        after = await census(running.store_url)
    contacts, grown = after.over - before.over, after.kinds - before.kinds
    events = after.events - before.events
    show(
        f"{contacts:,} contacts, {events / contacts:.1f} events each of "
        f"{grown['events'] / events:.0f} bytes",
        ("kind", "bytes a contact"),
        [(kind, f"{size / contacts:.0f}") for kind, size in grown.most_common()],
    )
    used = (after.used - before.used) / contacts
    bounded = sum(grown[kind] for kind in _BOUNDED) / contacts
    say(f"in all {used:.0f} bytes a contact, {used - bounded:.0f} without events and decisions")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=60.0, help="contacts a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    asyncio.run(measure(options.rate, options.seconds))


if __name__ == "__main__":
    main()
