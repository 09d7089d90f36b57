"""uvicorn inside this process: no signal handlers of its own, and a busy port is a clear error."""

import asyncio
import socket
import ssl
from types import TracebackType
from typing import Self

import structlog
import uvicorn
from starlette.types import ASGIApp
from switchyard_common.certificate import server_context
from switchyard_common.http_patience import PatientProtocol
from switchyard_common.settings import TlsFiles
from switchyard_common.uvicorn_server import PartServer

_LARGEST_FRAME_BYTES = 256 * 1024
_PING_SECONDS = 20.0


class HttpServer:
    """Serves an app for the length of an `async with`; leaving it says good-bye to websockets."""

    def __init__(
        self, app: ASGIApp, listener: socket.socket, tls: TlsFiles | None, drain_seconds: float
    ) -> None:
        self._listener = listener
        self._server = PartServer(
            uvicorn.Config(
                app,
                http=PatientProtocol,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                ws="websockets-sansio",
                ws_max_size=_LARGEST_FRAME_BYTES,
                ws_ping_interval=_PING_SECONDS,
                ws_ping_timeout=_PING_SECONDS,
                ws_per_message_deflate=False,  # small texts: it would cost memory per connection
                timeout_graceful_shutdown=max(1, round(drain_seconds)),
                # Browsers have no certificates.
                ssl_context_factory=(
                    (lambda *_: server_context(tls, ssl.CERT_NONE)) if tls else None
                ),
            )
        )
        self._log = structlog.stdlib.get_logger()

    async def __aenter__(self) -> Self:
        """Start serving."""
        self._task = asyncio.create_task(self._server.serve([self._listener]), name="http")
        host, port = self._listener.getsockname()[:2]
        self._log.info("http_listening", address=f"{host}:{port}")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        await self._task
