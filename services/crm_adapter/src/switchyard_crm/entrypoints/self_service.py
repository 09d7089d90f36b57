"""The RPCs by which customers change, ask for and book something."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import grpc
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard_common.actor import ACTOR
from switchyard_common.clock import Clock
from switchyard_common.errors import DomainError
from switchyard_common.identity import Role

from switchyard_crm.domain.names import CustomerName, parse_customer
from switchyard_crm.entrypoints import self_service_answers as answers
from switchyard_crm.entrypoints import self_service_requests as requests
from switchyard_crm.entrypoints.fields import MAX_CASE_NUMBER, required
from switchyard_crm.entrypoints.repeats import write_of
from switchyard_crm.entrypoints.self_service_metrics import SelfServiceMetrics
from switchyard_crm.entrypoints.self_service_requests import SelfServiceRequests
from switchyard_crm.entrypoints.write_messages import case_message
from switchyard_crm.service.appointments import (
    BookAppointment,
    Branches,
    CancelAppointment,
    ListAppointmentTimes,
)
from switchyard_crm.service.audit import AuditTrail
from switchyard_crm.service.cases import GetCase
from switchyard_crm.service.customer_requests import ArrangePayment, ChangeDeliveryAddress
from switchyard_crm.service.requests import BlindIndex

type Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True)
class SelfService:
    """What all this takes."""

    change_address: ChangeDeliveryAddress
    arrange: ArrangePayment
    get_case: GetCase
    branches: Branches
    list_times: ListAppointmentTimes
    book: BookAppointment
    cancel: CancelAppointment
    reads: SelfServiceRequests
    index: BlindIndex
    metrics: SelfServiceMetrics
    audit: AuditTrail
    clock: Clock
    zone: ZoneInfo

    def today(self) -> date:
        """The company's day."""
        return self.clock.now().astimezone(self.zone).date()


class SelfServiceRpcs:
    """ChangeDeliveryAddress, ArrangePayment, GetCase, and what concerns branches."""

    _self_service: SelfService

    async def ChangeDeliveryAddress(
        self, request: crm.ChangeDeliveryAddressRequest, context: Context
    ) -> crm.ChangeDeliveryAddressResponse:
        """Changes where an order is delivered to."""
        customer, change = requests.address_change(request)
        write = write_of(request, customer.tenant, self._self_service.index)
        with self._counted("address_change") as outcome:
            changed = await self._self_service.change_address.run(customer, change, write)
            outcome.new = changed.new
        self._read("ChangeDeliveryAddress", customer, "order")
        return answers.address_changed(customer, changed)

    async def ArrangePayment(
        self, request: crm.ArrangePaymentRequest, context: Context
    ) -> crm.ArrangePaymentResponse:
        """Asks to pay a bill in parts or later."""
        customer, wish = requests.arrangement(request, self._self_service.today())
        write = write_of(request, customer.tenant, self._self_service.index)
        with self._counted("payment_arrangement") as outcome:
            done = await self._self_service.arrange.run(customer, wish, write)
            outcome.new = done.new
        return answers.arranged(customer, done)

    async def GetCase(self, request: crm.GetCaseRequest, context: Context) -> crm.GetCaseResponse:
        """Reads one case of a customer."""
        customer = parse_customer(request.customer, "customer")
        number = required(request.number, MAX_CASE_NUMBER, "number")
        found = await self._self_service.get_case.run(customer, number, internal=_is_colleague())
        self._read("GetCase", customer, "case")
        return crm.GetCaseResponse(
            case=case_message(found.case),
            comments=found.comments,
            internal_comments=found.internal,
        )

    async def ListBranches(
        self, request: crm.ListBranchesRequest, context: Context
    ) -> crm.ListBranchesResponse:
        """Lists branches."""
        found = self._self_service.branches.listed(requests.branch_query(request))
        now = self._self_service.branches.now()
        listed = [answers.branch(each, request.language, now) for each in found]
        return crm.ListBranchesResponse(branches=listed)

    async def ListAppointmentTimes(
        self, request: crm.ListAppointmentTimesRequest, context: Context
    ) -> crm.ListAppointmentTimesResponse:
        """Lists times at which a branch can be visited."""
        asked = requests.appointment_times(request)
        return answers.times(await self._self_service.list_times.run(*asked))

    async def BookAppointment(
        self, request: crm.BookAppointmentRequest, context: Context
    ) -> crm.BookAppointmentResponse:
        """Books one of them."""
        holder = self._self_service.reads.holder(request)
        branch, start, purpose = requests.booking(request)
        write = write_of(request, holder.tenant, self._self_service.index)
        with self._counted("appointment"):
            booked = await self._self_service.book.run(holder, branch, start, purpose, write)
        return crm.BookAppointmentResponse(appointment=answers.appointment(booked))

    async def CancelAppointment(
        self, request: crm.CancelAppointmentRequest, context: Context
    ) -> crm.CancelAppointmentResponse:
        """Gives it up again."""
        holder = self._self_service.reads.holder(request)
        number = requests.appointment_number(request)
        write = write_of(request, holder.tenant, self._self_service.index)
        with self._counted("cancellation"):
            cancelled = await self._self_service.cancel.run(holder, number, write)
        return crm.CancelAppointmentResponse(appointment=answers.appointment(cancelled))

    def _read(self, rpc: str, customer: CustomerName, what: str) -> None:
        self._self_service.audit.note(rpc, customer.tenant, customer.customer, what)

    @contextmanager
    def _counted(self, what: str) -> Iterator["_Outcome"]:
        """Counts what becomes of a request: stored, repeated, or the reason why not."""
        outcome = _Outcome()
        try:
            yield outcome
        except DomainError as error:
            self._self_service.metrics.self_service(what, error.reason)
            raise
        self._self_service.metrics.self_service(what, "stored" if outcome.new else "repeated")


def _is_colleague() -> bool:
    """Whether a person of the company asks, rather than a bot that reads answers out."""
    return ACTOR.get().partition("/")[0] in _COLLEAGUES


_COLLEAGUES = (Role.AGENT, Role.SUPERVISOR)


class _Outcome:
    """Whether a request was carried out now, or had been before."""

    def __init__(self) -> None:
        self.new = True
