"""Orders, looked up at crm_adapter."""

import time
from datetime import date

import grpc
import structlog
from switchyard.crm.v1 import customer_pb2
from switchyard.crm.v1.crm_service_pb2 import LookupOrderRequest, LookupOrderResponse
from switchyard.crm.v1.crm_service_pb2_grpc import CrmServiceStub

from switchyard_actions.domain.language import Language
from switchyard_actions.domain.orders import Order, OrderItem, OrderState
from switchyard_actions.metrics import ActionsMetrics
from switchyard_actions.service.ports import OrdersUnavailable


class CrmOrderDirectory:
    """An OrderDirectory over gRPC, one call per question and no retry: the customer can ask again.

    `timeout_seconds` bounds each call; whatever goes wrong there becomes OrdersUnavailable.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        tenant: str,
        timeout_seconds: float,
        metrics: ActionsMetrics,
    ) -> None:
        self._crm = CrmServiceStub(channel)
        self._parent = f"tenants/{tenant}"
        self._timeout_seconds = timeout_seconds
        self._metrics = metrics
        self._log = structlog.stdlib.get_logger()

    async def find_order(
        self, order_number: str, phone_last4: str, language: Language
    ) -> Order | None:
        """See OrderDirectory."""
        request = LookupOrderRequest(
            parent=self._parent,
            order_number=order_number,
            phone_last4=phone_last4,
            language=language.value,
        )
        started = time.perf_counter()
        try:
            response = await self._crm.LookupOrder(request, timeout=self._timeout_seconds)
        except grpc.aio.AioRpcError as error:
            self._observe("unavailable", started)
            self._log.warning("order_lookup_failed", code=error.code().name)
            raise OrdersUnavailable from error
        order = _order(response)
        self._observe("no_match" if order is None else "found", started)
        return order

    def _observe(self, outcome: str, started: float) -> None:
        elapsed = time.perf_counter() - started
        self._metrics.order_lookup_seconds.labels(outcome).observe(elapsed)


def _order(response: LookupOrderResponse) -> Order | None:
    if not response.found:
        return None
    found = response.order
    return Order(
        number=found.number,
        state=_state(found),
        items=tuple(OrderItem(item.name, item.quantity) for item in found.items),
        carrier=found.carrier,
        tracking_number=found.tracking_number,
        delivery_date=date.fromisoformat(found.delivery_date) if found.delivery_date else None,
        customer=response.customer,
    )


def _state(order: customer_pb2.Order) -> OrderState:
    try:
        return OrderState(order.state)
    except ValueError:  # a state that was added to the contract later
        return OrderState.OTHER
