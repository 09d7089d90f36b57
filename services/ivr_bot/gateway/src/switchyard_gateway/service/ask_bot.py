"""What the bot says to one message or occasion."""

from switchyard_gateway.domain.choices import picked
from switchyard_gateway.domain.conversation import (
    Attachment,
    Conversation,
    Draft,
    Happening,
    Message,
    Role,
)
from switchyard_gateway.domain.errors import BotFailed
from switchyard_gateway.domain.notices import Notice, text_of
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.service.bot import Question, Reply
from switchyard_gateway.service.change import ChangeConversation
from switchyard_gateway.service.open_conversation import CHAT
from switchyard_gateway.service.patient_bot import BotPatience, PatientBot
from switchyard_gateway.service.store import Turn, Turns

_WAKES = (Happening.HAND_BACK, Happening.HAND_OVER_FAILED)


class AskBot:
    """Wakes the bot where it sleeps, asks it, and holds the turn while the bot is away."""

    def __init__(
        self,
        bot: PatientBot,
        turns: Turns,
        change: ChangeConversation,
        patience: BotPatience,
        lease_seconds: float,
    ) -> None:
        self._bot = bot
        self._turns = turns
        self._change = change
        self._patience = patience
        self._lease_seconds = lease_seconds

    async def execute(self, turn: Turn) -> Reply:
        """The bot's answer. BotFailed, StoreDown; `no_answer` when it is silent to a message."""
        conversation = turn.conversation
        if turn.occasion is not None:
            happened = turn.occasion
            if conversation.bot_paused and happened.what not in _WAKES:
                await self._wake(turn)
            return await self._reply(
                turn, Question.event(conversation, happened.id, happened.what, happened.facts)
            )
        if turn.message is None:
            return Reply()
        if conversation.bot_paused:
            await self._wake(turn)
        reply = await self._to_message(turn, conversation, turn.message)
        if not reply.says and reply.handoff is None:
            raise BotFailed("no_answer")
        return reply

    async def _to_message(self, turn: Turn, conversation: Conversation, message: Message) -> Reply:
        reply = Reply()
        for file in message.attachments:
            event = Question.event(
                conversation, f"{message.message_id}.{file.id}", Happening.FILE, _about(file)
            )
            reply = await self._reply(turn, event)
        if message.text and reply.handoff is None:
            text = message.text
            if conversation.channel != CHAT:
                text = picked(text, conversation.offered)
            reply = await self._reply(turn, Question.words(conversation, message.message_id, text))
        return reply

    async def _wake(self, turn: Turn) -> None:
        conversation = turn.conversation
        woken = f"wake.{conversation.version}"
        await self._reply(turn, Question.event(conversation, woken, Happening.HAND_BACK))

    async def _reply(self, turn: Turn, question: Question) -> Reply:
        async def keep(waited_seconds: float) -> None:
            await self._turns.renew(turn, self._lease_seconds)
            if waited_seconds >= self._patience.tell_after_seconds and turn.message is not None:
                await self._tell(turn, turn.message)

        return await self._bot.reply(question, keep)

    async def _tell(self, turn: Turn, message: Message) -> None:
        """The customer is told once that the bot is coming back."""

        def tell(now: Conversation) -> Step | None:
            said = Draft(
                f"{Notice.BOT_RETURNS}.{message.message_id}",
                Role.SYSTEM,
                text_of(Notice.BOT_RETURNS, now.language),
                notice=Notice.BOT_RETURNS,
            )
            return Step(now, (said,))

        await self._change.execute(turn.conversation.id, tell)


def _about(file: Attachment) -> dict[str, object]:
    about = {"id": file.id, "name": file.name, "type": file.type, "size": file.size_bytes}
    return {"file": about}
