"""The server and channel set-up as services use it: health, reflection, ports, TLS, drain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from prometheus_client import CollectorRegistry
from pydantic_settings import SettingsConfigDict
from switchyard_common import request_id
from switchyard_common.errors import StartError
from switchyard_common.grpc_channel import open_channel, remaining
from switchyard_common.grpc_server import GrpcServer
from switchyard_common.metrics import RpcMetrics
from switchyard_common.settings import ServiceSettings, TlsFiles

from tests.fakes.ports import free_port

pytestmark = pytest.mark.integration

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
ECHO = "test.v1.Echo"

type Context = grpc.aio.ServicerContext[Any, Any]


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="THING_")

    port: int = 0
    metrics_port: int = 0
    drain_seconds: float = 5


class Echo:
    """Answers with its request, after the number of seconds that the request starts with."""

    def __init__(self) -> None:
        self.context: Context | None = None
        self.left_seconds: list[float] = []
        self.entered = asyncio.Event()

    async def echo(self, request: bytes, context: Context) -> bytes:
        self.left_seconds = [remaining(context, 0.5), remaining(context, 1000)]
        self.entered.set()
        await asyncio.sleep(float(request))
        return request

    def add(self, server: grpc.aio.Server) -> None:
        handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            "Echo": grpc.unary_unary_rpc_method_handler(self.echo)
        }
        generic = grpc.method_handlers_generic_handler(ECHO, handlers)
        server.add_generic_rpc_handlers((generic,))


@asynccontextmanager
async def serving(settings: ServiceSettings, echo: Echo) -> AsyncIterator[GrpcServer]:
    metrics = RpcMetrics(CollectorRegistry(), "test")
    async with GrpcServer(settings, [echo.add], [ECHO], metrics) as server:
        yield server


@pytest.fixture
async def echo() -> Echo:
    return Echo()


@pytest.fixture
async def server(echo: Echo) -> AsyncIterator[GrpcServer]:
    async with serving(Settings(), echo) as server:
        yield server


@pytest.fixture
async def channel(server: GrpcServer) -> AsyncIterator[grpc.aio.Channel]:
    async with open_channel(server.target) as channel:
        yield channel


async def health_of(channel: grpc.aio.Channel, service: str = "") -> int:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    answer: health_pb2.HealthCheckResponse = await stub.Check(
        health_pb2.HealthCheckRequest(service=service), timeout=60
    )
    return int(answer.status)


def call_echo(channel: Any, request: bytes, timeout: float | None = 60) -> Any:
    return channel.unary_unary(f"/{ECHO}/Echo")(request, timeout=timeout)


async def test_listens_on_a_free_port_and_answers(
    server: GrpcServer, channel: grpc.aio.Channel
) -> None:
    assert server.port > 0
    assert server.target == f"127.0.0.1:{server.port}"
    assert await call_echo(channel, b"0") == b"0"


async def test_is_not_serving_until_told(server: GrpcServer, channel: grpc.aio.Channel) -> None:
    for service in ("", ECHO):
        assert await health_of(channel, service) == NOT_SERVING
    await server.set_serving(True)
    for service in ("", ECHO):
        assert await health_of(channel, service) == SERVING
    await server.set_serving(False)
    assert await health_of(channel) == NOT_SERVING


async def test_health_of_a_service_that_is_not_here_is_not_found(
    channel: grpc.aio.Channel,
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await health_of(channel, "test.v1.Nothing")
    assert failed.value.code() is grpc.StatusCode.NOT_FOUND


async def test_reflection_lists_the_services(channel: Any) -> None:
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    wish = reflection_pb2.ServerReflectionRequest(list_services="")
    (answer,) = [response async for response in stub.ServerReflectionInfo(iter([wish]))]
    names = {service.name for service in answer.list_services_response.service}
    assert names == {ECHO, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}


async def test_a_busy_port_is_an_error_that_names_the_setting(
    server: GrpcServer, echo: Echo
) -> None:
    with pytest.raises(StartError, match=f"127.0.0.1:{server.port}.*THING_PORT"):
        async with serving(Settings(port=server.port), echo):
            pytest.fail("two servers must not share a port")


async def test_leaving_lets_running_calls_finish_and_says_not_serving(echo: Echo) -> None:
    async with serving(Settings(), echo) as server, open_channel(server.target) as channel:
        await server.set_serving(True)
        stub: Any = health_pb2_grpc.HealthStub(channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest())
        assert (await watch.read()).status == SERVING
        call = call_echo(channel, b"0.3")
        await echo.entered.wait()
        leaving = asyncio.create_task(server.__aexit__(None, None, None))
        assert (await watch.read()).status == NOT_SERVING
        watch.cancel()
        assert await call == b"0.3"
        await leaving


async def test_calls_longer_than_the_drain_are_cut_off(echo: Echo) -> None:
    async with serving(Settings(drain_seconds=0.2), echo) as server:
        channel = open_channel(server.target)
        call = call_echo(channel, b"60", timeout=None)
        await echo.entered.wait()
    with pytest.raises(grpc.aio.AioRpcError):
        await call
    await channel.close()


async def test_a_server_that_is_down_is_unavailable_at_once() -> None:
    async with open_channel(f"127.0.0.1:{free_port()}") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await call_echo(channel, b"0", timeout=60)
    assert failed.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_messages_beyond_4_mb_are_refused(channel: grpc.aio.Channel) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call_echo(channel, b"0" * (4 * 1024 * 1024 + 1))
    assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_what_is_left_of_the_deadline_is_passed_on_capped(
    channel: grpc.aio.Channel, echo: Echo
) -> None:
    await call_echo(channel, b"0", timeout=1000)
    capped, uncapped = echo.left_seconds
    assert capped == 0.5
    assert 500 < uncapped <= 1000
    await call_echo(channel, b"0", timeout=None)
    assert echo.left_seconds == [0.5, 1000]


async def test_a_connection_ends_at_its_age_and_calls_go_on_over_a_new_one(echo: Echo) -> None:
    settings = Settings(max_connection_age_seconds=0.3, drain_seconds=60)
    async with serving(settings, echo) as server, open_channel(server.target) as channel:
        for _ in range(10):
            assert await call_echo(channel, b"0.1") == b"0.1"


async def test_calls_go_round_all_addresses_of_a_name() -> None:
    first, second = Echo(), Echo()
    async with serving(Settings(), first) as one, serving(Settings(), second) as other:
        both = f"ipv4:{one.target},{other.target}"
        async with open_channel(both) as channel, asyncio.timeout(60):
            while not (first.entered.is_set() and second.entered.is_set()):
                assert await call_echo(channel, b"0") == b"0"


class Certificates:
    """A private CA, and TLS files whose certificate it, or another CA, has signed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ca = trustme.CA()

    def files(self, name: str, signed_by: "Certificates | None" = None) -> TlsFiles:
        certificate = (signed_by or self)._ca.issue_cert("127.0.0.1")
        tls = TlsFiles(*(self._folder / f"{name}.{part}" for part in ("cert", "key", "ca")))
        certificate.cert_chain_pems[0].write_to_path(tls.cert)
        certificate.private_key_pem.write_to_path(tls.key)
        self._ca.cert_pem.write_to_path(tls.ca)
        return tls


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


