"""PINs, codes and reset links in a chat: the bot and the customer have them, nobody else ever."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from switchyard.conversation.v1 import conversation_service_pb2 as pb
from switchyard_common.bot_events import TurnFacts
from switchyard_common.secret_words import MASK
from switchyard_gateway.adapters.redis.keys import hushed_key
from switchyard_gateway.domain.conversation import ConversationId
from switchyard_gateway.service.bot import Reply, Said

from tests.fakes.gateway.running import OpenPage, RunningGateway, eventually, gateway

pytestmark = pytest.mark.integration

PIN = "482913"
LINK = "Set a new one: https://g.example/reset/tok3n . It works once."
HIDDEN = f"Set a new one: {MASK} . It works once."


@pytest.fixture
async def running(redis_url: str) -> AsyncIterator[RunningGateway]:
    async with gateway(redis_url, bot_patience_seconds=60.0) as running:
        asking = TurnFacts(flow="bill_balance", step="ask.pin", asks_secret=True)
        running.bot.script["my bills"] = Reply((Said("Your PIN, please?"),), facts=asking)
        running.bot.script[PIN] = Reply((Said("Thank you."),), facts=TurnFacts())
        running.bot.script["I forgot it"] = Reply((Said(LINK, confidential=True),))
        yield running


async def transcript(running: RunningGateway, page: OpenPage) -> list[str]:
    """What agents read."""
    listed = await running.stub.ListMessages(pb.ListMessagesRequest(parent=page.name))
    return [message.text for message in listed.messages]


async def gives_the_pin(page: OpenPage) -> None:
    await page.says("my bills")
    await page.hears("Your PIN")
    await page.says(PIN, "the-pin")
    await page.hears("Thank you.")


async def test_the_bot_gets_the_pin_and_everybody_else_a_mask(running: RunningGateway) -> None:
    async with running.page() as page:
        await gives_the_pin(page)
        assert running.bot.asked[-1].text == PIN
        assert page.texts("CUSTOMER") == ["my bills", MASK]
        assert await transcript(running, page) == [
            "my bills",
            "Your PIN, please?",
            MASK,
            "Thank you.",
        ]


async def test_a_reloaded_page_shows_the_mask(running: RunningGateway) -> None:
    async with running.page() as first:
        await gives_the_pin(first)
    async with running.page(resume=first) as again:
        await again.hears("Thank you.")
        assert again.texts("CUSTOMER") == ["my bills", MASK]


async def test_a_pin_sent_again_after_a_lost_connection_is_neither_shown_nor_asked_twice(
    running: RunningGateway,
) -> None:
    async with running.page() as first:
        await gives_the_pin(first)
    async with running.page(resume=first) as again:
        await again.says(PIN, "the-pin")
        await again.says("next")
        await again.hears("You said: next")
        assert again.texts("CUSTOMER") == ["my bills", MASK, "next"]
        assert [asked.text for asked in running.bot.asked].count(PIN) == 1


async def test_a_pin_outlives_the_absence_of_the_bot(running: RunningGateway) -> None:
    async with running.page() as page:
        await page.says("my bills")
        await page.hears("Your PIN")
        running.bot.failure = "unavailable"
        await page.says(PIN)
        await page.hears(MASK, "CUSTOMER")
        await eventually(lambda: len(running.bot.asked) >= 3)
        running.bot.failure = ""
        await page.hears("Thank you.")
        assert {asked.text for asked in running.bot.asked[1:]} == {PIN}
        assert PIN not in str(await transcript(running, page))


async def test_a_link_is_for_the_customer_alone_even_after_a_reload(
    running: RunningGateway, redis_url: str
) -> None:
    async with running.page() as first:
        await first.says("I forgot it")
        await first.hears(LINK, "BOT")
        assert (await transcript(running, first))[-1] == HIDDEN
    async with running.page(resume=first) as again:
        await again.hears(LINK, "BOT")
    async with Redis.from_url(redis_url) as redis:  # as if the time had passed
        await redis.delete(hushed_key(ConversationId(first.conversation)))
    async with running.page(resume=first) as later:
        await later.hears(HIDDEN, "BOT")


async def test_an_agent_who_watches_sees_neither(running: RunningGateway) -> None:
    async with running.page() as page:
        await gives_the_pin(page)
        await page.says("I forgot it")
        await page.hears("works once")
        stream = running.stub.WatchConversation(pb.WatchConversationRequest(name=page.name))
        seen: list[str] = []
        async for event in stream:
            seen.append(event.message.text)
            if event.message.text == HIDDEN:
                break
        stream.cancel()
    assert MASK in seen
    assert not any(PIN in text or "/reset/" in text for text in seen)
