"""Every kind of RPC over a real server: what the client sees, what is counted, what is logged."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
import structlog
from google.protobuf.wrappers_pb2 import StringValue
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from switchyard_common import request_id
from switchyard_common.errors import DomainError, ErrorKind, FieldViolation
from switchyard_common.grpc_errors import reason_of, retry_after_of, violations_of
from switchyard_common.interceptors import CallInterceptor
from switchyard_common.metrics import RpcMetrics

pytestmark = pytest.mark.integration

SERVICE = "test.v1.Thing"
SECRET = "password=hunter2"

type Context = grpc.aio.ServicerContext[Any, Any]


class GeneratedServicer:
    """What generated code leaves behind for methods that nobody wrote."""

    def Unary(self, request: Any, context: Any) -> Any:
        raise NotImplementedError("Method not implemented!")

    ServerStream = ClientStream = Bidi = Unary


GeneratedServicer.Unary.__module__ = "test.v1.thing_pb2_grpc"


class Servicer(GeneratedServicer):
    """Does what the first message says, in all four kinds of RPC."""

    def __init__(self) -> None:
        self.seen_request_ids: list[str] = []
        self.cleaned_up = asyncio.Event()

    async def act(self, wish: str, context: Context) -> str:
        self.seen_request_ids += [value for _, value in request_id.outgoing_metadata()]
        if wish == "refuse":
            raise DomainError(
                kind=ErrorKind.EXHAUSTED,
                reason="QUEUE_FULL",
                message="the queue is full; take another",
                violations=(FieldViolation("queue", "full"),),
                retry_after_seconds=1.5,
            )
        if wish == "crash":
            raise RuntimeError(SECRET)
        if wish == "abort":
            await context.abort(grpc.StatusCode.ABORTED, "by hand")
        if wish == "code":
            context.set_code(grpc.StatusCode.OUT_OF_RANGE)
        if wish == "lose":
            lost = asyncio.get_running_loop().create_future()
            lost.cancel()
            await lost
        if wish == "wait":
            try:
                await asyncio.sleep(60)
            finally:
                self.cleaned_up.set()
        return f"done {wish}"

    async def Unary(self, request: StringValue, context: Context) -> StringValue:
        return StringValue(value=await self.act(request.value, context))

    async def ServerStream(
        self, request: StringValue, context: Context
    ) -> AsyncIterator[StringValue]:
        yield StringValue(value="first")
        yield StringValue(value=await self.act(request.value, context))

    async def ClientStream(
        self, requests: AsyncIterator[StringValue], context: Context
    ) -> StringValue:
        wishes = [request.value async for request in requests]
        return StringValue(value=await self.act(wishes[0], context))

    async def Bidi(
        self, requests: AsyncIterator[StringValue], context: Context
    ) -> AsyncIterator[StringValue]:
        async for request in requests:
            yield StringValue(value=await self.act(request.value, context))


class WritingServicer(Servicer):
    """Streams by the reader and writer calls of the context instead of by generators."""

    async def ServerStream(self, request: StringValue, context: Context) -> None:  # type: ignore[override]
        await context.write(StringValue(value="first"))
        await context.write(StringValue(value=await self.act(request.value, context)))

    async def Bidi(self, requests: object, context: Context) -> None:  # type: ignore[override]
        while (request := await context.read()) is not grpc.aio.EOF:
            await context.write(StringValue(value=await self.act(request.value, context)))


KINDS = {
    "Unary": grpc.unary_unary_rpc_method_handler,
    "ServerStream": grpc.unary_stream_rpc_method_handler,
    "ClientStream": grpc.stream_unary_rpc_method_handler,
    "Bidi": grpc.stream_stream_rpc_method_handler,
}


async def eventually(condition: Callable[[], object]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not come to that within 5 s")


class Client:
    """Calls the four methods alike: one message in, all messages out."""

    def __init__(self, channel: grpc.aio.Channel, registry: CollectorRegistry) -> None:
        self._channel = channel
        self._registry = registry

    def start(self, method: str, wish: bytes, **options: Any) -> Any:
        path = f"/{SERVICE}/{method}" if method in KINDS else method
        channel: Any = self._channel  # gRPC's hints know no calls without a serializer
        parse = StringValue.FromString
        if method == "Unary" or method not in KINDS:
            return channel.unary_unary(path, response_deserializer=parse)(wish, **options)
        if method == "ServerStream":
            return channel.unary_stream(path, response_deserializer=parse)(wish, **options)
        make = channel.stream_unary if method == "ClientStream" else channel.stream_stream
        return make(path, response_deserializer=parse)(iter([wish]), **options)

    async def call(self, method: str, wish: str | bytes, **options: Any) -> list[str]:
        raw = wish if isinstance(wish, bytes) else StringValue(value=wish).SerializeToString()
        call = self.start(method, raw, **options)
        if method in ("ServerStream", "Bidi"):
            return [response.value async for response in call]
        return [(await call).value]

    async def failure(self, method: str, wish: str | bytes, **options: Any) -> grpc.aio.AioRpcError:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await self.call(method, wish, **options)
        return failed.value

    def count(self, name: str, method: str, **labels: str) -> float | None:
        return self._registry.get_sample_value(
            f"switchyard_test_rpc_{name}",
            {"grpc_service": SERVICE, "grpc_method": method, **labels},
        )

    async def handled(self, method: str, code: str) -> None:
        """Wait until one call has ended on the server's side, and check that it had this code."""
        await eventually(lambda: self.count("handled_total", method, code=code))
        assert self.count("started_total", method) == 1
        assert self.count("handled_total", method, code=code) == 1
        assert self.count("streams_in_flight", method) in (None, 0)


