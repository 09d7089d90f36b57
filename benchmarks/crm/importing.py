"""How many customers a second are taken over from a file, on SQLite and on PostgreSQL.

    python -m benchmarks.crm.importing [CUSTOMERS]

Customers with orders, bills, cases and contacts are read from JSON Lines and stored: all new, then
all the same again, then a tenth of them changed. Reading alone is timed beside it. Both databases
write to disk what they acknowledge. Comparing records comes after an import and is measured by
`benchmarks.crm.relinking`. Last line JSON: records per second.
"""

import asyncio
import io
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from switchyard_common.clock import SystemClock
from switchyard_crm.adapters.importing.jsonl import JsonlReader
from switchyard_crm.adapters.importing.reading import DocumentReader
from switchyard_crm.adapters.sealing import MasterKeyVault
from switchyard_crm.adapters.sql.database import open_database
from switchyard_crm.adapters.sql.writer import StoreWriter
from switchyard_crm.domain.customer import LOCAL_SOURCE
from switchyard_crm.domain.identifiers import Normaliser
from switchyard_crm.domain.names import TenantId
from switchyard_crm.service.importing import ImportCustomers, ReadLine

from benchmarks.crm.documents import documents
from tests.fakes.crm.databases import PostgresServer

_TENANT = TenantId("bench")
_BATCH = 500
_CHANGED_EVERY = 10
_DEFAULT = 100_000


class _Took(NamedTuple):
    """Seconds by the clock, and of this process's processor time."""

    seconds: float
    work_seconds: float


def _file(customers: int, *, changed: bool = False) -> io.BytesIO:
    lines = io.BytesIO()
    for number, document in enumerate(documents(customers)):
        if changed and number % _CHANGED_EVERY == 0:
            document = document | {"tier": "changed"}
        lines.write(json.dumps(document).encode() + b"\n")
    lines.seek(0)
    return lines


def _read(file: io.BytesIO) -> Iterator[ReadLine]:
    documents_read = DocumentReader(_TENANT, Normaliser("CN"), SystemClock().now(), LOCAL_SOURCE)
    return iter(JsonlReader(documents_read).read(file))


def _reading(file: io.BytesIO) -> float:
    began = time.perf_counter()
    for line in _read(file):
        assert line.record is not None, line.problems
    return time.perf_counter() - began


async def _storing(
    url: str, files: Iterable[tuple[str, io.BytesIO]]
) -> AsyncIterator[tuple[str, _Took]]:
    vault = MasterKeyVault([bytes(32)])
    async with open_database(url, setting="URL", readers=1, writers=1, busy_seconds=60) as opened:
        writer = StoreWriter(opened, vault, SystemClock())
        for what, file in files:
            began, worked = time.perf_counter(), time.process_time()
            file.seek(0)
            async for batch in ImportCustomers(writer, _BATCH).run(_TENANT, _read(file)):
                assert not batch.problems, batch.problems[0]
            yield what, _Took(time.perf_counter() - began, time.process_time() - worked)


async def _main(customers: int) -> None:
    file, changed = _file(customers), _file(customers, changed=True)
    files = (("new", file), ("same", file), ("tenth_changed", changed))
    figures = {"reading": customers / _reading(file)}
    with tempfile.TemporaryDirectory() as folder, PostgresServer(durable=True) as server:
        places = {
            "sqlite": f"sqlite+aiosqlite:///{Path(folder) / 'crm.sqlite'}",
            "postgresql": server.url(server.new_database()),
        }
        for name, url in places.items():
            async for what, took in _storing(url, files):
                figures[f"{name}_{what}"] = customers / took.seconds
                work = took.work_seconds / customers * 1000
                figures[f"{name}_{what}_cpu_ms"] = work
                print(
                    f"{name:12} {what:14} {customers / took.seconds:8.0f} records/s, "
                    f"{work:.2f} ms of our processor time each",
                    flush=True,
                )
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]) if sys.argv[1:] else _DEFAULT))
