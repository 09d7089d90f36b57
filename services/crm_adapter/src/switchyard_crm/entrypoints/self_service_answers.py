"""What customers did alone, as messages of the contract."""

from datetime import datetime

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model

from switchyard_crm.domain.branches import Branch, clock
from switchyard_crm.domain.names import CustomerName, delivery_name
from switchyard_crm.entrypoints.answers import order_message
from switchyard_crm.service.appointments import Appointment, FreeTimes
from switchyard_crm.service.customer_requests import AddressChanged, Arranged
from switchyard_crm.service.verifying import Verdict


def verified(verdict: Verdict) -> crm.VerifyCustomerResponse:
    """Response of VerifyCustomer."""
    response = crm.VerifyCustomerResponse(
        outcome=crm.VerificationOutcome.Value(verdict.outcome),
        customer=str(verdict.customer) if verdict.customer is not None else "",
        attempts_left=verdict.left,
    )
    if verdict.retry_seconds > 0:
        response.retry_after.CopyFrom(duration(verdict.retry_seconds))
    return response


def address_changed(
    customer: CustomerName, changed: AddressChanged
) -> crm.ChangeDeliveryAddressResponse:
    """Response of ChangeDeliveryAddress."""
    return crm.ChangeDeliveryAddressResponse(
        order=order_message(changed.order, ""),
        case_number=changed.case_number,
        delivery=delivery_name(customer.tenant, changed.delivery),
    )


def arranged(customer: CustomerName, done: Arranged) -> crm.ArrangePaymentResponse:
    """Response of ArrangePayment."""
    its = done.arrangement
    return crm.ArrangePaymentResponse(
        arrangement=model.PaymentArrangement(
            number=its.number,
            bill=its.bill,
            instalments=its.instalments,
            instalment=model.Money(
                currency=its.instalment.currency, minor_units=its.instalment.minor_units
            ),
            first_due_date=its.first_due_date.isoformat(),
            state=its.state,
        ),
        case_number=done.case_number,
        delivery=delivery_name(customer.tenant, done.delivery),
    )


def branch(its: Branch, language: str, now: datetime) -> model.Branch:
    """A branch, in a language (BCP 47)."""
    return model.Branch(
        id=its.id,
        name=its.name.in_language(language),
        address=its.address.in_language(language),
        area=its.area.in_language(language),
        phone=its.phone,
        hours=[
            model.OpeningHours(
                weekday=weekday, opens=clock(stretch.opens), closes=clock(stretch.closes)
            )
            for weekday in sorted(its.hours)
            for stretch in its.hours[weekday]
        ],
        closed_dates=[day.isoformat() for day in its.closed_from(now)],
        time_zone=its.zone.key,
        takes_appointments=its.appointments is not None,
    )


def times(free: FreeTimes) -> crm.ListAppointmentTimesResponse:
    """Response of ListAppointmentTimes."""
    return crm.ListAppointmentTimesResponse(
        start_times=map(_time, free.starts), minutes=free.minutes
    )


def appointment(its: Appointment) -> model.Appointment:
    """An appointment."""
    return model.Appointment(
        number=its.number,
        branch=its.branch,
        start_time=_time(its.start),
        minutes=its.minutes,
        purpose=its.purpose,
        state=its.state,
    )


def duration(seconds: float) -> Duration:
    """Seconds as the contract writes them."""
    message = Duration()
    message.FromNanoseconds(int(seconds * 1e9))
    return message


def _time(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
