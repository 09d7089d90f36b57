"""uvicorn inside this process: no signal handlers of its own, clients' certificates passed on."""

import asyncio
import socket
import ssl
from types import TracebackType
from typing import Any, Self, override

import structlog
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from switchyard_common.certificate import server_context
from switchyard_common.http_patience import PatientProtocol
from switchyard_common.settings import TlsFiles
from switchyard_common.uvicorn_server import PartServer

from switchyard_router.entrypoints.http.face import URIS

_MOST_HEADER_BYTES = 16 * 1024


class _CertifiedProtocol(PatientProtocol):
    """Puts the names in the client's certificate into the scope of the connection's requests."""

    @override
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        secured = transport.get_extra_info("ssl_object")
        names = ((secured.getpeercert() or {}) if secured else {}).get("subjectAltName", ())
        uris = tuple(value.encode() for kind, value in names if kind == "URI")
        if uris:
            self.app: Any = _with_names(self.app, uris)


def _with_names(app: Any, uris: tuple[bytes, ...]) -> ASGIApp:
    async def named(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, URIS: uris}, receive, send)

    return named


class HttpServer:
    """Serves an app for the length of an `async with`.

    With `tls`, clients show a certificate of its CA; `anonymous` lets in those that have none, and
    the app has to tell them apart by their tokens.
    """

    def __init__(
        self,
        app: ASGIApp,
        listener: socket.socket,
        tls: TlsFiles | None,
        drain_seconds: float,
        *,
        anonymous: bool,
    ) -> None:
        self._listener = listener
        clients = ssl.CERT_OPTIONAL if anonymous else ssl.CERT_REQUIRED
        self._server = PartServer(
            uvicorn.Config(
                app,
                http=_CertifiedProtocol,
                ws="none",
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                limit_concurrency=PatientProtocol.most_connections,
                h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
                timeout_graceful_shutdown=max(1, round(drain_seconds)),
                ssl_context_factory=(lambda *_: server_context(tls, clients)) if tls else None,
            )
        )
        self._scheme = "https" if tls else "http"
        self._log = structlog.stdlib.get_logger()

    @property
    def port(self) -> int:
        """The real one."""
        return int(self._listener.getsockname()[1])

    async def __aenter__(self) -> Self:
        """Start serving."""
        self._task = asyncio.create_task(self._server.serve([self._listener]), name="http")
        host, port = self._listener.getsockname()[:2]
        self._log.info("http_listening", address=f"{self._scheme}://{host}:{port}/")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        await self._task
