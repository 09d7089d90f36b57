"""A gRPC server as every Switchyard process runs it: TLS, health, reflection, metrics, drain."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from switchyard_common.certificate import Credentials, certificate_of
from switchyard_common.errors import StartError
from switchyard_common.grpc_channel import KEEPALIVE_MS, KEEPALIVE_TIMEOUT_MS, MAX_MESSAGE_BYTES
from switchyard_common.grpc_patience import REQUEST_SECONDS
from switchyard_common.interceptors import CallInterceptor, Guard
from switchyard_common.metrics import RpcMetrics
from switchyard_common.settings import ServiceSettings, TlsFiles

_MOST_METADATA_BYTES = 16 * 1024
# Strangers' sockets: those that say nothing, those that call nothing, and all of them together.
_HANDSHAKE_MS = 10_000
_IDLE_MS = 300_000
_MOST_CONNECTIONS = 10_000

type AddServicer = Callable[[grpc.aio.Server], None]


class GrpcServer:
    """Serves for the length of an `async with`, and drains on leaving it.

    `add_servicers` register servicers on the server; `service_names` are their full names, for
    health and reflection. Health is NOT_SERVING until `set_serving(True)` and while draining.
    `port` is the real one once started. A call's request has `request_seconds` to come. `guard`
    decides who may call; without one everybody may who gets a connection. With TLS a connection
    takes a certificate of the CA, unless `client_certificates` is off; files that are replaced hold
    for new connections, and the open ones live on. `health_port`, where the settings name one, is
    plaintext and has health alone.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        add_servicers: Sequence[AddServicer],
        service_names: Sequence[str],
        metrics: RpcMetrics,
        guard: Guard | None = None,
        *,
        client_certificates: bool = True,
        request_seconds: float = REQUEST_SECONDS,
    ) -> None:
        self._request_seconds = request_seconds
        self._settings = settings
        self._add_servicers = add_servicers
        self._service_names = tuple(service_names)
        self._metrics = metrics
        self._guard = guard
        self._client_certificates = client_certificates
        self._health = health.aio.HealthServicer()
        self._log = structlog.stdlib.get_logger()
        self.port = settings.port
        self.health_port = settings.health_port

    @property
    def target(self) -> str:
        """Where clients on this machine reach it: `host:port`."""
        return _address(self._settings.bind, self.port)

    async def __aenter__(self) -> Self:
        """Start serving; StartError if the port is taken."""
        self._server = grpc.aio.server(
            interceptors=(CallInterceptor(self._metrics, self._guard, self._request_seconds),),
            options=_options(self._settings),
        )
        for add in self._add_servicers:
            add(self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection(
            (*self._service_names, health.SERVICE_NAME, reflection.SERVICE_NAME), self._server
        )
        await self.set_serving(False)
        self.port = self._bind()
        self._probed = await self._answer_probes()
        await self._server.start()
        tls = self._settings.tls is not None
        self._log.info("grpc_listening", address=self.target, tls=tls)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._health.enter_graceful_shutdown()
        self._log.info("grpc_draining", at_most_seconds=self._settings.drain_seconds)
        await self._server.stop(self._settings.drain_seconds)
        if self._probed is not None:
            await self._probed.stop(None)

    async def set_serving(self, serving: bool) -> None:
        """Tell health checks whether this process can do its work; ignored once draining."""
        answer = health_pb2.HealthCheckResponse
        status = answer.SERVING if serving else answer.NOT_SERVING
        for name in ("", *self._service_names):
            await self._health.set(name, status)

    async def _answer_probes(self) -> grpc.aio.Server | None:
        if self._settings.health_port is None:
            return None
        probed = grpc.aio.server(options=_options(self._settings))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, probed)
        with self._port_errors("health_port", self._settings.health_port) as address:
            self.health_port = probed.add_insecure_port(address)
        await probed.start()
        return probed

    def _bind(self) -> int:
        tls = self._settings.tls
        with self._port_errors("port", self._settings.port) as address:
            if tls is None:
                return self._server.add_insecure_port(address)
            return self._server.add_secure_port(
                address, _credentials(tls, self._client_certificates)
            )

    @contextmanager
    def _port_errors(self, setting: str, port: int) -> Iterator[str]:
        address = _address(self._settings.bind, port)
        try:
            yield address
        except RuntimeError as error:  # gRPC tells no more than that binding failed
            raise StartError(
                f"cannot listen on {address}: the port is in use, or the address is not this "
                f"machine's; stop what uses it or set {self._settings.env_name(setting)} or "
                f"{self._settings.env_name('bind')}"
            ) from error


def _address(bind: str, port: int) -> str:
    return f"[{bind}]:{port}" if ":" in bind and not bind.startswith("[") else f"{bind}:{port}"


def _credentials(tls: TlsFiles, client_certificates: bool) -> grpc.ServerCredentials:
    """Each connection gets the certificate, and the CA for clients, of its time."""
    certificate = certificate_of(tls)
    told = certificate.current()

    def configuration(of: Credentials) -> grpc.ServerCertificateConfiguration:
        ca = of.ca if client_certificates else None
        return grpc.ssl_server_certificate_configuration([(of.key, of.cert)], ca)

    def changed() -> grpc.ServerCertificateConfiguration | None:
        nonlocal told
        newest = certificate.current()
        if newest is told:
            return None
        told = newest
        return configuration(newest)

    fetcher: Any = changed  # the stubs do not know of None, which means "as it is"
    return grpc.dynamic_ssl_server_credentials(
        configuration(told), fetcher, require_client_authentication=client_certificates
    )


def _options(settings: ServiceSettings) -> list[tuple[str, int]]:
    options = [
        ("grpc.so_reuseport", 0),  # a busy port is an error, not a second server behind it
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_metadata_size", _MOST_METADATA_BYTES),
        ("grpc.absolute_max_metadata_size", _MOST_METADATA_BYTES),
        ("grpc.server_handshake_timeout_ms", _HANDSHAKE_MS),
        ("grpc.max_connection_idle_ms", _IDLE_MS),
        ("grpc.max_allowed_incoming_connections", _MOST_CONNECTIONS),
        ("grpc.keepalive_time_ms", KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
        ("grpc.keepalive_permit_without_calls", 1),
        # Clients ping as often as the server does; gRPC's default of 5 min would cut them off.
        ("grpc.http2.min_ping_interval_without_data_ms", KEEPALIVE_MS // 2),
    ]
    if settings.max_connection_age_seconds is not None:
        # gRPC adds 10 % of jitter by itself.
        age_ms = int(settings.max_connection_age_seconds * 1000)
        options.append(("grpc.max_connection_age_ms", age_ms))
        options.append(("grpc.max_connection_age_grace_ms", int(settings.drain_seconds * 1000)))
    return options
