"""crm_adapter as far as reset links go, over real gRPC."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from prometheus_client import CollectorRegistry
from switchyard.crm.v1 import crm_service_pb2 as pb
from switchyard.crm.v1 import crm_service_pb2_grpc
from switchyard_common.errors import DomainError, ErrorKind
from switchyard_common.interceptors import CallInterceptor
from switchyard_common.metrics import RpcMetrics

GOOD = "good-token_0123456789"
SLOW = "slow-token_0123456789"


class ResetLinks(crm_service_pb2_grpc.CrmServiceServicer):
    """One link that is good once; 1212 is too simple. `pins` keeps what was set."""

    def __init__(self) -> None:
        self.pins: list[str] = []
        self.asked = 0

    async def RedeemResetLink(
        self,
        request: pb.RedeemResetLinkRequest,
        context: "grpc.aio.ServicerContext[Any, Any]",
    ) -> pb.RedeemResetLinkResponse:
        self.asked += 1
        assert request.parent == "tenants/demo"
        if request.token == SLOW:
            raise _refusal(ErrorKind.UNAVAILABLE, "STORE_UNAVAILABLE")
        if request.token != GOOD or self.pins:
            raise _refusal(ErrorKind.NOT_FOUND, "LINK_NOT_VALID")
        if request.new_pin == "1212":
            raise _refusal(ErrorKind.INVALID, "PIN_TOO_SIMPLE")
        self.pins.append(request.new_pin)
        return pb.RedeemResetLinkResponse()


def _refusal(kind: ErrorKind, reason: str) -> DomainError:
    return DomainError(kind=kind, reason=reason, message="as crm_adapter says it")


@asynccontextmanager
async def serving(links: ResetLinks) -> AsyncIterator[str]:
    """The service on a free port; its target."""
    interceptor = CallInterceptor(RpcMetrics(CollectorRegistry(), "crm"))
    server = grpc.aio.server(interceptors=[interceptor])
    crm_service_pb2_grpc.add_CrmServiceServicer_to_server(links, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)
