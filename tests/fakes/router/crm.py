"""A CRM adapter that answers as told: with a customer, late, or not at all."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from switchyard.crm.v1 import crm_service_pb2, crm_service_pb2_grpc

CALLER = "+8613912345678"
NAME = "欧阳 Wei-Ling"
CUSTOMER = "tenants/demo/customers/customer-4711"


class Crm(crm_service_pb2_grpc.CrmServiceServicer):
    """Knows one customer."""

    def __init__(self) -> None:
        self.delay_seconds = 0.0
        self.asked: list[crm_service_pb2.GetContextRequest] = []

    async def GetContext(
        self, request: crm_service_pb2.GetContextRequest, context: Any
    ) -> crm_service_pb2.GetContextResponse:
        """What is known of the one customer."""
        self.asked.append(request)
        await asyncio.sleep(self.delay_seconds)
        response = crm_service_pb2.GetContextResponse()
        if request.identifier.value == CALLER or request.customer == CUSTOMER:
            response.outcome = crm_service_pb2.UNIQUE
            response.context.customer.name = CUSTOMER
            response.context.customer.display_name.value = NAME
            response.context.customer.language.value = "zh-CN"
        else:
            response.outcome = crm_service_pb2.NONE
        return response


@asynccontextmanager
async def crm_serving() -> AsyncGenerator[tuple[str, Crm]]:
    """Its address, and the CRM itself."""
    server, crm = grpc.aio.server(), Crm()
    crm_service_pb2_grpc.add_CrmServiceServicer_to_server(crm, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}", crm
    finally:
        await server.stop(0)
