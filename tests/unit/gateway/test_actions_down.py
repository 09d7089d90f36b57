"""The action server is away: what the bot answers then, as the gateway and the customer get it."""

from typing import Any

import orjson
import pytest
from switchyard_gateway.adapters.rasa_answer import to_reply
from switchyard_gateway.domain.conversation import State

from tests.fakes.gateway.world import World

pytestmark = pytest.mark.unit

SORRY = {
    "en": "Sorry, something is not working on our side. I am bringing in a person.",
    "zh": "非常抱歉，系统出了点问题，我为您转人工客服。",
}


def answer(language: str, *, handing_over: bool = True) -> bytes:
    """As services/ivr_bot/bot answers (README, "The action server is down")."""
    notice = {
        "type": "handover",
        "reason": "bot_failed",
        "intent": "order_status",
        "language": language,
        "summary": "The assistant failed.",
    }
    messages: list[dict[str, Any]] = [{"text": SORRY[language]}]
    if handing_over:
        messages.append({"custom": {"switchyard": notice}})
    turn = {"intent": "order_status", "confidence": 0.9, "language": language, "outcome": "error"}
    return orjson.dumps(
        {"messages": messages, "turn": turn, "paused": handing_over, "failed": True}
    )


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_customer_reads_it_in_their_language_and_gets_a_person(language: str) -> None:
    world = World()
    world.bot.script["hm"] = to_reply(answer(language))
    chat = await world.chat(language)
    await world.says(chat, "hm")
    assert (await world.transcript(chat))[1:3] == [
        f"BOT: {SORRY[language]}",
        "SYSTEM: looking_for_agent",
    ]
    assert (await world.conversation(chat)).state is State.WAITING_FOR_AGENT
    assert world.seen.reasons == ["bot_failed"]
    assert world.router.requests[0].handoff.reason == "bot_failed"


async def test_without_a_hand_over_it_is_counted_as_an_error_and_the_chat_goes_on() -> None:
    world = World()
    world.bot.script["hm"] = to_reply(answer("en", handing_over=False))
    chat = await world.chat("en")
    await world.says(chat, "hm", "hello")
    assert world.seen.turns == ["error", "answered"]
    assert (await world.transcript(chat))[-1] == "BOT: You said: hello"
