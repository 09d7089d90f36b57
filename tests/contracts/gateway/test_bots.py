"""The scripted bot, and the adapter of Rasa's channel against a scripted channel."""

import httpx
import orjson
import pytest
from switchyard_common.http_post import Answer, BadAnswer
from switchyard_gateway.adapters.rasa import RasaBot
from switchyard_gateway.domain.errors import BotFailed
from switchyard_gateway.service.bot import Bot

from tests.contracts.gateway.bot_contract import BotContract, question
from tests.fakes.gateway.bot import ScriptedBot, channel

pytestmark = pytest.mark.unit


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
        return "unavailable"  # the channel answers 503, whatever broke behind it

    @pytest.fixture
    def bot(self, script: ScriptedBot) -> Bot:
        return RasaBot(AppServer(script))


class AppServer:
    """The scripted channel without a network."""

    def __init__(self, script: ScriptedBot) -> None:
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(channel(script)), base_url="http://bot"
        )

    async def post(self, path: str, body: bytes) -> Answer:
        response = await self._client.post(path, content=body)
        return Answer(response.status_code, response.content)


class FixedServer:
    """Always does the same."""

    def __init__(self, does: Answer | Exception) -> None:
        self._does = does

    async def post(self, path: str, body: bytes) -> Answer:
        if isinstance(self._does, Exception):
            raise self._does
        return self._does


def answering(content: object) -> RasaBot:
    return RasaBot(FixedServer(Answer(200, orjson.dumps(content))))


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[]", b"null", b'{"messages": 7}', b'{"messages": [7]}', b'{"text": "x"}'],
)
async def test_what_is_no_answer_is_a_failure(content: bytes) -> None:
    bot = RasaBot(FixedServer(Answer(200, content)))
    with pytest.raises(BotFailed) as failed:
        await bot.reply(question("hello"))
    assert failed.value.cause == "bad_answer"


@pytest.mark.parametrize(
    ("does", "cause"),
    [
        (TimeoutError(), "timeout"),
        (ConnectionRefusedError(), "unreachable"),
        (BadAnswer(), "bad_answer"),
        (Answer(503, b"{}"), "unavailable"),
        (Answer(400, b"{}"), "refused"),
    ],
)
async def test_every_trouble_has_its_cause(does: Answer | Exception, cause: str) -> None:
    with pytest.raises(BotFailed) as failed:
        await RasaBot(FixedServer(does)).reply(question("hello"))
    assert failed.value.cause == cause


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
    reply = await answering(body).reply(question("hello"))
    assert reply.handoff is not None
    assert (reply.handoff.reason, reply.handoff.intent) == ("asked", "")
    assert (reply.handoff.slots, reply.handoff.verification_level) == ({}, "anonymous")
    assert reply.handoff.sentiment == 0


async def test_other_custom_messages_are_no_hand_over() -> None:
    body = {"messages": [{"text": "hi"}, {"custom": {"switchyard": {"type": "link"}}}]}
    reply = await answering(body).reply(question("hello"))
    assert (reply.texts, reply.handoff) == (("hi",), None)
