"""An HTTP server that starts, tells its port and drains with the rest of the process."""

import asyncio
import socket
import ssl
from collections.abc import Collection
from types import TracebackType
from typing import Any, Self, override

import structlog
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from switchyard_common.certificate import server_context
from switchyard_common.http_patience import PatientProtocol
from switchyard_common.lifecycle import Lifecycle
from switchyard_common.listener import listen
from switchyard_common.settings import ServiceSettings
from switchyard_common.uvicorn_server import PartServer

# Callers keep their connections open for 20 seconds; it is theirs to close them.
_KEPT_SECONDS = 75
_STRANGER = "switchyard.stranger"


class _CertifiedProtocol(PatientProtocol):
    """Marks requests over TLS whose connection has shown no certificate."""

    @override
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        secured = transport.get_extra_info("ssl_object")
        if secured is not None and not secured.getpeercert():
            self.app: Any = _of_stranger(self.app)


def _of_stranger(app: Any) -> ASGIApp:
    async def marked(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, _STRANGER: True}, receive, send)

    return marked


def _guarded(app: ASGIApp, open_paths: Collection[str]) -> ASGIApp:
    """The application, of which strangers reach the open paths only."""
    refusal = PlainTextResponse("show a client certificate of this server's CA\n", 401)

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        refused = _STRANGER in scope and scope["path"] not in open_paths
        await (refusal if refused else app)(scope, receive, send)

    return guard


class HttpServer:
    """Serves an ASGI application for the length of an `async with`.

    `port` is the real one once started, also when 0 (any free one) was asked for. With TLS, who
    shows no certificate of the CA gets 401 but for `open_paths`: probes of Kubernetes have none.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: ServiceSettings,
        lifecycle: Lifecycle,
        open_paths: Collection[str] = (),
    ) -> None:
        self._settings = settings
        self._lifecycle = lifecycle
        self._log = structlog.stdlib.get_logger()
        self._server = PartServer(_config(_guarded(app, frozenset(open_paths)), settings))
        self.port = settings.port

    async def __aenter__(self) -> Self:
        """Start serving; StartError if the port is taken."""
        listener = _listen(self._settings)
        self.port = listener.getsockname()[1]
        self._task = self._lifecycle.supervise(self._server.serve([listener]), "http server")
        self._log.info("http_listening", address=f"{self._settings.bind}:{self.port}")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lifecycle.let_go(self._task)
        self._server.should_exit = True
        await asyncio.wait((self._task,))


def _config(app: ASGIApp, settings: ServiceSettings) -> uvicorn.Config:
    tls = settings.tls
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_keep_alive=_KEPT_SECONDS,
        timeout_graceful_shutdown=int(settings.drain_seconds),
        http=_CertifiedProtocol,
        ssl_context_factory=(lambda *_: server_context(tls, ssl.CERT_OPTIONAL)) if tls else None,
    )


def _listen(settings: ServiceSettings) -> socket.socket:
    names = f"{settings.env_name('port')} or {settings.env_name('bind')}"
    return listen(settings.bind.strip("[]"), settings.port, names)