@asynccontextmanager
async def serving(
    servicer: GeneratedServicer, *inner: grpc.aio.ServerInterceptor
) -> AsyncIterator[Client]:
    registry = CollectorRegistry()
    outermost = CallInterceptor(RpcMetrics(registry, "test"))
    server = grpc.aio.server(interceptors=(outermost, *inner))
    parse: Callable[[bytes], StringValue] = StringValue.FromString
    handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
        name: make(getattr(servicer, name), parse, StringValue.SerializeToString)
        for name, make in KINDS.items()
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Client(channel, registry)
    finally:
        await server.stop(None)


@pytest.fixture(params=[Servicer, WritingServicer])
async def servicer(request: pytest.FixtureRequest) -> Servicer:
    made: Servicer = request.param()
    return made


@pytest.fixture
async def client(servicer: Servicer) -> AsyncIterator[Client]:
    async with serving(servicer) as client:
        yield client


every_kind = pytest.mark.parametrize("method", KINDS)


@every_kind
async def test_a_good_call_passes_and_is_counted(client: Client, method: str) -> None:
    assert (await client.call(method, "x"))[-1] == "done x"
    await client.handled(method, "OK")
    one_response = method in ("Unary", "ClientStream")
    assert client.count("latency_seconds_count", method) == (1 if one_response else None)


@every_kind
async def test_a_domain_error_becomes_its_status_with_details(client: Client, method: str) -> None:
    error = await client.failure(method, "refuse")
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert error.details() == "the queue is full; take another"
    assert reason_of(error) == "QUEUE_FULL"
    assert retry_after_of(error) == 1.5
    assert violations_of(error) == {"queue": "full"}
    await client.handled(method, "RESOURCE_EXHAUSTED")


@every_kind
async def test_a_crash_tells_an_id_and_nothing_else(client: Client, method: str) -> None:
    with capture_logs() as logs:
        error = await client.failure(method, "crash")
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "hunter2" not in f"{error.details()}{error.trailing_metadata()}"
    (crash,) = [line for line in logs if line["event"] == "rpc_crashed"]
    assert crash["error_id"] in (error.details() or "")
    assert str(crash["exc_info"]) == SECRET
    await client.handled(method, "INTERNAL")


@every_kind
async def test_an_abort_by_hand_is_counted_under_its_code(client: Client, method: str) -> None:
    error = await client.failure(method, "abort")
    assert (error.code(), error.details()) == (grpc.StatusCode.ABORTED, "by hand")
    await client.handled(method, "ABORTED")


@every_kind
async def test_a_code_set_without_abort_is_counted(client: Client, method: str) -> None:
    assert (await client.failure(method, "code")).code() is grpc.StatusCode.OUT_OF_RANGE
    await client.handled(method, "OUT_OF_RANGE")


@every_kind
async def test_a_clients_cancel_reaches_the_handler(
    client: Client, servicer: Servicer, method: str
) -> None:
    call = client.start(method, StringValue(value="wait").SerializeToString())
    await eventually(lambda: servicer.seen_request_ids)
    assert client.count("streams_in_flight", method) == (None if method == "Unary" else 1)
    call.cancel()
    async with asyncio.timeout(60):
        await servicer.cleaned_up.wait()
    await client.handled(method, "CANCELLED")


