"""The webhook channel: signed JSON in, signed JSON out, once each and in order."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs
from switchyard.conversation.v1 import conversation_service_pb2 as pb
from switchyard_gateway.domain.signatures import sign

from tests.fakes.gateway.bot import ORDER, SAID
from tests.fakes.gateway.channels import Operator, operator
from tests.fakes.gateway.router import ANN
from tests.fakes.gateway.running import RunningGateway, eventually, gateway

pytestmark = pytest.mark.integration

SECRET = "a-secret-of-enough-length"


@dataclass
class Line:
    """A gateway and an operator's system, which a test plays."""

    running: RunningGateway
    operator: Operator
    numbers: int = 0

    async def send(
        self,
        text: str = "",
        message_id: str = "",
        *,
        secret: str = SECRET,
        seconds: float | None = None,
        **more: Any,
    ) -> httpx.Response:
        self.numbers += 1
        body = {"id": message_id or f"m{self.numbers}", "from": "customer-7", "language": "en"}
        if text:
            body["text"] = text
        raw = json.dumps(body | more).encode()
        return await self.raw(raw, sign(secret, int(seconds or time.time()), raw))

    async def raw(self, body: bytes, signature: str) -> httpx.Response:
        async with httpx.AsyncClient(timeout=60) as client:
            return await client.post(
                f"{self.running.origin}/channels/webhook",
                content=body,
                headers={"x-switchyard-signature": signature},
            )

    async def hears(self, *texts: str) -> None:
        await eventually(lambda: self.operator.texts == list(texts))

    def counted(self, **labels: str) -> float:
        name = "switchyard_gateway_channel_messages_total"
        shown = ",".join(f'{key}="{value}"' for key, value in labels.items())
        return self.running.metrics().get(f'{name}{{channel="webhook",{shown}}}', 0)

    def rejected(self, reason: str) -> float:
        name = "switchyard_gateway_channel_rejections_total"
        return self.running.metrics().get(f'{name}{{channel="webhook",reason="{reason}"}}', 0)


@asynccontextmanager
async def laid(redis_url: str, **changes: Any) -> AsyncIterator[Line]:
    async with (
        operator(SECRET) as side,
        gateway(redis_url, webhook_secret=SECRET, webhook_url=side.url, **changes) as running,
    ):
        yield Line(running, side)


@pytest.fixture
async def line(redis_url: str) -> AsyncIterator[Line]:
    async with laid(redis_url) as line:
        yield line


async def test_a_customer_is_answered_by_the_bot(line: Line) -> None:
    answer = await line.send("Where is my order?")
    assert answer.status_code == 202
    assert answer.json()["repeated"] is False
    await line.hears(ORDER["en"])
    (got,) = line.operator.got
    assert got["to"] == "customer-7"
    assert got["role"] == "BOT"
    assert got["conversation"] == answer.json()["conversation"]
    assert got["id"].startswith(got["conversation"])
    assert line.counted(direction="in", outcome="taken") == 1
    await eventually(lambda: line.counted(direction="out", outcome="delivered") == 1)


async def test_many_messages_keep_their_order_and_come_once(line: Line) -> None:
    for number in range(12):
        assert (await line.send(f"n{number}")).status_code == 202
    await line.hears(*(f"You said: n{number}" for number in range(12)))
    assert len({each["id"] for each in line.operator.got}) == 12


async def test_a_message_sent_again_is_taken_once(line: Line) -> None:
    first = await line.send("hello", "same")
    again = await line.send("hello", "same")
    assert again.status_code == 202
    assert again.json() == {"conversation": first.json()["conversation"], "repeated": True}
    await line.send("next")
    await line.hears("You said: hello", "You said: next")


async def test_the_customer_is_handed_to_a_person_and_back(line: Line) -> None:
    await line.send("I want a person")
    await eventually(lambda: bool(line.running.router.contacts))
    await line.running.router.assign(line.running.router.only().name)
    await eventually(lambda: any("Ann Lee has joined" in text for text in line.operator.texts))
    name = f"tenants/demo/conversations/{line.operator.got[0]['conversation']}"
    message = pb.Message(message_id="a1", role=pb.AGENT, agent=ANN, text="Hello, I am Ann.")
    await line.running.stub.PostMessage(pb.PostMessageRequest(parent=name, message=message))
    await eventually(lambda: line.operator.texts[-1] == "Hello, I am Ann.")
    assert line.operator.got[-1]["role"] == "AGENT"
    await line.send(type="leave")
    await eventually(lambda: SAID["en"][1] in line.operator.texts)


async def test_a_conversation_that_was_ended_is_followed_by_another(line: Line) -> None:
    first = await line.send("one")
    await line.hears("You said: one")
    await line.send(type="end")
    second = await line.send("two")
    assert second.json()["conversation"] != first.json()["conversation"]
    await eventually(lambda: line.operator.texts[-1] == "You said: two")


