"""When traces are asked for, by OpenTelemetry's own variables; what is done when they are not."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from switchyard_bot import tracing as bot_tracing
from switchyard_common import tracing
from switchyard_common.tracing_metrics import TracingMetrics

pytestmark = pytest.mark.unit

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
ASKED = [
    ({}, False),
    ({ENDPOINT: ""}, False),
    ({ENDPOINT: "http://127.0.0.1:4318"}, True),
    ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
    ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
    ({"OTEL_TRACES_EXPORTER": "none", ENDPOINT: "http://127.0.0.1:4318"}, False),
    ({"OTEL_SDK_DISABLED": "true", ENDPOINT: "http://127.0.0.1:4318"}, False),
    ({"OTEL_SDK_DISABLED": "True", "OTEL_TRACES_EXPORTER": "otlp"}, False),
    ({"OTEL_METRICS_EXPORTER": "otlp"}, False),
]


@pytest.mark.parametrize(("environ", "asked"), ASKED)
def test_traces_are_made_where_the_environment_names_a_collector(
    environ: dict[str, str], asked: bool
) -> None:
    assert tracing.wanted(environ) is asked


@pytest.mark.parametrize(("environ", "asked"), ASKED)
def test_the_bot_reads_the_environment_as_everybody_does(
    environ: dict[str, str], asked: bool
) -> None:
    assert bot_tracing.wanted(environ) is asked


REFUSED = [
    ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER=zipkin"),
    (
        {ENDPOINT: "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
        "OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
    ),
]


@pytest.mark.parametrize(("environ", "named"), REFUSED)
def test_the_bot_refuses_what_everybody_refuses(environ: dict[str, str], named: str) -> None:
    with pytest.raises(bot_tracing.BadTracing, match=named):
        bot_tracing.configure(environ)


@pytest.mark.parametrize(("environ", "named"), REFUSED)
def test_a_wish_that_cannot_be_fulfilled_ends_the_process_with_its_name(
    environ: dict[str, str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        tracing.configure_tracing("router", environ)
    assert ended.value.code == 2
    assert named in capsys.readouterr().err


async def test_while_nothing_is_traced_handlers_and_channels_stay_as_they_are() -> None:
    async def handler(request: object, context: object) -> None: ...

    assert tracing.traced("/a.B/C", handler, streaming=False) is handler
    assert tracing.interceptors() == ()
    with tracing.span("chat.turn", conversation="c"), tracing.request_span("bot") as headers:
        assert headers == ()
    with tracing.continued("actions.call", {}), bot_tracing.turn({}), bot_tracing.action() as sent:
        assert sent == {}


def test_while_nothing_is_traced_no_spans_are_counted() -> None:
    registry = CollectorRegistry()
    TracingMetrics(registry)
    assert b"trace_spans" not in generate_latest(registry)
