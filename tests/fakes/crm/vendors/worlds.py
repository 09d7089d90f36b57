"""Worlds of the conformance suite whose CRM is a vendor's fake."""

from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from switchyard_common.clock import SystemClock
from switchyard_crm.adapters.connectors.registry import GROUP, Registry
from switchyard_crm.adapters.connectors.settings import (
    ConnectorSettings,
    ConnectorsFile,
    SecretPlace,
)
from switchyard_crm.domain.identifiers import Normaliser
from switchyard_crm.service.connectors import Connector

from tests.fakes.crm.faults import FaultyCrm, faulty
from tests.fakes.crm.vendors.serving import Vendor, serving

TENANT = "demo"


class VendorClock:
    """The vendor's clock: the machine's, and a second more with each `tick`."""

    def __init__(self) -> None:
        self._system = SystemClock()
        self._ahead = timedelta()

    def now(self) -> datetime:
        return self._system.now() + self._ahead

    def monotonic(self) -> float:
        return self._system.monotonic() + self._ahead.total_seconds()

    def tick(self, seconds: float = 1.0) -> datetime:
        """The time after a second has passed."""
        self._ahead += timedelta(seconds=seconds)
        return self.now()


class VendorWorld:
    """What all of them do alike: connectors as the service builds them, behind the proxy."""

    kind: str
    secrets: dict[str, str]
    wrong_secrets: dict[str, str]
    options: dict[str, Any]
    mapping: str = ""

    def __init__(self, clock: VendorClock, proxy: FaultyCrm, folder: Path) -> None:
        self.clock = clock
        self.proxy = proxy
        self._folder = folder
        self._stack = AsyncExitStack()

    async def connect(self, timeout_seconds: float = 20.0, wrong: bool = False) -> Connector:
        settings = ConnectorSettings(
            name=self.kind,
            kind=self.kind,
            tenant=TENANT,
            url=self.proxy.url,
            credentials=self._credentials(
                {**self.secrets, **(self.wrong_secrets if wrong else {})}
            ),
            mapping=self._mapping(),
            timeout_seconds=timeout_seconds,
            options=self.options,
        )
        module = f"switchyard_crm.adapters.connectors.{self.kind}:KIND"
        registry = Registry(Normaliser("CN"), SystemClock(), [EntryPoint(self.kind, module, GROUP)])
        connector = registry.build(ConnectorsFile(Path("connectors.yaml"), (settings,)), settings)
        self._stack.push_async_callback(connector.close)
        return connector

    async def close(self) -> None:
        await self._stack.aclose()

    def _credentials(self, secrets: dict[str, str]) -> dict[str, SecretPlace]:
        places = {}
        for name, text in secrets.items():
            file = self._folder / f"{name}-{abs(hash(text))}"
            file.write_text(text)
            places[name] = SecretPlace(file=file)
        return places

    def _mapping(self) -> Path | None:
        if not self.mapping:
            return None
        file = self._folder / "mapping.yaml"
        file.write_text(self.mapping)
        return file

    @property
    @abstractmethod
    def vendor(self) -> Vendor:
        """The fake."""


@asynccontextmanager
async def proxied(vendor: Vendor) -> AsyncIterator[FaultyCrm]:
    """A vendor's server and the proxy before it."""
    async with serving(vendor) as port, faulty("127.0.0.1", port) as proxy:
        yield proxy
