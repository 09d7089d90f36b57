"""Bodies of other systems' requests, bounded; and refusals that a program can read."""

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from switchyard_common.errors import DomainError, ErrorKind

_SECONDS = 10.0
_STATUS = {
    ErrorKind.INVALID: 422,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.PERMISSION: 403,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.PRECONDITION: 409,
    ErrorKind.ABORTED: 409,
    ErrorKind.EXHAUSTED: 429,
    ErrorKind.UNAVAILABLE: 503,
}


async def read(request: Request, largest_bytes: int) -> bytes:
    """The whole body. INVALID (TOO_LARGE) as soon as it is; UNAVAILABLE when it breaks off."""
    received = bytearray()
    try:
        async with asyncio.timeout(_SECONDS):
            async for part in request.stream():
                received += part
                if len(received) > largest_bytes:
                    raise DomainError(
                        kind=ErrorKind.INVALID,
                        reason="TOO_LARGE",
                        message=f"at most {largest_bytes} bytes",
                    )
    except (TimeoutError, ClientDisconnect) as error:
        raise DomainError(
            kind=ErrorKind.UNAVAILABLE, reason="CUT_SHORT", message="the body broke off"
        ) from error
    return bytes(received)


def refusal(error: DomainError) -> Response:
    """The error as JSON: its reason, and what to do."""
    headers = {}
    if error.retry_after_seconds is not None:
        headers["retry-after"] = str(max(1, round(error.retry_after_seconds)))
    body = {"error": error.reason, "message": error.message}
    return JSONResponse(body, status_code=status_of(error), headers=headers)


def status_of(error: DomainError) -> int:
    """The HTTP status of an error."""
    return 413 if error.reason == "TOO_LARGE" else _STATUS.get(error.kind, 500)
