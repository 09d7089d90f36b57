"""The scripted bot, and the adapter of Rasa's channel against a scripted channel."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from switchyard_gateway.adapters.rasa import RasaBot, open_client
from switchyard_gateway.domain.errors import BotFailed
from switchyard_gateway.service.bot import Bot

from tests.contracts.gateway.bot_contract import BotContract, question
from tests.fakes.gateway.bot import ScriptedBot, channel

pytestmark = pytest.mark.unit

type Respond = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def script() -> ScriptedBot:
    return ScriptedBot()


class TestScriptedBot(BotContract):
    def cause_of(self, failure: str) -> str:
        return failure

    @pytest.fixture
    def bot(self, script: ScriptedBot) -> Bot:
        return script


class TestRasaBot(BotContract):
    def cause_of(self, failure: str) -> str:
        return "refused"  # the channel answers 503, whatever broke behind it

    @pytest.fixture
    async def bot(self, script: ScriptedBot) -> AsyncIterator[Bot]:
        transport = httpx.ASGITransport(channel(script))
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
            yield RasaBot(client)


def answering(respond: Respond) -> RasaBot:
    transport = httpx.MockTransport(respond)
    return RasaBot(httpx.AsyncClient(transport=transport, base_url="http://bot"))


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[]", b"null", b'{"messages": 7}', b'{"messages": [7]}', b'{"text": "x"}'],
)
async def test_what_is_no_answer_is_a_failure(content: bytes) -> None:
    bot = answering(lambda _: httpx.Response(200, content=content))
    with pytest.raises(BotFailed) as failed:
        await bot.reply(question("hello"))
    assert failed.value.cause == "bad_answer"


async def test_odd_fields_of_a_hand_over_become_harmless() -> None:
    custom = {
        "type": "handover",
        "reason": 7,
        "intent": None,
        "slots": ["x"],
        "verification_level": "god",
        "sentiment": "sad",
    }
    body = {"messages": [{"custom": {"switchyard": custom}}, {"image": "x"}]}
    reply = await answering(lambda _: httpx.Response(200, json=body)).reply(question("hello"))
    assert reply.handoff is not None
    assert (reply.handoff.reason, reply.handoff.intent) == ("asked", "")
    assert (reply.handoff.slots, reply.handoff.verification_level) == ({}, "anonymous")
    assert reply.handoff.sentiment == 0


async def test_other_custom_messages_are_no_hand_over() -> None:
    body = {"messages": [{"text": "hi"}, {"custom": {"switchyard": {"type": "link"}}}]}
    reply = await answering(lambda _: httpx.Response(200, json=body)).reply(question("hello"))
    assert (reply.texts, reply.handoff) == (("hi",), None)


async def test_a_bot_that_nobody_answers_for_is_unreachable() -> None:
    async with open_client("http://127.0.0.1:1", 1.0, 2) as client:
        with pytest.raises(BotFailed) as failed:
            await RasaBot(client).reply(question("hello"))
    assert failed.value.cause == "unreachable"


async def test_a_bot_that_takes_too_long_has_failed() -> None:
    def late(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late")

    with pytest.raises(BotFailed) as failed:
        await answering(late).reply(question("hello"))
    assert failed.value.cause == "timeout"
