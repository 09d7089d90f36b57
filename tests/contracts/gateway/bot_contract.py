"""What every bot does for the gateway. Subclasses give the bot and make it fail."""

from abc import abstractmethod
from dataclasses import replace

import pytest
from switchyard_common.bot_events import Survey, TurnFacts
from switchyard_gateway.domain.conversation import ConversationId, Happening, Identifier
from switchyard_gateway.domain.errors import BotFailed
from switchyard_gateway.service.bot import Bot, Question, Reply, Said

from tests.fakes.gateway.bot import HANDOFF, ORDER, SAID, ScriptedBot

CHAT = ConversationId("chat-1")


def question(text: str, message_id: str = "m1", language: str = "en") -> Question:
    return Question(CHAT, message_id, text, language)


def handed_back(message_id: str) -> Question:
    return Question(CHAT, message_id, "", "en", Happening.HAND_BACK)


class BotContract:
    """Mix into a test class that has fixtures `script` and `bot`."""

    @abstractmethod
    def cause_of(self, failure: str) -> str:
        """The cause by which a failure of the script is seen."""

    async def test_answers_in_the_language_of_the_customer(self, bot: Bot) -> None:
        english = await bot.reply(question("where is my order?"))
        chinese = await bot.reply(question("我的订单到哪里了？", "m2"))
        assert (english.texts, english.language) == ((ORDER["en"],), "en")
        assert (chinese.texts, chinese.language) == ((ORDER["zh"],), "zh")
        assert english.handoff is chinese.handoff is None

    async def test_a_hand_over_carries_all_that_is_known(self, bot: Bot) -> None:
        reply = await bot.reply(question("a person, please"))
        assert reply.texts == (SAID["en"][0],)
        assert reply.handoff == HANDOFF

    async def test_is_silent_after_a_hand_over_until_woken(self, bot: Bot) -> None:
        await bot.reply(question("a person, please", "m1"))
        assert (await bot.reply(question("hello?", "m2"))).texts == ()
        assert (await bot.reply(handed_back("w1"))).texts == (SAID["en"][1],)
        assert (await bot.reply(question("hello?", "m3"))).texts == ("You said: hello?",)

    async def test_texts_arrive_unchanged(self, bot: Bot) -> None:
        text = '<b>{{7*7}}</b> "quoted" \\ 🙂 ﷽\nline'
        assert (await bot.reply(question(text))).texts == (f"You said: {text}",)

    async def test_a_failure_says_its_cause(self, bot: Bot, script: ScriptedBot) -> None:
        script.failure = "timeout"
        with pytest.raises(BotFailed) as failed:
            await bot.reply(question("hello"))
        assert failed.value.cause == self.cause_of("timeout")
        with pytest.raises(BotFailed):
            await bot.reply(handed_back("w1"))

    async def test_all_that_is_known_goes_with_a_question(
        self, bot: Bot, script: ScriptedBot
    ) -> None:
        known = (Identifier("phone", "+8613800138000", proven=True),)
        asked = replace(question("hello"), channel="wechat", identifiers=known)
        await bot.reply(asked)
        back = replace(handed_back("w1"), facts={"after": "handed_back", "note": "call Mia"})
        await bot.reply(back)
        assert (script.asked, script.events) == ([asked], [back])

    async def test_choices_and_the_account_of_the_turn_are_read(
        self, bot: Bot, script: ScriptedBot
    ) -> None:
        facts = TurnFacts(
            "faq", 0.9, "identified", "returns", "done", "answered", -0.5, ("returns",)
        )
        reply = Reply(
            (Said("Which?", ("This", "那个")),), None, "en", facts, Survey(4, "YES", "1007")
        )
        script.script["returns"] = reply
        assert await bot.reply(question("returns")) == reply
