"""The store and the two CRMs that contexts are measured over."""

import asyncio
import io
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from switchyard_common.clock import SystemClock
from switchyard_crm.adapters.buckets import TokenBucket
from switchyard_crm.adapters.importing.jsonl import JsonlReader
from switchyard_crm.adapters.importing.reading import DocumentReader
from switchyard_crm.adapters.sealing import MasterKeyVault
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.adapters.sql.schema import (
    bills,
    cases,
    identifiers,
    interactions,
    orders,
    record_keys,
    records,
)
from switchyard_crm.adapters.sql.writer import StoreWriter
from switchyard_crm.domain.customer import LOCAL_SOURCE, Case, Interaction, Order, Provenance
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind, Normaliser
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.records import CustomerRecord, Profile
from switchyard_crm.service.connectors import Capability, TimelinePage
from switchyard_crm.service.importing import ImportCustomers
from switchyard_crm.wiring.context import ConnectedCrm

from benchmarks.crm.documents import documents, phone_of

TENANT = TenantId("demo")
MASTER_KEY = bytes(range(32))
REAL = 10_000
"""Customers that are stored as the service stores them, and asked for."""
IN_CRMS = 1_000
"""The first so many customers have a record in both CRMs."""
CRM_SECONDS = 0.02
"""What a healthy CRM takes for an answer."""
CRMS = ("desk", "erp")
_TABLES = (records, record_keys, identifiers, orders, bills, cases, interactions)
_LINK = """
UPDATE records SET relink = 0, customer_id = CASE source
  WHEN 'local' THEN customer_id ELSE 'c-' || source_id END
"""
_BATCH = 500
_SAY_EVERY = 2_500
_OBSERVED = datetime(2026, 11, 1, tzinfo=UTC)


class MeasuredCrm:
    """Answers after a while, or never; counts what it is asked."""

    capabilities = frozenset((Capability.GET, Capability.OPEN_CASES, Capability.TIMELINE))

    def __init__(self, name: str, seconds: float = CRM_SECONDS) -> None:
        self.name = name
        self.seconds = seconds
        self.hangs = False
        self.calls = Counter[str]()
        self.in_flight = 0
        self.most_in_flight = 0

    async def get(self, source_id: str) -> Profile:
        """The person as it was stored."""
        await self._called("get")
        return person(self.name, int(source_id))

    async def open_cases(self, source_id: str, limit: int) -> Sequence[Case]:
        """Three of them."""
        await self._called("open_cases")
        return [
            Case(f"{self.name}-{source_id}-{n}", "open", "Parcel", "normal", _OBSERVED, _OBSERVED)
            for n in range(3)
        ]

    async def timeline(self, source_id: str, limit: int, cursor: str = "") -> TimelinePage:
        """Ten contacts."""
        await self._called("timeline")
        return TimelinePage(
            tuple(Interaction(f"{source_id}-{n}", "VOICE", _OBSERVED) for n in range(10))
        )

    async def find(self, identifier: Identifier) -> Sequence[Profile]:
        """Not offered."""
        raise AssertionError

    async def orders(self, source_id: str, limit: int) -> Sequence[Order]:
        """Not offered."""
        raise AssertionError

    async def close(self) -> None:
        """Nothing to give back."""

    async def _called(self, method: str) -> None:
        self.calls[method] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self.hangs:
                await asyncio.Event().wait()
            await asyncio.sleep(self.seconds)
        finally:
            self.in_flight -= 1


def connected(crm: MeasuredCrm) -> ConnectedCrm:
    """The CRM as the service is connected to it, without a limit on its rate."""
    bucket = TokenBucket(1e6, 1_000_000, SystemClock())
    return ConnectedCrm(TENANT, crm, bucket, concurrency=8)  # type: ignore[arg-type]  # reads only


def person(source: str, number: int) -> Profile:
    """A customer as a CRM has it."""
    known = Identifier(IdentifierKind.PHONE, phone_of(number))
    origin = Provenance(source, str(number), _OBSERVED)
    return Profile(origin, display_name=f"Customer {number}", identifiers=(known,))


def url_of(file: Path) -> str:
    """The URL of a store."""
    return f"sqlite+aiosqlite:///{file}"


def vault() -> MasterKeyVault:
    """The vault of the store."""
    return MasterKeyVault([MASTER_KEY])


@asynccontextmanager
async def opened(file: Path) -> AsyncIterator[Database]:
    """The store, without a service."""
    async with open_database(
        url_of(file), setting="CRM_DATABASE_URL", readers=4, busy_seconds=30
    ) as database:
        yield database


async def fill(file: Path, customers: int) -> None:
    """Store the customers, some of them in the CRMs too.

    The first `REAL` are stored as the service stores them. The others are copies of their rows
    under other ids and other blind indexes: for tables and indexes they are customers like all
    others, and nobody asks for them. All are different people, so nobody has to compare them: the
    records are marked as compared.
    """
    real = min(REAL, customers)
    async with opened(file) as database:
        writer = StoreWriter(database, vault(), SystemClock())
        await _import(writer, real)
        async with database.writing() as connection:
            for copy in range(1, customers // real):
                await _copy(connection, copy)
        await _put_into_crms(writer, min(IN_CRMS, real))
        async with database.writing() as connection:
            await connection.execute(text(_LINK))


async def _copy(connection: AsyncConnection, copy: int) -> None:
    for table in _TABLES:
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        values = ", ".join(_copied(column.name) for column in table.columns)
        owner = "id" if table is records else "record_id"
        await connection.execute(
            text(
                f"INSERT INTO {table.name} ({columns}) SELECT {values} FROM {table.name} "
                f"WHERE {owner} NOT LIKE '%~%'"
            ),
            {"copy": f"~{copy}"},
        )


def _copied(column: str) -> str:
    if column in ("id", "record_id", "customer_id", "source_id"):
        return f"{column} || :copy"
    if column in ("index", "number_index"):
        return "lower(hex(randomblob(16)))"
    return f'"{column}"'


async def _import(writer: StoreWriter, customers: int) -> None:
    lines = io.BytesIO(b"".join(json.dumps(each).encode() + b"\n" for each in documents(customers)))
    reader = DocumentReader(TENANT, Normaliser("CN"), SystemClock().now(), LOCAL_SOURCE)
    stored = 0
    importing = ImportCustomers(writer, _BATCH)
    async for batch in importing.run(TENANT, JsonlReader(reader).read(lines)):
        stored += batch.stored
        if stored % _SAY_EVERY == 0:
            print(f"  … {stored} of {customers} customers stored", file=sys.stderr, flush=True)


async def _put_into_crms(writer: StoreWriter, customers: int) -> None:
    for source in CRMS:
        for numbers in batched(range(customers), _BATCH):
            await writer.replace([_record(source, number) for number in numbers])


def _record(source: str, number: int) -> CustomerRecord:
    name = CustomerName(TENANT, CustomerId(f"{source}-{number}"))
    return CustomerRecord(name, person(source, number))
