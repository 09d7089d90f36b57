"""Contacts, cases and deliveries: requests as values of the domain, and those as answers."""

from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model

from switchyard_crm.domain.cases import CaseKind, CaseState, Priority
from switchyard_crm.domain.customer import Case
from switchyard_crm.domain.deliveries import Delivery
from switchyard_crm.domain.errors import InvalidField
from switchyard_crm.domain.names import CustomerName, TenantId, delivery_name, parse_customer
from switchyard_crm.entrypoints.fields import (
    MAX_CASE_NUMBER,
    MAX_CHANNEL,
    MAX_DESCRIPTION,
    MAX_REMOTE_ID,
    MAX_SUMMARY,
    MAX_TEXT,
    bounded,
    one_of,
    required,
    time_of,
)
from switchyard_crm.service.cases import CaseReference, WrittenCase
from switchyard_crm.service.connectors import CaseChange, NewCase
from switchyard_crm.service.interactions import NewInteraction

_MAX_SOURCE = 64


def interaction(request: crm.LogInteractionRequest) -> tuple[CustomerName, NewInteraction]:
    """The customer, and what took place."""
    given = request.interaction
    name = parse_customer(request.customer, "customer")
    return name, NewInteraction(
        channel=required(given.channel, MAX_CHANNEL, "interaction.channel"),
        time=time_of(given.time, "interaction.time") if given.HasField("time") else None,
        summary=bounded(given.summary, MAX_SUMMARY, "interaction.summary"),
        agent=bounded(given.agent, MAX_TEXT, "interaction.agent"),
        disposition=bounded(given.disposition, MAX_TEXT, "interaction.disposition"),
        contact=bounded(given.contact, MAX_TEXT, "interaction.contact"),
    )


def new_case(request: crm.CreateCaseRequest) -> NewCase:
    """The case to open."""
    given = request.case
    return NewCase(
        subject=required(given.subject, MAX_TEXT, "case.subject"),
        description=bounded(request.description, MAX_DESCRIPTION, "description"),
        priority=one_of(given.priority or Priority.NORMAL, Priority, "case.priority"),
        order_number=bounded(given.order_number, MAX_CASE_NUMBER, "case.order_number"),
        kind=one_of(given.kind, CaseKind, "case.kind") if given.kind else "",
    )


def case_change(
    request: crm.UpdateCaseRequest,
) -> tuple[CustomerName, CaseReference, CaseChange]:
    """The customer, the case that is meant, and what changes."""
    name = parse_customer(request.customer, "customer")
    which = CaseReference(
        required(request.number, MAX_REMOTE_ID, "number"),
        bounded(request.source, _MAX_SOURCE, "source"),
    )
    change = CaseChange(
        state=one_of(request.state, CaseState, "state") if request.state else "",
        comment=bounded(request.comment, MAX_DESCRIPTION, "comment"),
        public=request.public,
    )
    if not (change.state or change.comment.strip()):
        raise InvalidField("state", "nothing would change; set state, comment or both")
    return name, which, change


def created(tenant: TenantId, written: WrittenCase) -> crm.CreateCaseResponse:
    """Response of CreateCase."""
    return crm.CreateCaseResponse(
        case=_written(written), delivery=delivery_name(tenant, written.delivery)
    )


def updated(tenant: TenantId, written: WrittenCase) -> crm.UpdateCaseResponse:
    """Response of UpdateCase."""
    return crm.UpdateCaseResponse(
        case=_written(written), delivery=delivery_name(tenant, written.delivery)
    )


def standing(delivery: Delivery) -> crm.GetDeliveryResponse:
    """Response of GetDelivery."""
    return crm.GetDeliveryResponse(
        state=delivery.state,
        attempts=delivery.attempts,
        last_error=delivery.last_error,
        remote_ids=delivery.remote_ids,
    )


def _written(written: WrittenCase) -> model.Case:
    if written.case is not None:
        return case_message(written.case)
    which = written.which
    return model.Case(number=which.number, source=which.source, state=written.state)


def case_message(case: Case) -> model.Case:
    """A case as a message of the contract."""
    message = model.Case(
        number=case.number,
        state=case.state,
        subject=case.subject,
        priority=case.priority,
        source=case.source,
        order_number=case.order_number,
        kind=case.kind,
    )
    message.create_time.FromDatetime(case.create_time)
    message.update_time.FromDatetime(case.update_time)
    return message
