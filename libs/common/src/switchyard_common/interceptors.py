"""What every call on a gRPC server goes through: metrics, error mapping, log context.

One interceptor for all four kinds of RPC, instead of one per concern: each link of gRPC's
interceptor chain costs every call.
"""

import asyncio
import inspect
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Protocol, override

import grpc
import structlog
from google.protobuf.message import DecodeError

from switchyard_common import request_id
from switchyard_common.errors import DomainError, ErrorKind
from switchyard_common.grpc_errors import STATUS_CODES, abort
from switchyard_common.grpc_patience import malformed, only_message
from switchyard_common.metrics import MethodMeter, RpcMetrics
from switchyard_common.tracing import traced
from switchyard_common.unimplemented import is_generated, not_built

# A client's cancel at its deadline reaches the server a little before the server's own copy of it.
_DEADLINE_SLACK_SECONDS = 0.02
_OTHER_TYPE = "the request is not a message of this method's type; build it from the same .proto"

type Context = grpc.aio.ServicerContext[Any, Any]
type Handler = grpc.RpcMethodHandler[Any, Any]
type Call = Callable[[Any, Context], Awaitable[Any]]
type Decode = Callable[[Any], Any]
type Receive = Callable[[Any, Context], Awaitable[Any]]
"""The request, out of what gRPC hands to a handler."""
type Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]


class Guard(Protocol):
    """Decides who may call."""

    def protect(self, full_method: str, call: Call, receive: Receive, *, streaming: bool) -> Call:
        """The call as it may be made: takes what `receive` turns into `call`'s request."""
        ...


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Counts each call, maps its errors to statuses and binds its request id to the log.

    A `DomainError` becomes its status. Any other exception becomes INTERNAL with an error id and
    without the exception's text, which is logged under the same id. Cancellation passes through.
    Methods that a servicer does not define answer UNIMPLEMENTED. Handlers must be async. A guard's
    refusals are counted and mapped like any other.

    With `patience_seconds`, a call's one request has so long to come, and who calls is found out
    before it is waited for; without, gRPC has read it, or the call is made in this process.
    """

    def __init__(
        self,
        metrics: RpcMetrics,
        guard: Guard | None = None,
        patience_seconds: float | None = None,
    ) -> None:
        self._patience_seconds = patience_seconds
        self._metrics = metrics
        self._guard = guard
        self._log = structlog.stdlib.get_logger()
        self._wrapped: dict[str, tuple[Handler, Handler]] = {}

    @override
    async def intercept_service(
        self, continuation: Continuation, details: grpc.HandlerCallDetails
    ) -> Handler | None:
        """Called by gRPC for each call; a method's handler is wrapped once and kept."""
        handler = await continuation(details)
        if handler is None:
            self._metrics.unknown_method()
            return None
        request_id.adopt(details.invocation_metadata)  # the handler will run in this same task
        known = self._wrapped.get(details.method)
        if known is None or known[0] is not handler:
            known = self._wrapped[details.method] = (handler, self._wrap(details.method, handler))
        return known[1]

    def _wrap(self, full_method: str, handler: Handler) -> Handler:
        behaviour = _behaviour(handler)
        streaming = handler.request_streaming or handler.response_streaming
        meter = self._metrics.meter(
            full_method, streaming=streaming, one_response=not handler.response_streaming
        )
        call = traced(full_method, _as_call(full_method, behaviour), streaming=streaming)
        # Decoded inside the observed call, a malformed request is a counted and mapped error.
        decode = _decoder(handler.request_deserializer)
        receive = _stream if handler.request_streaming else self._receiver(decode)
        if self._guard is None:
            call = _receiving(call, receive)
        else:
            call = self._guard.protect(full_method, call, receive, streaming=streaming)
        before = decode if handler.request_streaming else None
        make = self._maker(handler)
        return make(self._observed(call, meter), before, handler.response_serializer)

    def _maker(self, handler: Handler) -> Callable[..., Handler]:
        """gRPC's maker for how a handler of this kind is served."""
        read_here = self._patience_seconds is not None
        if handler.request_streaming or read_here:
            if handler.response_streaming:
                return grpc.stream_stream_rpc_method_handler
            return grpc.stream_unary_rpc_method_handler
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler
        return grpc.unary_unary_rpc_method_handler

    def _receiver(self, decode: Decode) -> Receive:
        seconds = self._patience_seconds

        async def receive(raw: Any, context: Context) -> Any:
            return decode(raw if seconds is None else await only_message(context, seconds))

        return receive

    def _observed(self, call: Call, meter: MethodMeter) -> Call:
        async def observed(request: Any, context: Context) -> Any:
            meter.begin()
            began = time.perf_counter()
            code = "UNKNOWN"
            try:
                response = await call(request, context)
                code = _code_name(context)
                return response
            except BaseException as error:
                code, answer = self._judge(error, context)
                if answer is None:
                    raise
                await abort(context, answer)
            finally:
                meter.end(code, time.perf_counter() - began)

        return observed

    def _judge(self, error: BaseException, context: Context) -> tuple[str, DomainError | None]:
        """The status code to count, and the error to answer with (None: let `error` pass)."""
        if isinstance(error, grpc.aio.AbortError):
            return _code_name(context), None
        if isinstance(error, asyncio.CancelledError) and _is_being_cancelled():
            return _cancel_code(context), None
        if isinstance(error, grpc.aio.BaseError) and not isinstance(error, grpc.aio.UsageError):
            return "CANCELLED", None  # the peer is gone, or the server has stopped
        if not isinstance(error, Exception | asyncio.CancelledError):
            return "INTERNAL", None  # SystemExit, KeyboardInterrupt: not ours to answer
        return self._failure(error, context)

    def _failure(
        self, error: Exception | asyncio.CancelledError, context: Context
    ) -> tuple[str, DomainError | None]:
        if isinstance(error, DomainError):
            self._log.debug("rpc_refused", reason=error.reason)
            return STATUS_CODES[error.kind].name, None if context.done() else error
        error_id = os.urandom(8).hex()
        self._log.error("rpc_crashed", error_id=error_id, exc_info=error)
        return "INTERNAL", None if context.done() else _crash(error_id)


