"""The RPCs that write: contacts and cases, and how far they have got in the CRMs."""

from dataclasses import dataclass
from typing import Any

import grpc
from switchyard.crm.v1 import crm_service_pb2 as crm

from switchyard_crm.domain.names import delivery_name, parse_customer, parse_delivery
from switchyard_crm.entrypoints import write_messages as messages
from switchyard_crm.entrypoints.metrics import CrmMetrics
from switchyard_crm.entrypoints.repeats import write_of
from switchyard_crm.entrypoints.self_service_requests import SelfServiceRequests
from switchyard_crm.service.audit import AuditTrail
from switchyard_crm.service.cases import CreateCase, ReportCase, UpdateCase
from switchyard_crm.service.deliveries import GetDelivery, RedriveDelivery
from switchyard_crm.service.interactions import LogInteraction
from switchyard_crm.service.requests import BlindIndex

type Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Writes:
    """What writing takes."""

    log_interaction: LogInteraction
    create_case: CreateCase
    report_case: ReportCase
    update_case: UpdateCase
    get_delivery: GetDelivery
    redrive_delivery: RedriveDelivery
    reads: SelfServiceRequests
    index: BlindIndex
    metrics: CrmMetrics
    audit: AuditTrail


class WriteRpcs:
    """LogInteraction, CreateCase, UpdateCase, GetDelivery and RedriveDelivery."""

    _writes: Writes

    async def LogInteraction(
        self, request: crm.LogInteractionRequest, context: Context
    ) -> crm.LogInteractionResponse:
        """Notes that a contact took place."""
        customer, entry = messages.interaction(request)
        write = write_of(request, customer.tenant, self._writes.index)
        answered = await self._writes.log_interaction.run(customer, entry, write)
        self._writes.metrics.interaction(new=answered.new)
        return crm.LogInteractionResponse(delivery=delivery_name(customer.tenant, answered.answer))

    async def CreateCase(
        self, request: crm.CreateCaseRequest, context: Context
    ) -> crm.CreateCaseResponse:
        """Opens a case."""
        if request.HasField("reporter"):
            return await self._report_case(request)
        customer = parse_customer(request.customer, "customer")
        case = messages.new_case(request)
        write = write_of(request, customer.tenant, self._writes.index)
        written = await self._writes.create_case.run(customer, case, write)
        return messages.created(customer.tenant, written)

    async def _report_case(self, request: crm.CreateCaseRequest) -> crm.CreateCaseResponse:
        """Opens a case for somebody unknown."""
        tenant, contact = self._writes.reads.reporter_of(request)
        case = messages.new_case(request)
        write = write_of(request, tenant, self._writes.index)
        written = await self._writes.report_case.run(tenant, contact, case, write)
        return messages.created(tenant, written)

    async def UpdateCase(
        self, request: crm.UpdateCaseRequest, context: Context
    ) -> crm.UpdateCaseResponse:
        """Changes a case."""
        customer, which, change = messages.case_change(request)
        write = write_of(request, customer.tenant, self._writes.index)
        written = await self._writes.update_case.run(customer, which, change, write)
        if written.case is not None:
            self._writes.audit.note("UpdateCase", customer.tenant, customer.customer, "case")
        return messages.updated(customer.tenant, written)

    async def GetDelivery(
        self, request: crm.GetDeliveryRequest, context: Context
    ) -> crm.GetDeliveryResponse:
        """Says how far a write has got in the CRMs."""
        tenant, delivery = parse_delivery(request.name, "name")
        return messages.standing(await self._writes.get_delivery.run(tenant, delivery))

    async def RedriveDelivery(
        self, request: crm.RedriveDeliveryRequest, context: Context
    ) -> crm.RedriveDeliveryResponse:
        """Tries a dead delivery again."""
        tenant, delivery = parse_delivery(request.name, "name")
        found = await self._writes.redrive_delivery.run(tenant, delivery)
        return crm.RedriveDeliveryResponse(state=found.state)
