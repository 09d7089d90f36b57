"""Every RPC bears any message: a precise answer, never INTERNAL, and nobody else is disturbed."""

from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from switchyard_common.embedded import EmbeddedValkey, send_inline
from switchyard_router.entrypoints.http.contract import services

from tests.fakes.router.fuzz import EXAMPLES, Bearing, bearing, messages

pytestmark = pytest.mark.integration

BREAKDOWNS = {
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.DATA_LOSS,
    grpc.StatusCode.UNAVAILABLE,
}


def path(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


METHODS = [method for service in services() for method in service.methods]
ONE_WAY = [method for method in METHODS if not method.client_streaming]
BOTH_WAYS = [method for method in METHODS if method.client_streaming]
_PATIENCE_SECONDS = 60.0
_STREAM_SECONDS = 0.05

patient = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=(Phase.generate,),  # each try that fails is slow; the first one says enough
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def fuzzed(valkey_server: EmbeddedValkey) -> Iterator[Bearing]:
    send_inline("127.0.0.1", valkey_server.port, "FLUSHALL", seconds=120)
    with bearing(valkey_server.url) as made:
        yield made


@pytest.fixture(scope="module")
def channel(fuzzed: Bearing) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(fuzzed.target) as made:
        yield made


def caller(channel: grpc.Channel, method: MethodDescriptor) -> Any:
    kinds = {
        (False, False): channel.unary_unary,
        (False, True): channel.unary_stream,
        (True, True): channel.stream_stream,
    }
    make: Any = kinds[method.client_streaming, method.server_streaming]
    answers = GetMessageClass(method.output_type)
    return make(
        path(method),
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=answers.FromString,
    )


def outcome(call: Any) -> grpc.StatusCode:
    """How a call ends, a stream being left after a moment; a breakdown fails the test."""
    try:
        for _, _message in zip(range(20), call, strict=False):
            pass
    except grpc.RpcError as error:
        return judged(error)
    return grpc.StatusCode.OK


def judged(error: Any) -> grpc.StatusCode:
    """The code of a refusal, which says what is wrong; a breakdown fails the test."""
    code: grpc.StatusCode = error.code()
    if code in BREAKDOWNS or not error.details():
        pytest.fail(f"{code}: {error.details()}")
    return code


@pytest.mark.parametrize("method", ONE_WAY, ids=path)
def test_any_request_gets_a_precise_answer(
    fuzzed: Bearing, channel: grpc.Channel, method: MethodDescriptor
) -> None:
    call = caller(channel, method)

    @patient
    @given(messages(method.input_type))
    def bears(request: Message) -> None:
        if method.server_streaming:
            outcome(call(request, timeout=_STREAM_SECONDS))
            return
        try:
            call(request, timeout=_PATIENCE_SECONDS)
        except grpc.RpcError as error:
            if judged(error) is grpc.StatusCode.DEADLINE_EXCEEDED:
                pytest.fail(f"no answer within {_PATIENCE_SECONDS} s")

    bears()
    fuzzed.unharmed()


@pytest.mark.parametrize("method", BOTH_WAYS, ids=path)
def test_any_conversation_gets_a_precise_answer(
    fuzzed: Bearing, channel: grpc.Channel, method: MethodDescriptor
) -> None:
    call = caller(channel, method)
    field = method.input_type.fields_by_name["hello"]
    begin = GetMessageClass(method.input_type)
    hellos = st.builds(lambda hello: begin(hello=hello), messages(field.message_type))
    good = st.sampled_from(
        [
            begin(hello={"agent": "tenants/demo/agents/ann", "initial_presence": 2})
            if method.name == "Session"
            else begin(hello={"node": "fuzz-node", "parent": "tenants/demo"})
        ]
    )

    @patient
    @given(st.one_of(good, hellos), st.lists(messages(method.input_type), max_size=6))
    def bears(first: Message, more: list[Message]) -> None:
        outcome(call(iter([first, *more]), timeout=1.0))

    bears()
    fuzzed.unharmed()


@pytest.mark.parametrize("method", METHODS, ids=path)
def test_bytes_that_are_no_message_are_the_callers_fault(
    channel: grpc.Channel, method: MethodDescriptor
) -> None:
    kinds = {
        (False, False): channel.unary_stream,  # read as a stream, one answer is one message
        (False, True): channel.unary_stream,
        (True, True): channel.stream_stream,
    }
    make: Any = kinds[method.client_streaming, method.server_streaming]
    seconds = _STREAM_SECONDS if method.server_streaming else _PATIENCE_SECONDS

    @patient
    @given(st.binary(max_size=60))
    def bears(raw: bytes) -> None:
        outcome(
            make(path(method))(iter([raw]) if method.client_streaming else raw, timeout=seconds)
        )

    bears()


def test_no_call_broke_down_and_no_invariant_did(fuzzed: Bearing) -> None:
    """Runs last: what the router itself counted during all of the above."""
    text = httpx.get(f"{fuzzed.metrics}/metrics", trust_env=False).text
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    broken = [line for line in lines if 'code="INTERNAL"' in line or 'code="UNKNOWN"' in line]
    zero = ("double_assignments", "forbidden_transitions", "orphan_contacts", "stuck_agents")
    broken += [
        line
        for line in lines
        if line.startswith(tuple(f"switchyard_router_{name}" for name in zero))
        and not line.endswith(" 0.0")
        and "_created" not in line
    ]
    assert broken == []
    assert any(line.startswith("switchyard_router_rpc_handled_total") for line in lines)
