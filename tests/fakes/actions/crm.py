"""A crm_adapter that knows a few orders: the real contract over real gRPC, nothing behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from switchyard.crm.v1.crm_service_pb2 import LookupOrderRequest, LookupOrderResponse
from switchyard.crm.v1.crm_service_pb2_grpc import (
    CrmServiceServicer,
    add_CrmServiceServicer_to_server,
)
from switchyard.crm.v1.customer_pb2 import Order, OrderItem

CUSTOMER = "tenants/demo/customers/c1"
_ITEM_NAMES = {"desk lamp": "台灯", "phone case": "手机壳"}


@dataclass
class FakeCrm(CrmServiceServicer):
    """Answers LookupOrder; can be slowed down or made to fail."""

    delay_seconds: float = 0.0
    fail_with: grpc.StatusCode | None = None
    requests: list[LookupOrderRequest] = field(default_factory=list)
    _orders: dict[tuple[str, str], Order] = field(default_factory=dict)

    def add(self, number: str, last4: str, state: str = "shipped") -> None:
        """Adds an order of a desk lamp and two phone cases."""
        self._orders[number, last4] = Order(
            number=number,
            state=state,
            items=[
                OrderItem(name="desk lamp", quantity=1),
                OrderItem(name="phone case", quantity=2),
            ],
            carrier="SF Express",
            tracking_number="SF1029384756",
            delivery_date="2026-11-25",
        )

    async def LookupOrder(
        self,
        request: LookupOrderRequest,
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> LookupOrderResponse:
        """As the contract says; item names in the language asked for."""
        self.requests.append(request)
        await asyncio.sleep(self.delay_seconds)
        if self.fail_with is not None:
            await context.abort(self.fail_with, "as told by the test")
        known = self._orders.get((request.order_number, request.phone_last4))
        if request.parent != "tenants/demo" or known is None:
            return LookupOrderResponse(found=False)
        order = Order()
        order.CopyFrom(known)
        if request.language == "zh":
            for item in order.items:
                item.name = _ITEM_NAMES.get(item.name, item.name)
        return LookupOrderResponse(found=True, order=order, customer=CUSTOMER)


@asynccontextmanager
async def serving(crm: FakeCrm) -> AsyncIterator[str]:
    """Serves it on a free port; gives host:port."""
    server = grpc.aio.server()
    add_CrmServiceServicer_to_server(crm, server)  # type: ignore[no-untyped-call, unused-ignore]
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)
