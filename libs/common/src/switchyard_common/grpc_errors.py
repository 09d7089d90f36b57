"""Domain errors as gRPC statuses, both ways: what a server sends and what a client reads back."""

from typing import Any, Never

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

from switchyard_common.errors import DomainError, ErrorKind, FieldViolation

ERROR_DOMAIN = "switchyard"
_DETAILS_KEY = "grpc-status-details-bin"

STATUS_CODES: dict[ErrorKind, grpc.StatusCode] = {
    ErrorKind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorKind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    ErrorKind.ALREADY_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    ErrorKind.PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorKind.ABORTED: grpc.StatusCode.ABORTED,
    ErrorKind.EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorKind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    ErrorKind.OUT_OF_RANGE: grpc.StatusCode.OUT_OF_RANGE,
    ErrorKind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    ErrorKind.PERMISSION: grpc.StatusCode.PERMISSION_DENIED,
    ErrorKind.UNIMPLEMENTED: grpc.StatusCode.UNIMPLEMENTED,
    ErrorKind.INTERNAL: grpc.StatusCode.INTERNAL,
}


def to_status(error: DomainError) -> status_pb2.Status:
    """An error as `google.rpc.Status`: ErrorInfo always, BadRequest and RetryInfo if it says so."""
    status = status_pb2.Status(code=STATUS_CODES[error.kind].value[0], message=error.message)
    status.details.add().Pack(
        error_details_pb2.ErrorInfo(
            reason=error.reason, domain=ERROR_DOMAIN, metadata=dict(error.metadata)
        )
    )
    if error.violations:
        status.details.add().Pack(
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(
                        field=violation.field,
                        description=violation.description,
                        reason=violation.reason,
                    )
                    for violation in error.violations
                ]
            )
        )
    if error.retry_after_seconds is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromNanoseconds(int(error.retry_after_seconds * 1e9))
        status.details.add().Pack(retry)
    return status


async def abort(context: grpc.aio.ServicerContext[Any, Any], error: DomainError) -> Never:
    """End the call with the error's status; raises AbortError, as gRPC's own abort does."""
    await context.abort(
        STATUS_CODES[error.kind],
        error.message,
        ((_DETAILS_KEY, to_status(error).SerializeToString()),),
    )


def reason_of(error: grpc.aio.AioRpcError) -> str | None:
    """The stable reason a server gave (`ErrorInfo.reason`), or None if it gave none."""
    info = _detail(error, error_details_pb2.ErrorInfo())
    return info.reason if info is not None else None


def retry_after_of(error: grpc.aio.AioRpcError) -> float | None:
    """Seconds after which the server says a retry makes sense, or None if it did not say."""
    retry = _detail(error, error_details_pb2.RetryInfo())
    return retry.retry_delay.ToNanoseconds() / 1e9 if retry is not None else None


def violations_of(error: grpc.aio.AioRpcError) -> dict[str, str]:
    """Field path to description, for the fields that a server found wrong."""
    return {violation.field: violation.description for violation in field_violations_of(error)}


def field_violations_of(error: grpc.aio.AioRpcError) -> list[FieldViolation]:
    """The fields that a server found wrong, with its reasons."""
    bad = _detail(error, error_details_pb2.BadRequest())
    found = bad.field_violations if bad is not None else ()
    return [FieldViolation(one.field, one.description, one.reason) for one in found]


def _detail[M: Message](error: grpc.aio.AioRpcError, empty: M) -> M | None:
    for key, value in error.trailing_metadata() or ():
        if key != _DETAILS_KEY or not isinstance(value, bytes):
            continue
        try:
            status = status_pb2.Status.FromString(value)
        except DecodeError:  # another server's idea of details: as good as none
            return None
        for detail in status.details:
            if detail.Unpack(empty):
                return empty
    return None
