"""The real service on free ports, for the length of a test."""

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from switchyard.crm.v1.crm_service_pb2_grpc import CrmServiceStub
from switchyard_common.clock import SystemClock
from switchyard_common.grpc_channel import open_channel
from switchyard_common.lifecycle import Lifecycle
from switchyard_crm.adapters.sealing import MasterKeyVault
from switchyard_crm.adapters.sql.database import open_database
from switchyard_crm.adapters.sql.writer import StoreWriter
from switchyard_crm.domain.records import CustomerRecord
from switchyard_crm.main import serving
from switchyard_crm.settings import CrmSettings
from switchyard_crm.wiring.context import ConnectedCrm
from switchyard_crm.wiring.store import Store

from tests.fakes.crm.privacy import MemoryAccessLog, NoSubjects
from tests.fakes.crm.self_service import fake_self_service
from tests.fakes.crm.store import FakeStore
from tests.fakes.crm.unrelated import UnrelatedIdentities
from tests.fakes.crm.writes import fake_writes

SERVICE = "switchyard.crm.v1.CrmService"
# Shared machines pause at will; who tests what becomes of slow stores and CRMs sets his own.
_PATIENT = dict.fromkeys(
    (
        "busy_seconds",
        "consent_seconds",
        "context_seconds",
        "local_seconds",
        "redis_seconds",
        "routing_seconds",
        "source_seconds",
    ),
    60.0,
)
MASTER_KEY = base64.b64encode(bytes(range(32))).decode()


@dataclass(frozen=True)
class RunningCrm:
    """A service and a client of it."""

    crm: CrmServiceStub
    channel: grpc.aio.Channel
    metrics_port: int
    target: str
    """host:port, for others that call it."""

    async def health(self, service: str = SERVICE) -> str:
        stub: Any = health_pb2_grpc.HealthStub(self.channel)
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
        return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)

    def metrics(self) -> dict[str, float]:
        """Samples by name and labels, as a scraper sees them."""
        with urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics") as response:
            lines = response.read().decode().splitlines()
        samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {name: float(value) for name, _, value in samples}


@asynccontextmanager
async def running_crm(
    database: Path | str,
    store: FakeStore | None = None,
    crms: Sequence[ConnectedCrm] = (),
    **settings: object,
) -> AsyncIterator[RunningCrm]:
    """Serve from a database, or from a store in memory, and from CRMs."""
    values: dict[str, object] = {
        "port": 0,
        "metrics_port": 0,
        "drain_seconds": 0.5,
        **_PATIENT,
        "database_url": url_of(database),
        "master_key": MASTER_KEY,
        **settings,
    }
    chosen = CrmSettings(**values)  # type: ignore[arg-type]  # each test sets what it needs
    lifecycle = Lifecycle()
    fake = None if store is None else _in_memory(store)
    async with (
        serving(chosen, lifecycle, fake, crms) as ports,
        open_channel(target := f"127.0.0.1:{ports.grpc}") as channel,
    ):
        yield RunningCrm(CrmServiceStub(channel), channel, ports.metrics, target)
    await lifecycle.end_all()
    assert not lifecycle.failed


def _in_memory(store: FakeStore) -> Store:
    return Store(
        index=store,
        sources=(store,),
        orders=store,
        writes=fake_writes(store),
        identities=UnrelatedIdentities(store),
        subjects=NoSubjects(),
        accesses=MemoryAccessLog(),
        ping=store.ping,
        self_service=fake_self_service(store),
    )


async def fill(database: Path | str, records: Sequence[CustomerRecord]) -> None:
    """Store customers in a database."""
    async with open_database(
        url_of(database), setting="CRM_DATABASE_URL", readers=1, busy_seconds=20
    ) as opened:
        await StoreWriter(opened, vault(), SystemClock()).replace(records)


def vault() -> MasterKeyVault:
    """The vault of what is filled and served here."""
    return MasterKeyVault([base64.b64decode(MASTER_KEY)])


def url_of(database: Path | str) -> str:
    """The URL of a file; a URL is one already."""
    return database if isinstance(database, str) else f"sqlite+aiosqlite:///{database}"
