import asyncio
import errno
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
import structlog
from switchyard_common import request_id
from switchyard_common.errors import StartError
from switchyard_common.logs import bind_contact, configure_logging, contact_scope, pseudonym

pytestmark = pytest.mark.unit

NUMBER = "+8613800138000"


@dataclass(frozen=True)
class Caller:
    language: str
    pii_number: str


class Opaque:
    def __repr__(self) -> str:
        return f"Opaque({NUMBER})"


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def output() -> io.StringIO:
    stream = io.StringIO()
    configure_logging("router", "info", stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_time_level_service_and_event(output: io.StringIO) -> None:
    structlog.get_logger().info("contact_queued", queue="销售", position=3)
    (line,) = lines(output)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "contact_queued",
        "level": "info",
        "service": "router",
        "queue": "销售",
        "position": 3,
    }


def test_personal_data_never_reaches_the_output(output: io.StringIO) -> None:
    structlog.get_logger().info(
        "caller_identified",
        pii_number=NUMBER,
        pii_everything={"deep": [NUMBER]},
        caller=Caller("zh", NUMBER),
        nested={"pii_name": NUMBER, "more": [{"pii_digits": NUMBER, "kept": 1}]},
        opaque=Opaque(),
    )
    assert NUMBER not in output.getvalue()
    (line,) = lines(output)
    assert line["pii_number"] == line["pii_everything"] == "[redacted]"
    assert line["caller"] == {"language": "zh", "pii_number": "[redacted]"}
    assert line["nested"] == {
        "pii_name": "[redacted]",
        "more": [{"pii_digits": "[redacted]", "kept": 1}],
    }
    assert line["opaque"] == "<Opaque>"