@pytest.fixture
async def tls_server(certificates: Certificates, echo: Echo) -> AsyncIterator[GrpcServer]:
    tls = certificates.files("server")
    settings = Settings(tls_cert=tls.cert, tls_key=tls.key, tls_ca=tls.ca)
    async with serving(settings, echo) as server:
        yield server


async def code_of_a_call(target: str, tls: TlsFiles | None) -> grpc.StatusCode:
    async with open_channel(target, tls) as channel:
        try:
            await call_echo(channel, b"0")
        except grpc.aio.AioRpcError as error:
            return error.code()
    return grpc.StatusCode.OK


async def test_mutual_tls_lets_in_who_the_ca_knows(
    tls_server: GrpcServer, certificates: Certificates
) -> None:
    tls = certificates.files("client")
    assert await code_of_a_call(tls_server.target, tls) is grpc.StatusCode.OK


async def test_mutual_tls_keeps_plaintext_out(tls_server: GrpcServer) -> None:
    assert await code_of_a_call(tls_server.target, None) is grpc.StatusCode.UNAVAILABLE


async def test_mutual_tls_keeps_out_who_another_ca_has_signed(
    tls_server: GrpcServer, certificates: Certificates, tmp_path: Path
) -> None:
    stranger = certificates.files("stranger", signed_by=Certificates(tmp_path))
    assert await code_of_a_call(tls_server.target, stranger) is grpc.StatusCode.UNAVAILABLE


async def test_a_client_does_not_trust_a_server_of_another_ca(
    tls_server: GrpcServer, certificates: Certificates, tmp_path: Path
) -> None:
    distrustful = Certificates(tmp_path).files("distrustful", signed_by=certificates)
    assert await code_of_a_call(tls_server.target, distrustful) is grpc.StatusCode.UNAVAILABLE


async def test_outside_of_a_call_there_is_no_request_id(channel: grpc.aio.Channel) -> None:
    await call_echo(channel, b"0")
    assert request_id.outgoing_metadata() == ()


async def test_probes_without_certificates_learn_health_and_nothing_else(
    certificates: Certificates, echo: Echo
) -> None:
    tls = certificates.files("server")
    settings = Settings(tls_cert=tls.cert, tls_key=tls.key, tls_ca=tls.ca, health_port=0)
    async with serving(settings, echo) as server:
        assert server.health_port not in (None, 0, server.port)
        async with open_channel(f"127.0.0.1:{server.health_port}") as channel:
            assert await health_of(channel) == NOT_SERVING
            await server.set_serving(True)
            assert await health_of(channel, ECHO) == SERVING
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await call_echo(channel, b"0")
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_busy_health_port_is_an_error_that_names_its_setting(
    server: GrpcServer, echo: Echo
) -> None:
    with pytest.raises(StartError, match=f"127.0.0.1:{server.port}.*THING_HEALTH_PORT"):
        async with serving(Settings(health_port=server.port), echo):
            pytest.fail("two servers must not share a port")
