"""Calling a gRPC service's methods inside its own process, through the same interceptor.

What speaks another protocol (HTTP, FastAGI) calls here: metrics, errors, identity and limits are
then the same as for gRPC, because they are the same code.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Never, override

import grpc
from google.protobuf.message import Message

from switchyard_common.identity import Identity
from switchyard_common.interceptors import CallInterceptor, Handler

type Write = Callable[[Message], Awaitable[None]]


class LocalContext(grpc.aio.ServicerContext[Any, Any]):
    """The part of gRPC's context that servicers and interceptors use.

    `identity`: the caller where the process itself vouches for it; otherwise `metadata` and
    `uris` (names in the client's certificate) tell.
    """

    def __init__(
        self,
        write: Write,
        *,
        peer: str = "",
        metadata: tuple[tuple[str, str], ...] = (),
        uris: tuple[bytes, ...] = (),
        identity: Identity | None = None,
    ) -> None:
        self._write = write
        self._peer = peer
        self._metadata = metadata
        self._uris = uris
        self.identity = identity
        self._code: grpc.StatusCode | None = None
        self._details = ""
        self._trailing: tuple[tuple[str, str | bytes], ...] = ()

    @override
    async def write(self, message: Any) -> None:
        await self._write(message)

    @override
    async def abort(
        self, code: grpc.StatusCode, details: str = "", trailing_metadata: Any = ()
    ) -> Never:
        self._code, self._details, self._trailing = code, details, tuple(trailing_metadata)
        raise grpc.aio.AbortError

    @override
    async def abort_with_status(self, status: grpc.Status) -> Never:
        await self.abort(status.code, status.details, status.trailing_metadata or ())

    @override
    def code(self) -> Any:
        return self._code

    @override
    def details(self) -> str:
        return self._details

    @override
    def trailing_metadata(self) -> Any:
        return self._trailing

    @override
    def invocation_metadata(self) -> Any:
        return self._metadata

    @override
    def auth_context(self) -> Mapping[str, Any]:
        return {"peer_uri": self._uris} if self._uris else {}

    @override
    def peer(self) -> str:
        return self._peer

    @override
    def peer_identities(self) -> Any:
        return self._uris or None

    @override
    def peer_identity_key(self) -> str | None:
        return "peer_uri" if self._uris else None

    @override
    def time_remaining(self) -> Any:
        return None

    @override
    def done(self) -> bool:
        return False

    @override
    def cancelled(self) -> bool:
        return False

    @override
    def set_code(self, code: grpc.StatusCode) -> None:
        self._code = code

    @override
    def set_details(self, details: str) -> None:
        self._details = details

    @override
    def set_trailing_metadata(self, trailing_metadata: Any) -> None:
        self._trailing = tuple(trailing_metadata)

    @override
    async def send_initial_metadata(self, initial_metadata: Any) -> None:
        """There is nobody to send it to."""

    @override
    async def read(self) -> Never:
        raise NotImplementedError("requests of local calls come as one message")

    @override
    def set_compression(self, compression: grpc.Compression) -> None:
        """Nothing is sent."""

    @override
    def disable_next_message_compression(self) -> None:
        """Nothing is sent."""

    @override
    def add_done_callback(self, callback: Any) -> Never:
        raise NotImplementedError("a local call is a plain coroutine: use try … finally")


@dataclass(frozen=True, slots=True)
class _Details:
    method: str
    invocation_metadata: tuple[tuple[str, str], ...]


class LocalServer:
    """Takes servicers as a gRPC server does, and calls their methods."""

    def __init__(self, interceptor: CallInterceptor) -> None:
        self._interceptor = interceptor
        self._handlers: dict[str, Handler] = {}

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        """Called by generated code, as on a gRPC server; registered handlers say it all."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Handler]) -> None:
        """Called by generated code, as on a gRPC server."""
        for name, handler in handlers.items():
            self._handlers[f"/{service}/{name}"] = handler

    async def call(self, full_method: str, request: Message, context: LocalContext) -> Any:
        """Do a call in a task of its own, as gRPC does, and return its response (None of a stream,
        whose responses are written).

        Raises grpc.aio.AbortError when it was refused; the context then holds code and details.
        """
        return await asyncio.create_task(self._run(full_method, request, context))

    async def _run(self, full_method: str, request: Message, context: LocalContext) -> Any:
        async def find(_: Any) -> Handler:
            return self._handlers[full_method]

        details: Any = _Details(full_method, tuple(context.invocation_metadata()))
        handler: Any = await self._interceptor.intercept_service(find, details)
        behaviour = handler.unary_stream if handler.response_streaming else handler.unary_unary
        return await behaviour(request.SerializeToString(), context)
