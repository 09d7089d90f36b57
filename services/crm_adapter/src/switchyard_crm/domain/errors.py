"""Expected failures of this service, each with a stable reason."""

from switchyard_common.errors import DomainError, ErrorKind, FieldViolation

STORE_RETRY_SECONDS = 1.0
OUTBOX_RETRY_SECONDS = 30.0


class InvalidField(DomainError):
    """One field of a request is wrong; `fix` tells how to put it right and holds no value."""

    def __init__(self, field: str, fix: str) -> None:
        super().__init__(
            kind=ErrorKind.INVALID,
            reason="INVALID_FIELD",
            message=f"{field}: {fix}",
            violations=(FieldViolation(field, fix),),
        )


class StoreUnavailable(DomainError):
    """The store does not answer, or is locked by somebody else."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.UNAVAILABLE,
            reason="STORE_UNAVAILABLE",
            message=(
                "the customer store does not answer or is locked; "
                "treat the customer as unknown, or try again"
            ),
            retry_after_seconds=STORE_RETRY_SECONDS,
        )


class WriteConflict(DomainError):
    """Somebody else wrote the same customers at that moment; nothing of this write is stored."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.ABORTED,
            reason="WRITE_CONFLICT",
            message="somebody else wrote the same customers at the same moment; run it again",
        )


class CustomerNotFound(DomainError):
    """There is no such customer."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.NOT_FOUND,
            reason="CUSTOMER_NOT_FOUND",
            message="there is no such customer; Resolve finds the name of a customer",
        )


class RequestIdReused(DomainError):
    """A request id came back with another content."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.ALREADY_EXISTS,
            reason="REQUEST_ID_REUSED",
            message="this request_id was used for another request; choose a new one per request",
        )


class CaseNotFound(DomainError):
    """The customer has no such case."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.NOT_FOUND,
            reason="CASE_NOT_FOUND",
            message=(
                "the customer has no case of that number here; for a case of a CRM set source "
                "to the name that GetContext returns with it"
            ),
        )


class DeliveryNotFound(DomainError):
    """There is no such delivery."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.NOT_FOUND,
            reason="DELIVERY_NOT_FOUND",
            message=(
                "there is no such delivery; deliveries are forgotten some days after they have "
                "arrived, and when the customer is erased"
            ),
        )


class OutboxFull(DomainError):
    """More writes wait for the CRMs than may wait."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.EXHAUSTED,
            reason="OUTBOX_FULL",
            message=(
                "too many writes wait for the CRMs, and this one is not stored; mend the CRM that "
                "does not take them, re-drive what is dead, or raise CRM_OUTBOX_LIMIT"
            ),
            retry_after_seconds=OUTBOX_RETRY_SECONDS,
        )
