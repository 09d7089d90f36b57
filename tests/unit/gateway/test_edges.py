"""What stands at the edges: limits, settings, frames, estimates, refusals."""

from typing import Any

import pytest
from pydantic import ValidationError
from switchyard.router.v1 import contact_pb2
from switchyard.router.v1 import contact_service_pb2 as pb
from switchyard_common.clock import FakeClock
from switchyard_common.errors import DomainError
from switchyard_gateway.adapters.router.convert import estimate_in
from switchyard_gateway.domain.conversation import Role, Typing, Wait
from switchyard_gateway.domain.errors import (
    BotFailed,
    Conflict,
    RateLimited,
    StoreDown,
    WrongState,
    bad_field,
)
from switchyard_gateway.entrypoints.http import frames
from switchyard_gateway.entrypoints.http.limits import AddressLimit, Bucket
from switchyard_gateway.entrypoints.http.refusals import refusal
from switchyard_gateway.settings import GatewaySettings

pytestmark = pytest.mark.unit


def settings(**values: Any) -> GatewaySettings:
    return GatewaySettings(**({"redis_url": "redis://127.0.0.1/0"} | values))


def test_a_bucket_allows_a_burst_and_then_the_rate() -> None:
    clock = FakeClock()
    bucket = Bucket(3, 2.0, clock.monotonic)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    clock.advance(0.5)
    assert [bucket.take() for _ in range(2)] == [True, False]
    clock.advance(3600)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


def test_addresses_do_not_share_a_bucket_and_old_ones_are_forgotten() -> None:
    clock = FakeClock()
    limit = AddressLimit(1, 0.0, clock.monotonic)
    assert limit.take("a")
    assert limit.take("b")
    assert not limit.take("a")
    for number in range(10_000):
        limit.take(f"other-{number}")
    assert limit.take("a"), "forgotten, so that memory is bounded"


def test_pages_of_this_process_may_chat_unless_others_are_named() -> None:
    own = settings().origins(7100)
    assert own == {"http://127.0.0.1:7100", "http://localhost:7100"}
    named = settings(allowed_origins="https://shop.example/, https://www.shop.example")
    assert named.origins(7100) == {"https://shop.example", "https://www.shop.example"}


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_REDIS_URL", "redis://user:hush-hush@host/0")
    monkeypatch.setenv("GATEWAY_QUEUES", '{"order_status": "orders"}')
    monkeypatch.setenv("GATEWAY_ALLOWED_ORIGINS", "https://a.example,https://b.example")
    monkeypatch.setenv("GATEWAY_GRPC_PORT", "7999")
    read = GatewaySettings()
    assert read.queues == {"order_status": "orders"}
    assert len(read.allowed_origins) == 2
    assert "hush-hush" not in repr(read)
    face = read.grpc_face()
    assert face.port == 7999
    assert (face.env_name("port"), face.env_name("bind")) == ("GATEWAY_GRPC_PORT", "GATEWAY_BIND")


@pytest.mark.parametrize(
    "wrong",
    [{"bot_url": "127.0.0.1:7105"}, {"queues": "[]"}, {"queues": "x"}, {"max_entries": 1}],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


@pytest.mark.parametrize(
    ("estimate", "wait"),
    [
        ({"position": 2, "confident": True}, Wait(2, 40, 90)),
        ({"position": 2, "confident": False}, Wait(2)),
        ({"position": 0, "confident": True}, None),
    ],
)
def test_an_estimate_is_announced_only_when_it_is_sure(
    estimate: dict[str, Any], wait: Wait | None
) -> None:
    message = contact_pb2.WaitEstimate(**estimate)
    message.p50.seconds, message.p90.seconds = 40, 90
    assert estimate_in(pb.ContactEvent(wait=message)) == wait
    command = pb.Command(announce=pb.Announce(wait=message))
    assert estimate_in(pb.ContactEvent(command=command)) == wait
    assert estimate_in(pb.ContactEvent()) is None


def test_customers_do_not_see_themselves_type() -> None:
    assert frames.show(Typing(Role.CUSTOMER)) is None
    assert frames.show(Typing(Role.AGENT)) == {"type": "typing", "role": "AGENT"}


@pytest.mark.parametrize(
    "error",
    [
        RateLimited(1.5),
        StoreDown(),
        Conflict(),
        WrongState("CLOSED", "open"),
        WrongState("BOT", "WAITING_FOR_AGENT"),
        BotFailed("timeout"),
        bad_field("message.text", "x", "TEXT_EMPTY"),
        bad_field("frame", "x", "BAD_FRAME"),
    ],
)
def test_every_refusal_can_be_read_in_both_languages(error: DomainError) -> None:
    chinese, english = refusal(error, "zh"), refusal(error, "en")
    assert any("\u4e00" <= char <= "\u9fff" for char in str(chinese["text"]))
    assert str(english["text"]).isascii()
    assert chinese["code"] == english["code"]


def test_who_no_longer_waits_is_not_told_that_the_chat_is_closed() -> None:
    late = WrongState("BOT", "WAITING_FOR_AGENT")
    closed = WrongState("CLOSED", "open")
    assert "closed" in str(refusal(closed, "en")["text"])
    assert "not waiting" in str(refusal(late, "en")["text"])
    assert "已结束" not in str(refusal(late, "zh")["text"])
    assert refusal(late, "en")["code"] == "WRONG_STATE"


def test_only_what_passes_by_itself_is_sent_again() -> None:
    assert refusal(RateLimited(1.5), "en")["retry_after_ms"] == 1500
    assert refusal(bad_field("message.text", "x", "TEXT_EMPTY"), "en")["retry_after_ms"] is None
