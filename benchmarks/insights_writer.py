"""How many events per second the history takes: read from a real log, stored, and said to be done.

Run: `make bench BENCH=insights_writer ARGS='--events 40000'`. The same made-up day goes through in
batches and, for the ratio, one event at a time; each store begins empty and the growth is shown by
the speed of its first and last quarter. Processor time is this process's, all threads; the log's
server and PostgreSQL's are not in it. Prints a table and one JSON line.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
from redis.asyncio import Redis
from switchyard_common.embedded import EmbeddedValkey
from switchyard_insights.adapters.sql.history import SqlHistory
from switchyard_insights.domain.decisions import kept_fact
from switchyard_insights.domain.events import LoggedEvent
from switchyard_scoring.decision import Decision, Inputs
from switchyard_scoring.scoring import FORMULA

from tests.fakes.crm.databases import PostgresServer
from tests.fakes.insights.contact_centre import START_MS, contact_centre
from tests.fakes.insights.histories import opened
from tests.fakes.insights.logs import Counted, follow, reader_of, write

_ALONE = 400  # events stored one by one: enough to know the ratio
_EVENTS_PER_CONTACT = 13
_DECISIONS = 3000
_DECISIONS_AT_ONCE = 200  # as the service reads them


@dataclass(frozen=True, slots=True)
class Figures:
    """Events per second by the clock and by the processor, and in the first and last quarter."""

    per_second: float
    per_cpu_second: float
    first_quarter: float
    last_quarter: float


async def measure(
    server: EmbeddedValkey, url: str, events: list[LoggedEvent], batch: int
) -> Figures:
    """All events from the log into the store behind `url`."""
    redis = Redis.from_url(server.url)
    await redis.flushall()
    await write(redis, events)
    meter = Counted()
    async with opened(url) as database:
        follower = follow(log := reader_of(redis, batch=batch), SqlHistory(database), meter)
        marks = [(0, time.perf_counter(), time.process_time())]
        while await follower.take(await log.read()):
            marks.append((meter.kept, time.perf_counter(), time.process_time()))
    await redis.aclose()
    assert meter.kept == len(events)
    return _figures(marks)


def _figures(marks: Sequence[tuple[int, float, float]]) -> Figures:
    quarter = max(1, (len(marks) - 1) // 4)
    return Figures(
        per_second=_speed(marks[0], marks[-1]),
        per_cpu_second=(marks[-1][0] - marks[0][0]) / (marks[-1][2] - marks[0][2]),
        first_quarter=_speed(marks[0], marks[quarter]),
        last_quarter=_speed(marks[-1 - quarter], marks[-1]),
    )


def _speed(begin: tuple[int, float, float], end: tuple[int, float, float]) -> float:
    return (end[0] - begin[0]) / (end[1] - begin[1])


async def measure_decisions(url: str, count: int, candidates: int) -> Figures:
    """Decisions with so many candidates each, terms computed anew, into the store."""
    inputs = Inputs(
        formula=FORMULA,
        agents=tuple(f"a{number}" for number in range(candidates)),
        columns=("handle_ms", "idle_ms", "busy_ms"),
        values=tuple(range(1000, 1000 + 3 * candidates)),
        weights={"handle": 1.0, "idle": 0.5, "fairness": 0.2, "urgency": 1.0},
        contact={"waited_ms": 4000, "target_ms": 20_000},
    )
    first = Decision("", "c", "a0", "q", "p", 1, 0, START_MS, 9, candidates, {}, inputs)
    made = [replace(first, id=f"d{number}", seed=number) for number in range(count)]
    async with opened(url) as database:
        history = SqlHistory(database)
        marks = [(0, time.perf_counter(), time.process_time())]
        for start in range(0, count, _DECISIONS_AT_ONCE):
            page = made[start : start + _DECISIONS_AT_ONCE]
            await history.store([kept_fact("demo", decision) for decision in page])
            marks.append((start + len(page), time.perf_counter(), time.process_time()))
    return _figures(marks)


@contextmanager
def postgres() -> Iterator[PostgresServer | None]:
    """A server that writes to disk what it acknowledges; None where it is not installed."""
    try:
        server = PostgresServer(durable=True)
    except RuntimeError:
        yield None
        return
    with server:
        yield server


async def run(events: list[LoggedEvent], batch: int) -> dict[str, Figures]:
    """The figures by store and way."""
    found: dict[str, Figures] = {}
    few = events[:_ALONE]
    with EmbeddedValkey() as server, tempfile.TemporaryDirectory() as folder:
        for name, some, size in (("sqlite", events, batch), ("sqlite, one by one", few, 1)):
            url = f"sqlite+aiosqlite:///{Path(folder) / f'{size}.sqlite'}"
            found[name] = await measure(server, url, some, size)
        url = f"sqlite+aiosqlite:///{Path(folder) / 'decisions.sqlite'}"
        found["decisions of 20"] = await measure_decisions(url, _DECISIONS, 20)
        with postgres() as database:
            if database is not None:
                url = database.url(database.new_database())
                found["postgresql"] = await measure(server, url, events, batch)
    return found


def told(found: dict[str, Figures]) -> Iterator[str]:
    """A line for each, then the ratio."""
    yield f"{'':20} {'events/s':>10} {'per CPU s':>10} {'first 1/4':>10} {'last 1/4':>10}"
    for name, each in found.items():
        row = (each.per_second, each.per_cpu_second, each.first_quarter, each.last_quarter)
        yield f"{name:20} " + " ".join(f"{value:10.0f}" for value in row)
    ratio = found["sqlite"].per_second / found["sqlite, one by one"].per_second
    yield f"in batches {ratio:.1f} times as fast as one by one"
    figures: dict[str, Any] = {name: asdict(each) for name, each in found.items()}
    yield orjson.dumps({"insights_writer": figures, "ratio": ratio}).decode()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--batch", type=int, default=1000)
    options = parser.parse_args()
    day = contact_centre(max(40, options.events // _EVENTS_PER_CONTACT))
    events = sorted(day, key=lambda event: event.position)
    assert all(one.position < two.position for one, two in pairwise(events))
    for line in told(asyncio.run(run(events, options.batch))):
        print(line)


if __name__ == "__main__":
    main()
