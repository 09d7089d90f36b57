"""A dead peer is told from an answer: what it may not have heard is said again."""

import grpc
import pytest
from grpc.aio import Metadata
from switchyard_common.errors import DomainError, ErrorKind
from switchyard_common.grpc_errors import to_status

from tests.chaos.routes import lost_peer, why

pytestmark = pytest.mark.unit


def error(code: grpc.StatusCode, details: str, status: bytes = b"") -> grpc.aio.AioRpcError:
    trailing = Metadata(("grpc-status-details-bin", status)) if status else Metadata()
    return grpc.aio.AioRpcError(code, Metadata(), trailing, details)


def test_a_write_to_a_stream_that_just_ended_was_perhaps_not_heard() -> None:
    broken = error(grpc.StatusCode.INTERNAL, "Internal error from Core")
    assert lost_peer(broken)
    assert why(broken) == "UNAVAILABLE -"


def test_an_error_inside_a_router_is_an_answer() -> None:
    told = DomainError(kind=ErrorKind.INTERNAL, reason="BROKEN", message="no")
    answer = error(grpc.StatusCode.INTERNAL, "no", to_status(told).SerializeToString())
    assert not lost_peer(answer)
    assert why(answer) == "INTERNAL BROKEN"


def test_an_answer_without_a_reason_is_told_by_its_text() -> None:
    answer = error(grpc.StatusCode.UNKNOWN, "Unexpected <class 'KeyError'>")
    assert not lost_peer(answer)
    assert why(answer) == "UNKNOWN Unexpected <class 'KeyError'>"


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED])
def test_a_peer_that_is_away_gave_no_answer(code: grpc.StatusCode) -> None:
    away = error(code, "connection refused to 127.0.0.1:5")
    assert lost_peer(away)
    assert why(away) == f"{code.name} -"