def _crash(error_id: str) -> DomainError:
    return DomainError(
        kind=ErrorKind.INTERNAL,
        reason="INTERNAL",
        message=f"internal error {error_id}; report this id, the server's log has its cause",
        metadata={"error_id": error_id},
    )


def _behaviour(handler: Handler) -> Callable[..., Any]:
    """The written behaviour of a handler, whatever its kind of RPC."""
    if handler.request_streaming:
        streamed = handler.stream_stream if handler.response_streaming else handler.stream_unary
        return _present(streamed)
    return _present(handler.unary_stream if handler.response_streaming else handler.unary_unary)


def _present(behaviour: Callable[..., Any] | None) -> Callable[..., Any]:
    if behaviour is None:
        raise TypeError("a method handler must have a behaviour for its kind of RPC")
    return behaviour


def _as_call(full_method: str, behaviour: Callable[..., Any]) -> Call:
    """Any behaviour as a coroutine function; a generator's responses are written out."""
    if inspect.isasyncgenfunction(behaviour):

        async def write_all(request: Any, context: Context) -> None:
            responses: AsyncGenerator[Any] = behaviour(request, context)
            async with aclosing(responses):
                async for response in responses:
                    await context.write(response)

        return write_all
    if inspect.iscoroutinefunction(behaviour):
        return behaviour
    if is_generated(behaviour):
        return not_built(full_method)
    raise TypeError(f"{full_method}: handlers must be async functions or async generators")


def _decoder(deserialize: Callable[[bytes], Any] | None) -> Decode:
    def decode(raw: bytes) -> Any:
        try:
            return deserialize(raw) if deserialize is not None else raw
        except DecodeError as error:
            raise malformed(_OTHER_TYPE) from error

    return decode


async def _stream(requests: Any, _context: Context) -> Any:
    return requests


def _receiving(call: Call, receive: Receive) -> Call:
    async def received(raw: Any, context: Context) -> Any:
        return await call(await receive(raw, context), context)

    return received


def _is_being_cancelled() -> bool:
    """Whether this call's own task was cancelled, rather than something that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _cancel_code(context: Context) -> str:
    left = context.time_remaining()
    late = left is not None and left < _DEADLINE_SLACK_SECONDS
    return "DEADLINE_EXCEEDED" if late else "CANCELLED"


def _code_name(context: Context) -> str:
    code = context.code()
    return code.name if code else "OK"
