"""An HTTP server that starts, tells its port and drains with the rest of the process."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from types import TracebackType
from typing import Self, override

import structlog
import uvicorn
from starlette.types import ASGIApp

from switchyard_common.errors import StartError
from switchyard_common.lifecycle import Lifecycle
from switchyard_common.settings import ServiceSettings

# Callers keep their connections open for 20 seconds; it is theirs to close them.
_KEPT_SECONDS = 75


class _Server(uvicorn.Server):
    """Leaves the process's signals to the lifecycle."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpServer:
    """Serves an ASGI application for the length of an `async with`.

    `port` is the real one once started, also when 0 (any free one) was asked for.
    """

    def __init__(self, app: ASGIApp, settings: ServiceSettings, lifecycle: Lifecycle) -> None:
        self._settings = settings
        self._lifecycle = lifecycle
        self._log = structlog.stdlib.get_logger()
        self._server = _Server(_config(app, settings))
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
        ssl_certfile=tls.cert if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )


def _listen(settings: ServiceSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.bind.strip("[]"), settings.port))
    except OSError as error:
        listener.close()
        raise StartError(
            f"cannot listen on {settings.bind}:{settings.port} ({error.strerror}); stop what uses "
            f"it or set {settings.env_name('port')} or {settings.env_name('bind')}"
        ) from error
    return listener
