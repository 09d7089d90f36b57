"""`/metrics` over HTTP, for the length of an `async with`."""

import asyncio
import errno
from types import TracebackType
from typing import Self

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    start_http_server,
)
from prometheus_client.registry import Collector

from switchyard_common.certificate_metrics import CertificateMetrics
from switchyard_common.errors import StartError
from switchyard_common.settings import TlsFiles
from switchyard_common.tracing_metrics import TracingMetrics


class MetricsServer:
    """Serves one registry, and adds the process, platform and GC metrics to it; those of its
    traces, and of its certificate, where the process has them (`tls`). The numbers themselves go
    without TLS.

    Runs in a thread of its own, so that a scrape of many series does not delay calls.
    `port` is the real one once started, also when 0 (any free one) was asked for.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        bind: str,
        port: int,
        *,
        setting: str = "metrics_port",
        tls: TlsFiles | None = None,
    ) -> None:
        self._registry = registry
        self._bind = bind
        self._setting = setting
        self._tls = tls
        self.port = port

    async def __aenter__(self) -> Self:
        """Start serving; StartError if the port is taken."""
        try:
            self._server, self._thread = start_http_server(self.port, self._bind, self._registry)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise StartError(
                f"{self._setting}: port {self.port} on {self._bind} is in use; "
                "stop what uses it or choose another port"
            ) from error
        self.port = self._server.server_port
        self._collectors: list[Collector] = [
            ProcessCollector(registry=self._registry),
            PlatformCollector(registry=self._registry),
            GCCollector(registry=self._registry),
            TracingMetrics(self._registry),
        ]
        if self._tls is not None:
            self._collectors.append(CertificateMetrics(self._registry, self._tls))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for collector in self._collectors:
            self._registry.unregister(collector)
        await asyncio.to_thread(self._server.shutdown)
        self._server.server_close()
        await asyncio.to_thread(self._thread.join)
