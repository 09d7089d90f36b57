"""What customers see when something around the gateway breaks, and what is left when it is over."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from switchyard.conversation.v1 import conversation_service_pb2 as pb
from switchyard_common.embedded import EmbeddedValkey
from switchyard_common.grpc_errors import reason_of
from switchyard_common.lifecycle import Lifecycle
from switchyard_gateway.adapters.redis.keys import EVENTS
from switchyard_gateway.main import running as run_gateway

from tests.fakes.gateway.bot import ScriptedBot, channel
from tests.fakes.gateway.contact_service import FakeContactService
from tests.fakes.gateway.router import FakeRouter
from tests.fakes.gateway.running import (
    NOBODY,
    OpenPage,
    RunningGateway,
    eventually,
    gateway,
    http,
    settings,
)
from tests.fakes.ports import free_port

pytestmark = pytest.mark.integration

AWAY_SECONDS = 10.0
ODD = "👩‍👩‍👧 ‮abc‬ שלום {{7*7}} ${jndi} <img src=x onerror=alert(1)> '; DROP TABLE"


@asynccontextmanager
async def in_front_of(redis_url: str, bot_url: str) -> AsyncIterator[RunningGateway]:
    """A gateway with a bot of the test's own."""
    router, lifecycle = FakeRouter(), Lifecycle()
    async with run_gateway(
        lifecycle, settings(redis_url, bot_url, NOBODY, bot_patience_seconds=45.0)
    ) as ports:
        yield RunningGateway(ports, ScriptedBot(), router, FakeContactService(router))
    assert not lifecycle.failed


async def insists(page: OpenPage, text: str, message_id: str) -> None:
    """Sends a message as a page does: again and again, until it comes back as stored."""
    while True:
        await page.says(text, message_id)
        frame = await page.until(
            lambda f: f.get("message_id") == message_id and f["type"] in ("message", "error")
        )
        if frame["type"] == "message":
            return
        assert frame["code"] == "STATE_STORE_DOWN"
        await asyncio.sleep(frame["retry_after_ms"] / 1000)


async def test_without_a_store_for_ten_seconds_nothing_is_lost_or_doubled() -> None:
    with EmbeddedValkey() as store:
        async with gateway(store.url) as running, running.page("zh") as page:
            await page.says("before")
            await page.hears("You said: before")
            running.bot.open = asyncio.Event()
            await page.says("on its way")
            await eventually(lambda: len(running.bot.asked) == 2)
            os.kill(store.pid, signal.SIGSTOP)
            running.bot.open.set()
            try:
                told = asyncio.create_task(insists(page, "meanwhile", "m-away"))
                await asyncio.sleep(AWAY_SECONDS)
            finally:
                os.kill(store.pid, signal.SIGCONT)
            await told
            await page.hears("You said: meanwhile")
            refusals = [f for f in page.received if f["type"] == "error"]
            assert refusals
            assert "自动重发" in refusals[0]["text"]
            await page.says("after")
            await page.hears("You said: after")
            async with running.page("zh", resume=page) as again:
                await again.hears("You said: after")
                texts = ["before", "on its way", "meanwhile", "after"]
                assert again.texts("CUSTOMER") == texts
                assert again.texts("BOT") == [f"You said: {text}" for text in texts]


async def test_a_bot_that_restarts_answers_what_came_meanwhile(redis_url: str) -> None:
    bot, port = ScriptedBot(), free_port()
    async with (
        http(channel(bot), port) as bot_url,
        in_front_of(redis_url, bot_url) as running,
        running.page("zh") as page,
    ):
        await page.says("one")
        await page.hears("You said: one")
    # The bot is gone, and a new gateway of the same store takes the conversation up.
    async with in_front_of(redis_url, bot_url) as running, running.page(resume=page) as later:
        await later.says("two")
        await later.says("three")
        await later.hears("bot_returns")
        async with http(channel(bot), port):
            await later.hears("You said: three")
        assert later.texts("BOT") == ["You said: one", "You said: two", "You said: three"]
        assert running.metrics()['switchyard_gateway_bot_retries_total{cause="unreachable"}'] > 0


@pytest.mark.parametrize("answer", [b"<html>", b'{"messages": 1}', b"", b"[]", b"\xff\xfe"])
async def test_rubbish_from_the_bot_is_an_apology(redis_url: str, answer: bytes) -> None:
    async def rubbish(_: Request) -> Response:
        return Response(answer)

    app = Starlette(routes=[Route("/{path:path}", rubbish, methods=["POST"])])
    async with (
        http(app) as bot_url,
        in_front_of(redis_url, bot_url) as running,
        running.page("zh") as page,
    ):
        await page.says("hello")
        told = await page.hears("bot_failed")
        assert "非常抱歉" in told["text"]
        assert running.metrics()['switchyard_gateway_bot_errors_total{cause="bad_answer"}'] == 1


async def test_a_message_of_64_kilobytes_is_refused_clearly_and_the_chat_goes_on(
    redis_url: str,
) -> None:
    async with gateway(redis_url) as running, running.page("zh") as page:
        await page.says("长" * 65536)
        refused = await page.error("TEXT_TOO_LONG")
        assert "消息太长" in refused["text"]
        message = pb.Message(message_id="m1", role=pb.CUSTOMER, text="x" * 65536)
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await running.stub.PostMessage(pb.PostMessageRequest(parent=page.name, message=message))
        assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert reason_of(error.value) == "TEXT_TOO_LONG"
        await page.says("short")
        await page.hears("You said: short")
        assert (
            running.metrics()[
                'switchyard_gateway_websocket_rejections_total{reason="text_too_long"}'
            ]
            == 1
        )


async def test_whatever_is_written_comes_back_as_it_was(redis_url: str) -> None:
    async with gateway(redis_url) as running, running.page() as page:
        await page.says(ODD)
        answer = await page.hears("You said:")
        assert answer["text"] == f"You said: {ODD}"
        assert running.bot.asked[0].text == ODD


async def test_messages_at_once_from_two_pages_are_answered_one_by_one(redis_url: str) -> None:
    async with (
        gateway(redis_url) as running,
        running.page() as one,
        running.page(resume=one) as other,
    ):
        running.bot.delay_seconds = 0.01
        for number in range(10):
            await asyncio.gather(one.says(f"a{number}"), other.says(f"b{number}"))
        await eventually(lambda: len(running.bot.asked) == 20)
        while len(one.texts("BOT")) < 20:
            await one.next()
        assert running.bot.most_at_work == 1
        assert one.texts("BOT") == [f"You said: {text}" for text in one.texts("CUSTOMER")]


async def test_what_happened_is_in_the_stream_of_events(redis_url: str) -> None:
    async with gateway(redis_url) as running, running.page() as page:
        await page.says("hello")
        await page.hears("You said: hello")
        await page.send(type="end")
        await page.state("CLOSED")
        samples = running.metrics()
        outcome = 'outcome="left"'
        name = "switchyard_gateway_conversations_ended_total"
        assert samples[f'{name}{{channel="chat",{outcome}}}'] == 1
        async with Redis.from_url(redis_url, decode_responses=True) as redis:
            entries = await redis.xrange(EVENTS)
        assert entries is not None
        types = [dict(fields or {})["type"] for _, fields in entries]
        assert types == ["bot.turn", "bot.ended"]
        assert "hello" not in str(entries)