def test_bound_personal_data_is_redacted_too(output: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(pii_caller=NUMBER)
    structlog.get_logger().bind(pii_name=NUMBER).warning("odd_call")
    assert NUMBER not in output.getvalue()


def test_a_developer_can_ask_to_see_it() -> None:
    stream = io.StringIO()
    configure_logging("router", stream=stream, reveal_pii=True)
    structlog.get_logger().info("caller_identified", pii_number=NUMBER)
    assert lines(stream)[0]["pii_number"] == NUMBER


def test_what_json_has_no_form_for_is_not_spelt_out(output: io.StringIO) -> None:
    structlog.get_logger().info("started", path=Path("/var/lib/x"), model=Opaque(), tags={"a"})
    (line,) = lines(output)
    assert (line["path"], line["model"], line["tags"]) == ("/var/lib/x", "<Opaque>", ["a"])


def read(words: str) -> int:
    """Fails as code does that meets what it did not expect."""
    try:
        return int(words)
    except ValueError as error:
        raise KeyError(words) from error


def test_an_exception_is_logged_by_kind_and_place_and_not_by_what_it_says(
    output: io.StringIO,
) -> None:
    try:
        read(NUMBER + "x")
    except KeyError:
        structlog.get_logger().exception("read_failed")
    (line,) = lines(output)
    assert (line["event"], line["level"]) == ("read_failed", "error")
    assert line["exception"].startswith("Traceback")
    first, second = line["exception"].split("direct cause")
    assert "\nValueError\n" in first
    assert "in read" in first
    assert second.splitlines()[-1] == "KeyError"
    assert NUMBER not in output.getvalue()


@pytest.mark.parametrize("given", ["instance", "tuple", "context", "group", "note"])
def test_no_way_to_hand_over_an_exception_tells_what_it_says(
    output: io.StringIO, given: str
) -> None:
    error: Exception = ValueError(f"for {NUMBER}")
    if given == "note":
        error.add_note(NUMBER)
    if given == "group":
        error = ExceptionGroup(NUMBER, [error])
    if given == "context":
        error.__context__ = KeyError(NUMBER)
    log = structlog.get_logger()
    log.error("failed", exc_info=(ValueError, error, None) if given == "tuple" else error)
    (line,) = lines(output)
    assert "ValueError" in line["exception"]
    assert NUMBER not in output.getvalue()


def test_libraries_log_exceptions_without_what_they_say(output: io.StringIO) -> None:
    try:
        read(NUMBER + "x")
    except KeyError:
        logging.getLogger("grpc").exception("raised by servicer method")
    (line,) = lines(output)
    assert "KeyError" in line["exception"]
    assert NUMBER not in output.getvalue()


async def test_a_task_that_nobody_waited_for_tells_only_where_it_failed(
    output: io.StringIO,
) -> None:
    loop = asyncio.get_running_loop()
    error = ValueError(NUMBER)
    future: asyncio.Future[None] = loop.create_future()
    future.set_exception(error)
    message = "Task exception was never retrieved"
    loop.default_exception_handler({"message": message, "exception": error, "future": future})
    future.exception()
    (line,) = lines(output)
    assert line["event"] == message
    assert "ValueError" in line["exception"]
    assert NUMBER not in output.getvalue()


def test_what_the_system_or_a_setting_says_is_logged(output: io.StringIO) -> None:
    for error in (
        ConnectionRefusedError(errno.ECONNREFUSED, "no", NUMBER),
        StartError("set CRM_PORT to a free port"),
    ):
        structlog.get_logger().error("failed", exc_info=error)
    refused, port = lines(output)
    assert refused["exception"].endswith("Connection refused")
    assert port["exception"].endswith("StartError: set CRM_PORT to a free port")
    assert NUMBER not in output.getvalue()


def test_a_refused_call_is_logged_with_its_code_alone(output: io.StringIO) -> None:
    refused = grpc.aio.AioRpcError(
        grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(), details=NUMBER
    )
    structlog.get_logger().error("failed", exc_info=refused)
    assert lines(output)[0]["exception"].endswith("AioRpcError: UNAVAILABLE")
    assert NUMBER not in output.getvalue()


def test_a_developer_may_see_what_exceptions_say() -> None:
    stream = io.StringIO()
    configure_logging("router", "info", stream, reveal_pii=True)
    structlog.get_logger().error("failed", exc_info=ValueError("the disk is full"))
    (line,) = lines(stream)
    assert "the disk is full" in line["exception"]


def test_levels_below_the_threshold_are_dropped(output: io.StringIO) -> None:
    structlog.get_logger().debug("detail")
    logging.getLogger("grpc").debug("detail")
    assert output.getvalue() == ""


@pytest.mark.parametrize("name", ["uvicorn.error", "grpc._cython.cygrpc", "anything"])
def test_the_standard_librarys_logs_take_the_same_way(output: io.StringIO, name: str) -> None:
    bind_contact("c1")
    logging.getLogger(name).warning("port %d is slow", 7101)
    (line,) = lines(output)
    assert (line["event"], line["logger"]) == ("port 7101 is slow", name)
    assert (line["level"], line["service"], line["contact"]) == ("warning", "router", "c1")


def test_access_logs_are_off_since_paths_may_hold_personal_data(output: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").info("GET /?number=%s", NUMBER)
    assert output.getvalue() == ""


def test_addresses_of_who_opens_a_websocket_are_not_logged(output: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" [accepted]', "192.0.2.7:9", "/ws")
    assert output.getvalue() == ""


def test_a_bound_contact_is_on_every_line(output: io.StringIO) -> None:
    bind_contact("c1")
    structlog.get_logger().info("offered")
    assert lines(output)[0]["contact"] == "c1"


def test_a_contact_scope_ends(output: io.StringIO) -> None:
    log = structlog.get_logger()
    bind_contact("outer")
    with contact_scope("inner"):
        log.info("one")
    log.info("two")
    assert [line["contact"] for line in lines(output)] == ["inner", "outer"]


async def test_a_request_id_is_on_every_line_and_travels_on(output: io.StringIO) -> None:
    assert request_id.outgoing_metadata() == ()
    request_id.adopt((("user-agent", "test"), ("x-request-id", "r" * 100)))
    structlog.get_logger().info("served")
    assert lines(output)[0]["request_id"] == "r" * 64
    assert request_id.outgoing_metadata() == (("x-request-id", "r" * 64),)


async def test_a_caller_without_a_request_id_gets_one() -> None:
    request_id.adopt(())
    first = request_id.outgoing_metadata()
    request_id.adopt(())
    assert first[0][1]
    assert first != request_id.outgoing_metadata()


def test_a_logger_made_before_the_set_up_follows_it() -> None:
    log = structlog.get_logger()
    first, second = io.StringIO(), io.StringIO()
    configure_logging("router", stream=first)
    log.info("one")
    configure_logging("router", stream=second)
    log.info("two")
    assert [line["event"] for line in lines(first) + lines(second)] == ["one", "two"]


def test_a_pseudonym_is_stable_keyed_and_short() -> None:
    assert pseudonym(b"key", NUMBER) == pseudonym(b"key", NUMBER)
    assert pseudonym(b"key", NUMBER) != pseudonym(b"other", NUMBER)
    assert len(pseudonym(b"key", NUMBER)) == 16
    # RFC 4231, test case 2, cut to 16 digits
    assert pseudonym(b"Jefe", "what do ya want for nothing?") == "5bdcc146bf60754e"


def test_a_pseudonym_without_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="secret key"):
        pseudonym(b"", NUMBER)
