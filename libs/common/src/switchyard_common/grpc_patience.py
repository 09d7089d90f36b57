"""How long gRPC servers wait for a call's request.

grpc.aio reads the message of a unary call before it asks the handler, and waits for ever: clients
that open calls and say nothing would fill a process, and nobody would have asked who they are.
A unary call is one of a stream on the wire, so it can be served as such, and its one message read
here, in time.
"""

import asyncio
from typing import Any

import grpc

from switchyard_common.errors import DomainError, ErrorKind

REQUEST_SECONDS = 30.0
"""4 MiB, the largest message there may be, at 1.1 Mbit/s."""

type Context = grpc.aio.ServicerContext[Any, Any]


async def only_message(context: Context, seconds: float) -> bytes:
    """The one message of a call, as it came.

    ABORTED (REQUEST_LATE) if it is not whole in time, INVALID (MALFORMED_REQUEST) if there is none.
    """
    try:
        async with asyncio.timeout(seconds):
            raw = await context.read()
    except TimeoutError as error:
        raise _late(seconds) from error
    if not isinstance(raw, bytes):  # gRPC's EOF
        raise malformed("the call ended without a request; send one message")
    return raw


def malformed(message: str) -> DomainError:
    """A call that brought no message of its method's type."""
    return DomainError(kind=ErrorKind.INVALID, reason="MALFORMED_REQUEST", message=message)


def _late(seconds: float) -> DomainError:
    return DomainError(
        kind=ErrorKind.ABORTED,
        reason="REQUEST_LATE",
        message=f"the request was not whole within {seconds:g} s; send it with the call",
    )
