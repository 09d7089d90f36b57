"""The real service on free ports, for the length of a test."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from switchyard.crm.v1.crm_service_pb2_grpc import CrmServiceStub
from switchyard_common.grpc_channel import open_channel
from switchyard_common.lifecycle import Lifecycle
from switchyard_crm.adapters.sql.database import open_database
from switchyard_crm.adapters.sql.writer import StoreWriter
from switchyard_crm.domain.customer import CustomerRecord
from switchyard_crm.main import Store, serving
from switchyard_crm.settings import CrmSettings

from tests.fakes.crm.store import FakeStore

SERVICE = "switchyard.crm.v1.CrmService"


@dataclass(frozen=True)
class RunningCrm:
    """A service and a client of it."""

    crm: CrmServiceStub
    channel: grpc.aio.Channel
    metrics_port: int

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
    database: Path, store: FakeStore | None = None, **settings: object
) -> AsyncIterator[RunningCrm]:
    """Serve from a database file, or from a store in memory."""
    chosen = CrmSettings(
        port=0,
        metrics_port=0,
        drain_seconds=0.5,
        database_url=url_of(database),
        **settings,  # type: ignore[arg-type]  # each test sets what it needs
    )
    lifecycle = Lifecycle()
    fake = None if store is None else Store(store, (store,), store, store, store.ping)
    async with (
        serving(chosen, lifecycle, fake) as ports,
        open_channel(f"127.0.0.1:{ports.grpc}") as channel,
    ):
        yield RunningCrm(CrmServiceStub(channel), channel, ports.metrics)
    await lifecycle.end_all()
    assert not lifecycle.failed


async def fill(database: Path, records: Sequence[CustomerRecord]) -> None:
    """Store customers in a database file."""
    async with open_database(
        url_of(database), setting="CRM_DATABASE_URL", readers=1, busy_seconds=20
    ) as opened:
        await StoreWriter(opened).replace(records)


def url_of(database: Path) -> str:
    return f"sqlite+aiosqlite:///{database}"