@every_kind
async def test_a_deadline_is_told_from_a_cancel(
    client: Client, servicer: Servicer, method: str
) -> None:
    error = await client.failure(method, "wait", timeout=2)
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    async with asyncio.timeout(60):
        await servicer.cleaned_up.wait()
    await client.handled(method, "DEADLINE_EXCEEDED")


@every_kind
async def test_a_cancelled_inner_task_is_a_crash_and_not_silence(
    client: Client, method: str
) -> None:
    error = await client.failure(method, "lose", timeout=60)
    assert error.code() is grpc.StatusCode.INTERNAL
    await client.handled(method, "INTERNAL")


@every_kind
async def test_a_malformed_request_is_the_callers_fault(client: Client, method: str) -> None:
    error = await client.failure(method, b"\xff\xff")
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of(error) == "MALFORMED_REQUEST"
    await client.handled(method, "INVALID_ARGUMENT")


@every_kind
async def test_what_nobody_wrote_answers_unimplemented(method: str) -> None:
    async with serving(GeneratedServicer()) as client:
        error = await client.failure(method, "x")
        assert error.code() is grpc.StatusCode.UNIMPLEMENTED
        assert error.details() == f"Thing.{method} is part of the contract but not built yet"
        assert reason_of(error) == "NOT_BUILT"
        await client.handled(method, "UNIMPLEMENTED")


async def test_methods_that_do_not_exist_share_one_label(client: Client) -> None:
    error = await client.failure("/made.up/Name", "x")
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
    labels = {"grpc_service": "unknown", "grpc_method": "unknown", "code": "UNIMPLEMENTED"}
    assert client._registry.get_sample_value("switchyard_test_rpc_handled_total", labels) == 1


@every_kind
async def test_the_callers_request_id_is_kept(
    client: Client, servicer: Servicer, method: str
) -> None:
    await client.call(method, "x", metadata=(("x-request-id", "abc"),))
    assert servicer.seen_request_ids == ["abc"]


async def test_calls_without_a_request_id_get_different_ones(
    client: Client, servicer: Servicer
) -> None:
    await client.call("Unary", "x")
    await client.call("Unary", "x")
    assert len(set(servicer.seen_request_ids)) == 2


async def test_the_request_id_does_not_leak_out_of_its_call(client: Client) -> None:
    await client.call("Unary", "x", metadata=(("x-request-id", "abc"),))
    assert request_id.outgoing_metadata() == ()


class SendsGuestsElsewhere(grpc.aio.ServerInterceptor):
    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        async def turn_away(_request: object, context: Context) -> None:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "no guests")

        if ("guest", "yes") in details.invocation_metadata:
            return grpc.unary_unary_rpc_method_handler(turn_away)
        return await continuation(details)


async def test_an_interceptor_behind_it_still_decides_call_by_call() -> None:
    async with serving(Servicer(), SendsGuestsElsewhere()) as client:
        for _ in range(2):
            assert await client.call("Unary", "x") == ["done x"]
            error = await client.failure("Unary", "x", metadata=(("guest", "yes"),))
            assert error.code() is grpc.StatusCode.PERMISSION_DENIED
    assert client.count("handled_total", "Unary", code="PERMISSION_DENIED") == 2


async def test_a_blocking_handler_is_refused_loudly(caplog: pytest.LogCaptureFixture) -> None:
    class Blocking(Servicer):
        def Unary(self, request: StringValue, context: Context) -> StringValue:  # type: ignore[override]
            return request

    async with serving(Blocking()) as client:
        assert (await client.failure("Unary", "x")).code() is not grpc.StatusCode.OK
    assert "handlers must be async" in caplog.text


async def test_a_contact_bound_in_one_call_is_not_in_the_next() -> None:
    seen: list[dict[str, Any]] = []

    class Binding(Servicer):
        async def act(self, wish: str, context: Context) -> str:
            seen.append(structlog.contextvars.get_contextvars())
            structlog.contextvars.bind_contextvars(contact=wish)
            return wish

    async with serving(Binding()) as client:
        await client.call("Unary", "one")
        await client.call("Unary", "two")
    assert seen == [{}, {}]
