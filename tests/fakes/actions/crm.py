"""A crm_adapter that knows a few orders: the real contract over real gRPC, nothing behind it."""

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
from switchyard.crm.v1.customer_pb2 import Customer, Order, OrderItem

CUSTOMER = "tenants/demo/customers/c1"
NUMBER = "SY20261234"
LAST4 = "5678"
CODE = "551920"
_ITEM_NAMES = {"desk lamp": "台灯", "phone case": "手机壳"}
Context = grpc.aio.ServicerContext[Any, Any]


@dataclass
class FakeCrm(CrmServiceServicer):
    """Verifies one customer and tells their orders; can be slowed down or made to fail."""

    delay_seconds: float = 0.0
    fail_with: grpc.StatusCode | None = None
    verifications: list[crm.VerifyCustomerRequest] = field(default_factory=list)
    codes_sent: int = 0
    _orders: dict[str, tuple[str, Order]] = field(default_factory=dict)

    def add(self, number: str, last4: str, state: str = "shipped") -> None:
        """Adds an order of a desk lamp and two phone cases."""
        order = Order(
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
        self._orders[number] = (last4, order)

    async def VerifyCustomer(
        self, request: crm.VerifyCustomerRequest, context: Context
    ) -> crm.VerifyCustomerResponse:
        """As the contract says, without a limit of attempts."""
        self.verifications.append(request)
        await self._answer(context)
        last4, _ = self._orders.get(request.order_number, ("", None))
        match request.WhichOneof("proof"):
            case "phone_last4":
                right = bool(last4) and request.phone_last4 == last4
            case "code":
                right = self.codes_sent > 0 and request.code == CODE
            case _:
                right = False
        if not right:
            return crm.VerifyCustomerResponse(outcome=crm.NOT_VERIFIED)
        return crm.VerifyCustomerResponse(outcome=crm.VERIFIED, customer=CUSTOMER)

    async def SendCode(
        self, request: crm.SendCodeRequest, context: Context
    ) -> crm.SendCodeResponse:
        """As the contract says; the code is always the same."""
        await self._answer(context)
        self.codes_sent += 1
        return crm.SendCodeResponse()

    async def GetContext(
        self, request: crm.GetContextRequest, context: Context
    ) -> crm.GetContextResponse:
        """The customer's orders, newest first; item names in the language asked for."""
        await self._answer(context)
        if request.customer != CUSTOMER:
            return crm.GetContextResponse(outcome=crm.NONE)
        orders = [_in(request.language, order) for _, order in reversed(self._orders.values())]
        known = crm.CustomerContext(customer=Customer(name=CUSTOMER), orders=orders)
        return crm.GetContextResponse(outcome=crm.UNIQUE, context=known)

    async def _answer(self, context: Context) -> None:
        await asyncio.sleep(self.delay_seconds)
        if self.fail_with is not None:
            await context.abort(self.fail_with, "as told by the test")


def _in(language: str, known: Order) -> Order:
    order = Order()
    order.CopyFrom(known)
    if language == "zh":
        for item in order.items:
            item.name = _ITEM_NAMES.get(item.name, item.name)
    return order


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
