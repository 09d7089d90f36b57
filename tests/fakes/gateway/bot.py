"""A bot that follows a script, in memory and over HTTP."""

import asyncio
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from switchyard_gateway.domain.conversation import ConversationId
from switchyard_gateway.domain.errors import BotFailed
from switchyard_gateway.domain.handoff import Handoff
from switchyard_gateway.service.bot import Question, Reply

HANDOFF = Handoff(
    reason="asked",
    intent="order_status",
    summary="Asks about order SY20480001.",
    slots={"order_number": "SY20480001"},
    verification_level="verified",
    customer="tenants/demo/customers/c0002",
)
SAID = {
    "en": ("All right, I am bringing in a person.", "This is the bot again."),
    "zh": ("好的，我为您转人工客服，请稍候。", "我是机器人，又回来为您服务了。还有什么可以帮您？"),
}
ORDER = {
    "en": "Your order SY20480001 (mechanical keyboard) was delivered on Monday.",
    "zh": "您的订单 SY10240001（无线降噪耳机）正在派送中，预计后天送达。",
}


@dataclass
class ScriptedBot:
    """Knows an order, brings in a person, and echoes the rest.

    `failure` makes it fail with that cause; `delay_seconds` makes it slow; `open` lets answers
    out when it is set. `asked` and `woken` keep what it was asked.
    """

    failure: str = ""
    delay_seconds: float = 0.0
    open: asyncio.Event | None = None
    asked: list[Question] = field(default_factory=list)
    woken: list[str] = field(default_factory=list)
    paused: set[str] = field(default_factory=set)
    at_work: int = 0
    most_at_work: int = 0

    async def reply(self, question: Question) -> Reply:
        self.asked.append(question)
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            await self._take_time()
            return self._answer(question)
        finally:
            self.at_work -= 1

    async def wake(self, conversation_id: ConversationId, message_id: str, language: str) -> Reply:
        await self._take_time()
        self.woken.append(conversation_id)
        self.paused.discard(conversation_id)
        return Reply((SAID[language][1],), language=language)

    async def _take_time(self) -> None:
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        if self.open is not None:
            await self.open.wait()
        if self.failure:
            raise BotFailed(self.failure)

    def _answer(self, question: Question) -> Reply:
        if question.conversation in self.paused:
            return Reply()
        text = question.text
        language = "zh" if any("\u3400" < char < "\u9fff" for char in text) else "en"
        if "person" in text or "人工" in text:
            self.paused.add(question.conversation)
            return Reply((SAID[language][0],), HANDOFF, language)
        if "order" in text or "订单" in text:
            return Reply((ORDER[language],), language=language)
        return Reply((f"You said: {text}",), language=language)


def channel(bot: ScriptedBot) -> Starlette:
    """The bot behind its HTTP channel, as the Rasa project speaks it."""

    async def message(request: Request) -> Response:
        body = await request.json()
        language = body["metadata"]["language"]
        sender, message_id = ConversationId(body["sender"]), body["message_id"]
        try:
            if body.get("intent") == "hand_back":
                reply = await bot.wake(sender, message_id, language)
            else:
                reply = await bot.reply(Question(sender, message_id, body["message"], language))
        except BotFailed:
            return JSONResponse({"error": "unavailable", "messages": []}, status_code=503)
        return JSONResponse(
            {
                "messages": [{"text": text} for text in reply.texts] + _custom(reply),
                "turn": {"intent": "any", "confidence": 1.0, "language": reply.language},
                "paused": sender in bot.paused,
                "duplicate": False,
            }
        )

    return Starlette(routes=[Route("/webhooks/switchyard/message", message, methods=["POST"])])


def _custom(reply: Reply) -> list[dict[str, object]]:
    handoff = reply.handoff
    if handoff is None:
        return []
    return [
        {
            "custom": {
                "switchyard": {
                    "type": "handover",
                    "reason": handoff.reason,
                    "intent": handoff.intent,
                    "summary": handoff.summary,
                    "slots": dict(handoff.slots),
                    "verification_level": handoff.verification_level,
                    "customer": handoff.customer,
                }
            }
        }
    ]