async def test_what_cannot_be_delivered_is_tried_again_until_it_is(line: Line) -> None:
    line.operator.statuses = [503, 429, 500]
    await line.send("hello")
    await line.hears("You said: hello")
    assert line.operator.tries == 4
    assert line.counted(direction="out", outcome="retry") == 3


async def test_a_message_that_is_refused_does_not_hold_up_the_next(line: Line) -> None:
    line.operator.statuses = [400]
    await line.send("refused")
    await eventually(lambda: line.counted(direction="out", outcome="dropped") == 1)
    await line.send("taken")
    await line.hears("You said: taken")


async def test_a_message_that_is_too_old_is_dropped(redis_url: str) -> None:
    async with laid(redis_url, channel_give_up_seconds=0.001) as line:
        line.operator.statuses = [503]
        with capture_logs() as logs:
            await line.send("too late")
            await eventually(lambda: line.counted(direction="out", outcome="dropped") == 1)
        assert line.operator.texts == []
        (dropped,) = [entry for entry in logs if entry["event"] == "message_dropped"]
        assert set(dropped) == {"event", "log_level", "conversation", "entry"}, "no customer's key"


async def test_what_was_not_delivered_is_delivered_after_a_restart(redis_url: str) -> None:
    async with operator(SECRET) as side:
        settings: dict[str, Any] = {"webhook_secret": SECRET, "webhook_url": side.url}
        side.statuses = [503] * 20
        async with gateway(redis_url, **settings) as running:
            await Line(running, side).send("before the restart")
            await eventually(lambda: side.tries > 0)
        side.statuses = []
        async with gateway(redis_url, **settings):
            await eventually(lambda: side.texts == ["You said: before the restart"])


async def test_a_wrong_signature_is_refused(line: Line) -> None:
    answer = await line.send("hello", secret="another-secret-altogether")
    assert (answer.status_code, answer.json()["error"]) == (401, "SIGNATURE")
    assert (await line.raw(b"{}", "")).status_code == 401
    assert line.rejected("signature") == 2
    assert line.counted(direction="in", outcome="taken") == 0


async def test_a_replay_after_the_window_is_refused(line: Line) -> None:
    answer = await line.send("hello", seconds=time.time() - 301)
    assert (answer.status_code, answer.json()["error"]) == (401, "REPLAY")
    assert line.rejected("replay") == 1


async def test_a_body_over_the_limit_is_refused(line: Line) -> None:
    answer = await line.send("x" * 70_000)
    assert (answer.status_code, answer.json()["error"]) == (413, "TOO_LARGE")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"no json", "BAD_BODY"),
        (b'{"from": "x", "text": "no id"}', "BAD_BODY"),
        (b'{"id": "1", "text": "no customer"}', "BAD_BODY"),
        (b'{"id": "1", "from": "x", "text": "y", "more": 1}', "BAD_BODY"),
        (b'{"id": "1", "from": "x", "text": "  "}', "TEXT_EMPTY"),
        (b'{"id": "../../etc", "from": "x", "text": "y"}', "BAD_BODY"),
    ],
)
async def test_what_is_no_message_is_refused_with_the_reason(
    line: Line, body: bytes, error: str
) -> None:
    answer = await line.raw(body, sign(SECRET, int(time.time()), body))
    assert (answer.status_code, answer.json()["error"]) == (422, error)
    assert "x" not in answer.json()["message"].split(": ")[0].split(", ")


@pytest.mark.parametrize("field", ["file", "attachments", "image"])
async def test_a_file_is_refused_by_the_name_of_its_field(line: Line, field: str) -> None:
    sent: dict[str, Any] = {field: "aGVsbG8="}
    answer = await line.send("see this", **sent)
    assert (answer.status_code, answer.json()["error"]) == (422, "FILES_NOT_TAKEN")
    assert answer.json()["message"].startswith(f"{field}: ")
    assert "words only" in answer.json()["message"]
    assert line.running.bot.asked == []


async def test_a_text_over_the_limit_is_refused_and_may_be_sent_shorter(line: Line) -> None:
    answer = await line.send("x" * 4001, "long")
    assert (answer.status_code, answer.json()["error"]) == (422, "TEXT_TOO_LONG")
    assert (await line.send("shorter", "long")).status_code == 202
    await line.hears("You said: shorter")


async def test_who_sends_too_fast_is_told_when_to_come_again(redis_url: str) -> None:
    async with laid(redis_url, message_burst=1, message_interval_seconds=60) as line:
        await line.send("one")
        answer = await line.send("two", "second")
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 60


async def test_what_the_operator_proved_is_passed_on(line: Line) -> None:
    known = [{"kind": "phone", "value": "+8613800138000", "proven": True}]
    answer = await line.send("hello", identifiers=known)
    assert answer.status_code == 202
    assert (await line.send("x", identifiers=[{"kind": "soul", "value": "x"}])).status_code == 422


async def test_without_a_secret_there_is_no_channel(redis_url: str) -> None:
    async with gateway(redis_url) as running, httpx.AsyncClient(timeout=60) as client:
        answer = await client.post(f"{running.origin}/channels/webhook", content=b"{}")
        assert answer.status_code == 404
