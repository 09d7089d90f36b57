"""Event logs on a real server, written as the router and the bot write them, and their readers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
from redis.asyncio import Redis
from switchyard_history.positions import entry_of
from switchyard_insights.adapters.redis.event_log import Reader, StreamLog
from switchyard_insights.domain.events import Fact, LoggedEvent
from switchyard_insights.service.backing_off import BackOff
from switchyard_insights.service.following import Follow
from switchyard_insights.service.ports import History, HistoryUnavailable, Stored

ROUTER_STREAM = "sy:{demo}:events"
BOT_STREAM = "sw:gateway:events"
_DEADLINE_SECONDS = 60.0


class Runs(Protocol):
    """What goes on until it is cancelled."""

    async def run(self) -> None:
        """Never returns."""
        ...


@dataclass
class Counted:
    """The port ReadingMeter, as plain numbers."""

    kept: int = 0
    pruned: int = 0
    ignored: int = 0
    seen_again: int = 0
    trimmed: int = 0
    put_aside: int = 0
    lag: int = 0
    failures: list[str] = field(default_factory=list)

    def stored(self, log: str, *, kept: int, pruned: int, ignored: int) -> None:
        self.kept += kept
        self.pruned += pruned
        self.ignored += ignored

    def again(self, log: str, count: int) -> None:
        self.seen_again += count

    def lost(self, log: str, count: int) -> None:
        self.trimmed += count

    def refused(self, log: str, count: int) -> None:
        self.put_aside += count

    def behind(self, log: str, entries: int, seconds: float) -> None:
        self.lag = entries

    def failed(self, what: str) -> None:
        self.failures.append(what)


@dataclass
class Outage:
    """A history that does not answer while `down`, and counts who asked."""

    history: History
    down: bool = True
    asked: int = 0

    async def store(self, facts: Sequence[Fact]) -> Stored:
        """As History."""
        self.asked += 1
        if self.down:
            raise HistoryUnavailable
        return await self.history.store(facts)


async def write(redis: Redis, events: Sequence[LoggedEvent], stream: str = ROUTER_STREAM) -> None:
    """Append events, each at its own place."""
    client: Any = redis
    pipeline = client.pipeline(transaction=False)
    for event in sorted(events, key=lambda each: each.position):
        fields = {"source": "router", "type": event.type, "subject": event.subject, "seq": 1}
        fields |= {"time": event.time_ms, "data": orjson.dumps(dict(event.data))}
        pipeline.xadd(stream, fields, id=entry_of(event.position))
    await pipeline.execute()


def reader_of(
    redis: Redis, name: str = "one", *, batch: int = 50, claim_ms: int = 60_000
) -> StreamLog:
    """A reader of the router's log."""
    reader = Reader("insights", name, batch, claim_ms, wait_ms=50)
    return StreamLog(redis, ROUTER_STREAM, "router", reader)


def follow(log: StreamLog, history: History, meter: Counted) -> Follow:
    """A follower that tries again soon."""
    return Follow(log, history, "demo", meter, BackOff("test", 0.05))


@asynccontextmanager
async def running(*followers: Runs) -> AsyncIterator[None]:
    """They run for the length of the block, then are cancelled."""
    tasks = [asyncio.create_task(each.run()) for each in followers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def pending(redis: Redis) -> int:
    """Entries that were given to readers and are not done."""
    client: Any = redis
    groups = await client.xinfo_groups(ROUTER_STREAM)
    return sum(int(group["pending"]) for group in groups)


async def given(redis: Redis) -> int:
    """Entries that were given to readers ever."""
    client: Any = redis
    if not await client.exists(ROUTER_STREAM):
        return 0
    groups = await client.xinfo_groups(ROUTER_STREAM)
    return sum(int(group["entries-read"] or 0) for group in groups)


async def all_done(redis: Redis) -> bool:
    """Whether every entry was given to a reader who said that it is done."""
    client: Any = redis
    groups = await client.xinfo_groups(ROUTER_STREAM)
    return bool(groups) and groups[0]["pending"] == 0 and groups[0]["lag"] == 0


async def until(holds: Any) -> None:
    """Wait until a condition holds; `holds` is called again and again."""
    async with asyncio.timeout(_DEADLINE_SECONDS):
        while not await holds():
            await asyncio.sleep(0.01)
