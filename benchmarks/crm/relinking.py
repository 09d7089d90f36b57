"""How long comparing takes when many records wait at once, on the store and beside nobody.

    python -m benchmarks.crm.relinking [RECORDS] [sqlite | postgresql+asyncpg://…]

Prints the time of storing and of comparing, how far the customers are right, and the time at the
beginning and at the end of comparing: it must not grow with what is stored. Last line JSON.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path

from sqlalchemy import select
from switchyard_common.clock import SystemClock
from switchyard_common.ids import IdFactory
from switchyard_crm.adapters.sealing import MasterKeyVault
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.adapters.sql.links import SqlIdentities
from switchyard_crm.adapters.sql.tables.records import records
from switchyard_crm.adapters.sql.writer import StoreWriter
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.records import CustomerRecord
from switchyard_crm.service.regrouping import Regrouping
from switchyard_crm.service.relinking import RelinkBatch, Relinked

from benchmarks.crm.people import GeneratedRecord, population
from benchmarks.crm.ways import score

TENANT = TenantId("bench")
_SEED = 20_261_122
_DEFAULT = 10_000
_WRITTEN_AT_ONCE = 500


def _stored(generated: Sequence[GeneratedRecord]) -> Iterator[CustomerRecord]:
    for number, each in enumerate(generated):
        yield CustomerRecord(CustomerName(TENANT, _id(number)), each.profile)


def _id(number: int) -> CustomerId:
    return CustomerId(f"r{number:07}")


async def _write(database: Database, vault: MasterKeyVault, given: list[CustomerRecord]) -> float:
    writer = StoreWriter(database, vault, SystemClock())
    began = time.perf_counter()
    for some in batched(given, _WRITTEN_AT_ONCE):
        await writer.replace(some)
    return time.perf_counter() - began


@dataclass(slots=True)
class _Times:
    """Seconds of each batch, by the clock and of the processor."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


async def _relink(batch: RelinkBatch) -> tuple[Relinked, _Times]:
    total, times = Relinked(), _Times()
    while True:
        wall, cpu = time.perf_counter(), time.process_time()
        done = await batch.run(TENANT)
        if not done.compared:
            return total, times
        total = total.plus(done)
        times.wall.append(time.perf_counter() - wall)
        times.cpu.append(time.process_time() - cpu)


async def _customers(database: Database, size: int) -> list[int]:
    """Each record's customer, as the number of the record it is named by."""
    found = [0] * size
    async with database.reading() as connection:
        rows = await connection.execute(select(records.c.id, records.c.customer_id))
        for record, customer in rows:
            found[int(record[1:])] = int(customer[1:])
    return found


async def measure(size: int, url: str) -> dict[str, float]:
    """Store and compare a made-up population."""
    generated = population(size, _SEED)
    vault = MasterKeyVault([bytes(32)])
    clock = SystemClock()
    async with open_database(url, setting="url", readers=1, busy_seconds=30) as database:
        write_seconds = await _write(database, vault, list(_stored(generated)))
        ids = IdFactory(clock)
        identities = SqlIdentities(database, vault, ids)
        total, times = await _relink(RelinkBatch(identities, Regrouping(ids, clock)))
        found = await _customers(database, len(generated))
        reached = score(generated, found)
        reviews = await identities.count_open_reviews()
    few = max(len(times.cpu) // 10, 1)
    return {
        "records": len(generated),
        "write_seconds": round(write_seconds, 1),
        "relink_seconds": round(sum(times.wall), 1),
        "relink_cpu_seconds": round(sum(times.cpu), 1),
        "longest_batch_seconds": round(max(times.wall), 2),
        "last_to_first_tenth_cpu": round(sum(times.cpu[-few:]) / sum(times.cpu[:few]), 2),
        "pairs_linked": total.linked,
        "reviews": reviews,
        "precision": round(reached.precision, 4),
        "recall": round(reached.recall, 4),
        "largest_cluster": reached.largest_cluster,
    }


def main(arguments: Sequence[str]) -> None:
    """Measure, and print."""
    size = int(arguments[0]) if arguments else _DEFAULT
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'crm.sqlite'}"
        measured = asyncio.run(measure(size, arguments[1] if arguments[1:] else url))
    print(json.dumps(measured))


if __name__ == "__main__":
    main(sys.argv[1:])
