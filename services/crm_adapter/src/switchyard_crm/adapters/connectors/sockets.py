"""Connections that lead where the setting says, and are closed whatever happens meanwhile.

httpcore 1.0 closes a connection whose TLS handshake fails, but not one whose handshake is
cancelled: a CRM that accepts connections and says nothing would keep a socket each time, until the
garbage collector comes by. The rest is httpx as it is.
"""

import ssl
from collections.abc import Iterable
from typing import Any, override

import httpcore
import httpx
from switchyard_common.destinations import resolved

_IDLE_SECONDS = 30.0

type _SocketOptions = Iterable[Any] | None


class _Stream(httpcore.AsyncNetworkStream):
    """A connection that does not survive an interrupted handshake."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    @override
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._stream.read(max_bytes, timeout)

    @override
    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    @override
    async def aclose(self) -> None:
        await self._stream.aclose()

    @override
    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            await self._stream.aclose()
            raise

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.AnyIOBackend):
    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _SocketOptions = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await resolved(host, port)
        except OSError as error:
            raise httpcore.ConnectError(type(error).__name__) from error
        for left, address in enumerate(addresses, 1 - len(addresses)):
            try:
                stream = await super().connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
                return _Stream(stream)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if left == 0:
                    raise
        raise httpcore.ConnectError("a name without an address")


class ClosingTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over such connections, at most `connections` of them."""

    def __init__(self, context: ssl.SSLContext, connections: int) -> None:
        super().__init__(verify=context, trust_env=False)
        # httpx passes no backend on, so its pool is replaced; a test tells when that changes.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=_Backend(),
        )
