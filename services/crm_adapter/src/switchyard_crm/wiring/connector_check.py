"""One connector of a connectors file, put together to be tried out."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from switchyard_common.clock import SystemClock
from switchyard_common.errors import StartError

from switchyard_crm.adapters.connectors.registry import Registry
from switchyard_crm.adapters.connectors.settings import read_connectors
from switchyard_crm.domain.identifiers import GivenIdentifier, Normaliser
from switchyard_crm.domain.names import TenantId
from switchyard_crm.entrypoints.cli.check_connector import CheckOrder
from switchyard_crm.service.connector_check import CheckConnector, Step


@asynccontextmanager
async def checking(order: CheckOrder) -> AsyncIterator[AsyncIterator[Step]]:
    """The steps, each taken when it is asked for. Raises StartError, InvalidField."""
    normaliser, clock = Normaliser(order.region), SystemClock()
    given = GivenIdentifier(order.kind, order.value)
    asked = normaliser.normalise(given, TenantId(""), order.kind.value)
    if asked is None:
        raise StartError(f"--{order.kind.value}: identifies nobody; give somebody's own")
    file = read_connectors(order.file)
    entries = {entry.name: entry for entry in file.connectors}
    if order.name not in entries:
        known = ", ".join(entries) or "none"
        raise StartError(f"{order.file}: there is no connector {order.name}; there are {known}")
    connector = Registry(normaliser, clock).build(file, entries[order.name])
    try:
        async with aclosing(CheckConnector(connector, clock).run(asked)) as steps:
            yield steps
    finally:
        await connector.close()
