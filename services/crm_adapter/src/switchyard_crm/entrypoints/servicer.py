"""The gRPC service: read the request, run the use case, write the answer.

RPCs that are missing here answer UNIMPLEMENTED; the server's interceptor sees to that.
"""

from dataclasses import dataclass
from typing import Any

import grpc
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1.crm_service_pb2_grpc import CrmServiceServicer
from switchyard_common.clock import Clock

from switchyard_crm.entrypoints import answers, requests
from switchyard_crm.entrypoints.metrics import CrmMetrics
from switchyard_crm.entrypoints.requests import Requests
from switchyard_crm.service.context import GetContext
from switchyard_crm.service.interactions import LogInteraction
from switchyard_crm.service.orders import LookupOrder
from switchyard_crm.service.resolve import Resolve

type Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the service can do so far."""

    resolve: Resolve
    get_context: GetContext
    lookup_order: LookupOrder
    log_interaction: LogInteraction


class CrmServicer(CrmServiceServicer):
    """Serves `switchyard.crm.v1.CrmService`."""

    def __init__(
        self, use_cases: UseCases, reads: Requests, metrics: CrmMetrics, clock: Clock
    ) -> None:
        self._use_cases = use_cases
        self._requests = reads
        self._metrics = metrics
        self._clock = clock

    async def Resolve(self, request: crm.ResolveRequest, context: Context) -> crm.ResolveResponse:
        """Finds out who is behind identifiers."""
        tenant, identifiers = self._requests.resolve(request)
        found = await self._use_cases.resolve.run(tenant, identifiers)
        self._metrics.lookup("Resolve", found.outcome)
        return answers.resolution(found, tenant)

    async def GetContext(
        self, request: crm.GetContextRequest, context: Context
    ) -> crm.GetContextResponse:
        """Reads what is known of a customer, in time."""
        began = self._clock.monotonic()
        query = self._requests.context(request)
        answer = await self._use_cases.get_context.run(query, context.time_remaining())
        self._metrics.lookup("GetContext", answer.outcome)
        for report in answer.reports:
            self._metrics.source(report.source, report.status, report.took_seconds)
        response = answers.context(answer, request.language)
        self._metrics.context(self._clock.monotonic() - began, partial=bool(answer.missing))
        return response

    async def LookupOrder(
        self, request: crm.LookupOrderRequest, context: Context
    ) -> crm.LookupOrderResponse:
        """Finds an order for somebody who knows two things about it."""
        held = await self._use_cases.lookup_order.run(*requests.order(request))
        self._metrics.lookup("LookupOrder", "NOT_FOUND" if held is None else "FOUND")
        return answers.looked_up(held, request.language)

    async def LogInteraction(
        self, request: crm.LogInteractionRequest, context: Context
    ) -> crm.LogInteractionResponse:
        """Notes that a contact took place."""
        customer, entry, request_id = requests.interaction(request)
        logged = await self._use_cases.log_interaction.run(customer, entry, request_id)
        self._metrics.interaction(new=logged.new)
        return answers.delivery(customer, logged)
