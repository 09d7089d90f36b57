"""The router's faces, wired: who may call, and HTTP and FastAGI beside gRPC."""

import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from ipaddress import ip_network
from typing import Any

import structlog
from prometheus_client import CollectorRegistry
from switchyard_common.admission import Admission, Journal
from switchyard_common.authentication import Authenticator
from switchyard_common.interceptors import CallInterceptor
from switchyard_common.listener import listen
from switchyard_common.local_call import LocalServer
from switchyard_common.metrics import RpcMetrics

from switchyard_router.adapters.face_metrics import FaceMetrics
from switchyard_router.domain.names import Tenant
from switchyard_router.entrypoints.access import Holdings, rules
from switchyard_router.entrypoints.fastagi.calls import PlatformCalls
from switchyard_router.entrypoints.fastagi.scripts import Event, Rank, Route
from switchyard_router.entrypoints.fastagi.server import AgiServer
from switchyard_router.entrypoints.http.face import Documents, HttpFace
from switchyard_router.entrypoints.http.openapi import openapi
from switchyard_router.entrypoints.http.page import page
from switchyard_router.entrypoints.http.server import HttpServer
from switchyard_router.settings import RouterSettings


class Faces:
    """The door (`admission`) that all faces share, and the faces besides gRPC."""

    def __init__(
        self,
        settings: RouterSettings,
        add_servicers: Sequence[Callable[[Any], None]],
        holdings: Holdings,
        registry: CollectorRegistry,
        rpc_metrics: RpcMetrics,
        journal: Journal | None = None,
    ) -> None:
        self._settings = settings
        self._tenant = Tenant(settings.tenant)
        self._holdings = holdings
        self._metrics = FaceMetrics(registry)
        self._rules = rules(holdings)
        self._authenticator = Authenticator(
            settings.tenant, settings.verifier(self._metrics), tls=settings.tls is not None
        )
        self.admission = Admission(
            settings.tenant,
            self._authenticator,
            self._rules,
            settings.limits,
            self._metrics,
            journal=journal,
        )
        self._local = LocalServer(CallInterceptor(rpc_metrics, self.admission))
        for add in add_servicers:
            add(self._local)

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[None]:
        """Serve HTTP and, if it has a port, FastAGI; StartError if a port is taken."""
        settings = self._settings
        if self._authenticator.open_to_anybody:
            structlog.stdlib.get_logger().warning(
                "callers_are_not_told_apart",
                why="no TLS and no token keys: whoever reaches this loopback address is the "
                "identity 'development' and holds every role",
            )
        listener = listen(settings.bind, settings.http_port, settings.env_name("http_port"))
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._http(listener))
            if settings.agi_port is not None:
                await stack.enter_async_context(self._agi(settings.agi_port))
            yield

    def _http(self, listener: socket.socket) -> HttpServer:
        document = openapi(self._rules)
        face = HttpFace(
            self._local,
            self._tenant.name,
            Documents(document, {each: page(document, each) for each in ("en", "zh")}),
            self._metrics,
            open_to_anybody=self._authenticator.open_to_anybody,
        )
        return HttpServer(
            face.app(),
            listener,
            self._settings.tls,
            self._settings.drain_seconds,
            anonymous=self._settings.takes_tokens,
        )

    def _agi(self, port: int) -> AgiServer:
        settings, tenant = self._settings, self._tenant
        calls = PlatformCalls(self._local, tenant.id)
        return AgiServer(
            settings.agi_bind,
            port,
            [ip_network(network) for network in settings.agi_peers],
            {
                "route": Route(calls, self._holdings, tenant),
                "event": Event(calls, tenant),
                "rank": Rank(calls, tenant),
            },
            self._metrics,
            settings.drain_seconds,
            settings.env_name("agi_port"),
        )
