"""The chat over a real websocket, on a real Valkey: order, resuming, limits, errors people read."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from redis.asyncio import Redis
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.fakes.gateway.bot import ORDER
from tests.fakes.gateway.router import ANN
from tests.fakes.gateway.running import OpenPage, RunningGateway, eventually, gateway

pytestmark = pytest.mark.integration


@pytest.fixture
async def running(redis_url: str) -> AsyncIterator[RunningGateway]:
    async with gateway(redis_url) as running:
        yield running


async def test_a_customer_is_answered_by_the_bot(running: RunningGateway) -> None:
    async with running.page("zh") as page:
        message_id = await page.says("我的订单到哪里了？")
        echo = await page.hears("订单", "CUSTOMER")
        assert echo["message_id"] == message_id
        answer = await page.hears(ORDER["zh"], "BOT")
        assert answer["id"] > echo["id"]


async def test_ten_messages_at_once_keep_their_order(running: RunningGateway) -> None:
    async with running.page() as page:
        for number in range(10):
            await page.says(f"number {number}")
        for number in range(10):
            heard = await page.hears("You said", "BOT")
            assert heard["text"] == f"You said: number {number}"
        assert page.texts("CUSTOMER") == [f"number {number}" for number in range(10)]


async def test_a_message_sent_again_is_stored_and_answered_once(running: RunningGateway) -> None:
    async with running.page() as page:
        await page.says("hello", "same-id")
        await page.hears("You said: hello")
        await page.says("hello", "same-id")
        await page.says("next")
        await page.hears("You said: next")
        assert page.texts("BOT") == ["You said: hello", "You said: next"]


async def test_a_page_that_lost_its_connection_gets_what_it_missed(
    running: RunningGateway,
) -> None:
    async with running.page() as first:
        await first.says("one")
        seen = await first.hears("You said: one")
    async with running.page(resume=first) as meanwhile:
        await meanwhile.says("two")
        await meanwhile.hears("You said: two")
    async with running.page(resume=first, last_id=seen["id"]) as again:
        missed = [await again.next(), await again.next()]
        assert [frame["text"] for frame in missed] == ["two", "You said: two"]


async def test_a_reloaded_page_gets_everything(running: RunningGateway) -> None:
    async with running.page() as first:
        await first.says("one")
        await first.hears("You said: one")
    async with running.page(resume=first) as again:
        assert again.welcome["token"] == "", "the secret is told once"
        assert (await again.next())["text"] == "one"
        assert (await again.next())["text"] == "You said: one"


@pytest.mark.parametrize("change", [{"token": "wrong"}, {"conversation": "nobody"}])
async def test_without_the_secret_a_conversation_looks_like_none(
    running: RunningGateway, change: dict[str, str]
) -> None:
    async with running.page() as first:
        await first.says("private")
        await first.hears("You said: private")
    async with running.socket() as socket:
        hello = {"type": "hello", "conversation": first.conversation, "token": first.token}
        stranger = OpenPage(socket)
        await stranger.send(**(hello | change))
        assert (await stranger.next())["type"] == "expired"
        welcome = await stranger.next()
        assert welcome["conversation"] != first.conversation
        await stranger.says("hello")
        await stranger.hears("You said: hello")
        assert "private" not in str(stranger.received)


async def test_two_pages_of_one_conversation_see_the_same(running: RunningGateway) -> None:
    async with running.page() as one, running.page(resume=one) as two:
        await one.says("from one")
        await two.hears("You said: from one")
        await two.says("from two")
        await one.hears("You said: from two")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
async def test_other_sites_cannot_connect(running: RunningGateway, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with running.socket(origin=origin):
            pass
    assert refused.value.response.status_code == 403
    name = 'switchyard_gateway_websocket_rejections_total{reason="origin"}'
    assert running.metrics()[name] == 1


HOSTILE = ["{", "7", '"x"', "[]", "{}", '{"type":"nothing"}', '{"type":"message"}', "\ud800",
           '{"type":"message","id":7,"text":"x"}', '{"type":"message","id":"x","text":"\\ud83d"}',
           '{"type":"hello"}']  # fmt: skip


async def test_nonsense_is_refused_and_the_chat_goes_on(running: RunningGateway) -> None:
    async with running.page("zh") as page:
        for text in HOSTILE:
            await page.socket.send(text.encode("utf-8", "replace").decode())
            refused = await page.error("BAD_FRAME")
            assert "页面" in refused["text"]
        await page.socket.send(b"\x00\x01")
        await page.error("BAD_FRAME")
        await page.says("hello")
        await page.hears("You said: hello")


@pytest.mark.parametrize("first", ['{"type":"typing"}', "not json", b"\x00"])
async def test_who_does_not_say_hello_is_turned_away(
    running: RunningGateway, first: str | bytes
) -> None:
    async with running.socket() as socket:
        await socket.send(first)
        assert orjson.loads(await socket.recv())["code"] == "BAD_FRAME"
        with pytest.raises(ConnectionClosed):
            await socket.recv()


@pytest.mark.parametrize(
    ("text", "code"),
    [("x" * 4001, "TEXT_TOO_LONG"), ("x" * 65536, "TEXT_TOO_LONG"), (" ", "TEXT_EMPTY")],
)
async def test_texts_that_cannot_be_taken_are_explained(
    running: RunningGateway, text: str, code: str
) -> None:
    async with running.page("en") as page:
        message_id = await page.says(text)
        refused = await page.error(code)
        assert refused["message_id"] == message_id
        await page.says("x" * 4000)
        await page.hears("You said: xxx")


@pytest.mark.parametrize(
    "text", ["{{7*7}} ${7*7}", "<script>alert(1)</script>", "שלום مرحبا", "👩‍👩‍👧 ✓"]
)
async def test_texts_arrive_as_they_were_written(running: RunningGateway, text: str) -> None:
    async with running.page() as page:
        await page.says(text)
        assert (await page.hears("You said", "BOT"))["text"] == f"You said: {text}"


async def test_who_writes_too_fast_is_told_when_to_go_on(redis_url: str) -> None:
    async with gateway(redis_url, message_burst=3, message_interval_seconds=600) as running:
        async with running.page("en") as page:
            for number in range(4):
                await page.says(f"n{number}", f"id-{number}")
            refused = await page.error("RATE_LIMITED")
            assert refused["message_id"] == "id-3"
            assert 0 < refused["retry_after_ms"] <= 600_000
        async with running.page(resume=page) as again:  # a new connection is no way around it
            await again.says("n3", "id-3")
            await again.error("RATE_LIMITED")
            async with Redis.from_url(redis_url) as redis:  # as much later as he was told
                key = f"sw:gateway:{{{page.conversation}}}:conversation"
                assert await redis.hdel(key, "due_ms") == 1
            await again.says("n3", "id-3")
            await again.hears("You said: n3")


async def test_a_flood_of_frames_is_cut_off(running: RunningGateway) -> None:
    async with running.page() as page:
        with pytest.raises(ConnectionClosed) as closed:
            await flood(page)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def flood(page: OpenPage) -> None:
    for _ in range(500):
        await page.send(type="typing")
    while True:
        await page.next()


async def test_a_bot_that_is_slow_or_dead_is_apologised_for(redis_url: str) -> None:
    async with gateway(redis_url, bot_deadline_seconds=0.5) as running:
        running.bot.open = asyncio.Event()  # it never answers
        async with running.page("zh") as page:
            await page.says("你好")
            apology = await page.hears("bot_failed")
            assert apology["text"].startswith("非常抱歉")
        samples = running.metrics()
        running.bot.open.set()
    assert samples['switchyard_gateway_bot_errors_total{cause="timeout"}'] == 1
    assert samples['switchyard_gateway_turn_latency_seconds_count{outcome="error"}'] == 1


async def test_after_an_apology_the_bot_answers_again(running: RunningGateway) -> None:
    running.bot.failure = "refused"
    async with running.page() as page:
        await page.says("hello")
        await page.hears("bot_failed")
        running.bot.failure = ""
        await page.says("hello again")
        await page.hears("You said: hello again")


async def test_the_whole_way_to_an_agent_and_back(running: RunningGateway) -> None:
    async with running.page("en") as page:
        await page.says("a person, please")
        await page.state("WAITING_FOR_AGENT")
        wait = await page.until(lambda f: f["type"] == "wait")
        assert (wait["position"], wait["p50_seconds"], wait["p90_seconds"]) == (1, 40, 90)
        await running.router.assign(running.router.only().name)
        joined = await page.hears("agent_joined")
        assert joined["text"] == "Ann Lee has joined the chat."
        assert (await page.state("WITH_AGENT"))["agent"] == "Ann Lee"
        await eventually(lambda: running.router.only().state == "CONNECTED")
        (event,) = running.service.events
        assert (event.agent, event.source, event.source_seq) == (ANN, "chat-1", 1)
        await page.send(type="leave")
        await page.state("WITH_BOT")
        await page.hears("This is the bot again.")
        await eventually(lambda: running.router.only().state == "WRAP_UP")


async def test_a_page_that_comes_back_while_waiting_sees_its_place(
    running: RunningGateway,
) -> None:
    async with running.page() as page:
        await page.send(type="person")
        await page.until(lambda f: f["type"] == "wait")
    async with running.page(resume=page) as again:
        assert again.welcome["state"] == "WAITING_FOR_AGENT"
        assert again.welcome["wait"] == {"position": 1, "p50_seconds": 40, "p90_seconds": 90}


async def test_who_closes_the_page_gives_up_the_place(redis_url: str) -> None:
    async with gateway(redis_url, absent_waiting_seconds=0.3) as running:
        async with running.page() as page:
            await page.send(type="person")
            await page.state("WAITING_FOR_AGENT")
            await eventually(lambda: len(running.router.contacts) == 1)
        await eventually(lambda: running.router.only().state == "ABANDONED")


async def test_typing_is_shown_to_the_other_side_only(running: RunningGateway) -> None:
    async with running.page() as page, running.page(resume=page) as other:
        running.bot.open = asyncio.Event()
        await page.send(type="typing")
        await page.says("hello")
        await other.until(lambda frame: frame["type"] == "typing")
        running.bot.open.set()
        await other.hears("You said")
        typing: list[Any] = [f for f in other.received if f["type"] == "typing"]
        assert typing == [{"type": "typing", "role": "BOT"}]


async def test_a_closed_chat_takes_no_more_messages(running: RunningGateway) -> None:
    async with running.page("en") as page:
        await page.send(type="end")
        await page.state("CLOSED")
        await page.says("hello?")
        assert "closed" in (await page.error("WRONG_STATE"))["text"]


async def test_errors_follow_the_language_of_the_page(running: RunningGateway) -> None:
    async with running.page("en") as page:
        await page.send(type="language", language="zh")
        await page.says("")
        assert "请" in (await page.error("TEXT_EMPTY"))["text"]


async def test_one_address_cannot_open_chats_without_end(redis_url: str) -> None:
    refused = 0
    async with gateway(redis_url, chats_per_second=0.0001) as running:
        for _ in range(70):
            async with running.socket() as socket:
                page = OpenPage(socket)
                await page.send(type="hello")
                refused += (await page.next()).get("code") == "TOO_MANY_CHATS"
    assert refused == 10
