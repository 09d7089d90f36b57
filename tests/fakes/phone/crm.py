"""A crm_adapter that knows whose number is whose: the real contract over real gRPC."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1.crm_service_pb2_grpc import (
    CrmServiceServicer,
    add_CrmServiceServicer_to_server,
)
from switchyard.crm.v1.customer_pb2 import Customer

Context = grpc.aio.ServicerContext[Any, Any]


@dataclass
class NumbersCrm(CrmServiceServicer):
    """Tells in which language a number is served; answers nobody before it is let `go`."""

    languages: dict[str, str] = field(default_factory=dict)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0

    def __post_init__(self) -> None:
        self.go.set()

    async def GetContext(
        self, request: crm.GetContextRequest, context: Context
    ) -> crm.GetContextResponse:
        """One customer for each number that is known."""
        self.asked += 1
        await self.go.wait()
        language = self.languages.get(request.identifier.value)
        if language is None:
            return crm.GetContextResponse(outcome=crm.NONE)
        known = crm.CustomerContext(customer=Customer(name="tenants/demo/customers/c1"))
        known.customer.language.value = language
        return crm.GetContextResponse(outcome=crm.UNIQUE, context=known)


@asynccontextmanager
async def serving_crm(numbers: NumbersCrm) -> AsyncIterator[str]:
    """Its address, for the length of the block."""
    server = grpc.aio.server()
    add_CrmServiceServicer_to_server(numbers, server)  # type: ignore[no-untyped-call, unused-ignore]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        numbers.go.set()
        await server.stop(None)
