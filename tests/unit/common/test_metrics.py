import pytest
from prometheus_client import CollectorRegistry, generate_latest
from switchyard_common.metrics import RpcMetrics

pytestmark = pytest.mark.unit

UNARY = {"grpc_service": "demo.v1.Thing", "grpc_method": "Get"}
STREAM = {"grpc_service": "demo.v1.Thing", "grpc_method": "Watch"}


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def test_counts_calls_by_code_and_their_latency(registry: CollectorRegistry) -> None:
    meter = RpcMetrics(registry, "router").meter(
        "/demo.v1.Thing/Get", streaming=False, one_response=True
    )
    for code, seconds in (("OK", 0.001), ("OK", 0.0011), ("NOT_FOUND", 60.0)):
        meter.begin()
        meter.end(code, seconds)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"switchyard_router_rpc_{name}", {**UNARY, **labels})

    assert value("started_total") == 3
    assert value("handled_total", code="OK") == 2
    assert value("handled_total", code="NOT_FOUND") == 1
    assert value("latency_seconds_bucket", le="0.001") == 1
    assert value("latency_seconds_bucket", le="0.0025") == 2
    assert value("latency_seconds_bucket", le="5.0") == 2
    assert value("latency_seconds_bucket", le="+Inf") == 3
    assert value("latency_seconds_count") == 3
    assert value("latency_seconds_sum") == pytest.approx(60.0021)
    assert value("streams_in_flight") is None


def test_knows_how_many_streams_are_open(registry: CollectorRegistry) -> None:
    meter = RpcMetrics(registry, "router").meter(
        "/demo.v1.Thing/Watch", streaming=True, one_response=False
    )
    meter.begin()
    meter.begin()
    meter.end("CANCELLED", 9.0)
    assert registry.get_sample_value("switchyard_router_rpc_streams_in_flight", STREAM) == 1
    assert registry.get_sample_value("switchyard_router_rpc_latency_seconds_count", STREAM) is None


def test_the_same_method_has_one_meter(registry: CollectorRegistry) -> None:
    metrics = RpcMetrics(registry, "router")
    one = metrics.meter("/demo.v1.Thing/Get", streaming=False, one_response=True)
    assert metrics.meter("/demo.v1.Thing/Get", streaming=False, one_response=True) is one


def test_a_name_that_a_client_made_up_is_no_label(registry: CollectorRegistry) -> None:
    RpcMetrics(registry, "router").unknown_method()
    text = generate_latest(registry).decode()
    assert (
        'switchyard_router_rpc_handled_total{code="UNIMPLEMENTED",grpc_method="unknown",'
        'grpc_service="unknown"} 1.0'
    ) in text


def test_two_collectors_of_one_service_cannot_share_a_registry(
    registry: CollectorRegistry,
) -> None:
    RpcMetrics(registry, "router")
    RpcMetrics(registry, "crm")
    with pytest.raises(ValueError, match="Duplicated"):
        RpcMetrics(registry, "router")
