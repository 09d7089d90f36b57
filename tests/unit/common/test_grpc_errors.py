import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from switchyard_common.errors import DomainError, ErrorKind, FieldViolation
from switchyard_common.grpc_errors import (
    STATUS_CODES,
    reason_of,
    retry_after_of,
    to_status,
    violations_of,
)

pytestmark = pytest.mark.unit

FULL = DomainError(
    kind=ErrorKind.EXHAUSTED,
    reason="QUEUE_FULL",
    message="queue sales holds 100 contacts, its limit; overflow or try later",
    violations=(FieldViolation("contact.queue", "take another queue"),),
    metadata={"queue": "sales"},
    retry_after_seconds=2.5,
)


def received(details: bytes | None) -> grpc.aio.AioRpcError:
    trailing = () if details is None else (("grpc-status-details-bin", details),)
    return grpc.aio.AioRpcError(
        grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(*trailing)
    )


def test_every_kind_has_a_status_of_its_own() -> None:
    assert set(STATUS_CODES) == set(ErrorKind)
    assert len(set(STATUS_CODES.values())) == len(ErrorKind)


def test_a_status_carries_reason_violations_and_retry() -> None:
    status = to_status(FULL)
    assert (status.code, status.message) == (8, FULL.message)
    info, bad, retry = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.BadRequest(),
        error_details_pb2.RetryInfo(),
    )
    for detail, message in zip(status.details, (info, bad, retry), strict=True):
        assert detail.Unpack(message)
    assert (info.reason, info.domain, dict(info.metadata)) == (
        "QUEUE_FULL",
        "switchyard",
        {"queue": "sales"},
    )
    assert [(v.field, v.description) for v in bad.field_violations] == [
        ("contact.queue", "take another queue")
    ]
    assert retry.retry_delay.ToMilliseconds() == 2500


def test_a_plain_error_has_only_a_reason() -> None:
    error = DomainError(kind=ErrorKind.NOT_FOUND, reason="CONTACT", message="no such contact")
    assert len(to_status(error).details) == 1


def test_a_client_reads_back_what_the_server_meant() -> None:
    error = received(to_status(FULL).SerializeToString())
    assert reason_of(error) == "QUEUE_FULL"
    assert retry_after_of(error) == 2.5
    assert violations_of(error) == {"contact.queue": "take another queue"}


@pytest.mark.parametrize(
    "details",
    [None, b"\xff not a message", status_pb2.Status(code=14).SerializeToString()],
    ids=["no details", "not a status", "a status without details"],
)
def test_errors_of_other_servers_have_no_reason(details: bytes | None) -> None:
    error = received(details)
    assert reason_of(error) is None
    assert retry_after_of(error) is None
    assert violations_of(error) == {}


def test_an_error_reads_well_in_a_traceback() -> None:
    assert str(FULL) == FULL.message
    assert "EXHAUSTED, QUEUE_FULL" in repr(FULL)
