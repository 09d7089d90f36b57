"""Why something that a customer wants to do alone cannot be done."""

from switchyard_common.errors import DomainError, ErrorKind, FieldViolation

from switchyard_crm.domain.pins import WeakPin

SENDER_RETRY_SECONDS = 30.0


class OrderNotFound(DomainError):
    """The customer has no such order."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.NOT_FOUND,
            reason="ORDER_NOT_FOUND",
            message="the customer has no order of that number here; GetContext lists them",
        )


class OrderShipped(DomainError):
    """The order is on its way, or has arrived."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.PRECONDITION,
            reason="ORDER_SHIPPED",
            message="the order has left; only the carrier can change where it goes",
        )


class OrderCancelled(DomainError):
    """There is nothing to deliver."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.PRECONDITION,
            reason="ORDER_CANCELLED",
            message="the order was cancelled; there is nothing to deliver",
        )


class BillNotFound(DomainError):
    """The customer has no such bill."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.NOT_FOUND,
            reason="BILL_NOT_FOUND",
            message="the customer has no bill of that number here; GetContext lists them",
        )


class BillPaid(DomainError):
    """Nothing is owed."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.PRECONDITION,
            reason="BILL_PAID",
            message="nothing is owed on this bill; only open and overdue ones can be arranged",
        )


class ArrangementExists(DomainError):
    """Somebody asked for this bill already."""

    def __init__(self, number: str) -> None:
        super().__init__(
            kind=ErrorKind.PRECONDITION,
            reason="ARRANGEMENT_EXISTS",
            message="an arrangement for this bill waits to be decided; its case tells how it goes",
            metadata={"case_number": number},
        )


class BranchNotFound(DomainError):
    """There is no such branch."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.NOT_FOUND,
            reason="BRANCH_NOT_FOUND",
            message="there is no branch of that id; ListBranches names them",
        )


class NoAppointments(DomainError):
    """The branch can be visited without one."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.PRECONDITION,
            reason="NO_APPOINTMENTS",
            message="this branch takes no appointments; visit it when it is open",
        )


class TimeNotOffered(DomainError):
    """No appointment begins then, whoever asks."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.PRECONDITION,
            reason="TIME_NOT_OFFERED",
            message="no appointment begins at that time; ListAppointmentTimes lists free ones",
        )


class TimeTaken(DomainError):
    """Somebody else was quicker."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.PRECONDITION,
            reason="TIME_TAKEN",
            message="all places at that time are taken; ListAppointmentTimes lists free ones",
        )


class TooManyAppointments(DomainError):
    """The holder has as many as one may have."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.PRECONDITION,
            reason="TOO_MANY_APPOINTMENTS",
            message="there are appointments enough already; cancel one first",
        )


class AppointmentNotFound(DomainError):
    """There is none of that number, or it is somebody else's: which is not told."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.NOT_FOUND,
            reason="APPOINTMENT_NOT_FOUND",
            message="there is no appointment of that number for whom it was booked by",
        )


class AppointmentOver(DomainError):
    """It has begun, and cannot be given up any more."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.PRECONDITION,
            reason="APPOINTMENT_OVER",
            message="the appointment has begun or is over; it cannot be cancelled any more",
        )


class CodeNotSent(DomainError):
    """Codes cannot be sent now: said of every customer alike, known or not."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.UNAVAILABLE,
            reason="CODE_SENDER_UNAVAILABLE",
            message=(
                "codes cannot be sent at the moment; offer another proof, a case or a person, "
                "or try again"
            ),
            retry_after_seconds=SENDER_RETRY_SECONDS,
        )


class NoCodeSender(DomainError):
    """Nothing is configured that sends codes."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.UNAVAILABLE,
            reason="NO_CODE_SENDER",
            message=(
                "nothing is set up that sends codes; set CRM_CODE_GATEWAY_URL, or for a demo "
                "on this machine CRM_CODE_FILE"
            ),
        )


class NoResetPage(DomainError):
    """Nothing is configured that a link could lead to."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.UNAVAILABLE,
            reason="NO_RESET_PAGE",
            message="no page is set up on which a PIN can be set; set CRM_RESET_URL",
        )


class TooManyLinks(DomainError):
    """The customer got as many links as one may get in a while."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(
            kind=ErrorKind.EXHAUSTED,
            reason="TOO_MANY_LINKS",
            message="the customer was given several links already; use the last one, or wait",
            retry_after_seconds=retry_after_seconds,
        )


class LinkNotValid(DomainError):
    """There is no such link, it was used, or its time is over: which is not told."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.NOT_FOUND,
            reason="LINK_NOT_VALID",
            message="the link was used, replaced by a newer one, or is too old; ask for another",
        )


class PinRefused(DomainError):
    """The PIN is one that others would guess; the link can be used for a better one."""

    def __init__(self, why: WeakPin) -> None:
        fix = {
            WeakPin.TOO_SIMPLE: "is easy to guess: repeated or counted digits; choose another",
            WeakPin.TOO_PERSONAL: "is easy to guess: part of own dates or numbers; choose another",
        }[why]
        super().__init__(
            kind=ErrorKind.INVALID,
            reason=why.value,
            message=f"new_pin: {fix}",
            violations=(FieldViolation("new_pin", fix, why.value),),
        )
