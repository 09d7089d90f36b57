"""Errors as HTTP answers: one JSON form for all of them."""

import grpc
import orjson
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from starlette.responses import Response
from switchyard_common.errors import DomainError
from switchyard_common.grpc_errors import STATUS_CODES, to_status

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_DETAILS_KEY = "grpc-status-details-bin"

# As google.rpc.Code maps to HTTP.
HTTP_STATUS: dict[grpc.StatusCode, int] = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}
_INTERNAL = 500

type Problem = dict[str, object]


def problem_of(error: DomainError) -> Problem:
    """A domain error in its JSON form."""
    return _problem(to_status(error), STATUS_CODES[error.kind])


def problem_in(context: grpc.aio.ServicerContext[object, object]) -> Problem:
    """What a call that was aborted told its context."""
    code = context.code()
    for key, value in context.trailing_metadata() or ():
        if key == _DETAILS_KEY and isinstance(value, bytes):
            try:
                return _problem(status_pb2.Status.FromString(value), code)
            except DecodeError:
                break
    return _problem(status_pb2.Status(message=str(context.details())), code)


def respond(problem: Problem, status: int | None = None) -> Response:
    """The answer, with Retry-After where a retry makes sense."""
    headers = {"cache-control": "no-store"}
    retry_after = problem["retry_after"]
    if isinstance(retry_after, float):
        headers["retry-after"] = str(max(1, round(retry_after)))
    code = status or status_of(problem)
    if code == HTTP_STATUS[grpc.StatusCode.UNAUTHENTICATED]:
        headers["www-authenticate"] = "Bearer"
    return Response(orjson.dumps(problem), code, headers, media_type="application/json")


def status_of(problem: Problem) -> int:
    """The HTTP status of a problem."""
    return HTTP_STATUS.get(grpc.StatusCode[str(problem["code"])], _INTERNAL)


def _problem(status: status_pb2.Status, code: grpc.StatusCode | None) -> Problem:
    info = error_details_pb2.ErrorInfo()
    bad = error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    retry_after: float | None = None
    for detail in status.details:
        if detail.Unpack(retry):
            retry_after = retry.retry_delay.ToNanoseconds() / 1e9
        else:
            detail.Unpack(info)
            detail.Unpack(bad)
    return {
        "code": (code or grpc.StatusCode.UNKNOWN).name,
        "reason": info.reason,
        "message": status.message,
        "violations": [
            {"field": each.field, "description": each.description} for each in bad.field_violations
        ],
        "retry_after": retry_after,
    }
