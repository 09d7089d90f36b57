"""A bot that follows a script, in memory and over HTTP."""

import asyncio
from dataclasses import asdict, dataclass, field, replace

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from switchyard_gateway.domain.conversation import ConversationId, Happening, Identifier
from switchyard_gateway.domain.errors import BotFailed
from switchyard_gateway.domain.handoff import Handoff
from switchyard_gateway.service.bot import Question, Reply, Said

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
    out when it is set. `script` has answers to texts. `asked`, `events` and `woken` keep what it
    was asked.
    """

    failure: str = ""
    delay_seconds: float = 0.0
    open: asyncio.Event | None = None
    asked: list[Question] = field(default_factory=list)
    events: list[Question] = field(default_factory=list)
    script: dict[str, Reply] = field(default_factory=dict)
    woken: list[str] = field(default_factory=list)
    paused: set[str] = field(default_factory=set)
    at_work: int = 0
    most_at_work: int = 0

    async def reply(self, question: Question) -> Reply:
        if question.what is None:
            self.asked.append(question)
        else:
            self.events.append(question)
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            await self._take_time()
            return self._answer(question) if question.what is None else self._react(question)
        finally:
            self.at_work -= 1

    def _react(self, question: Question) -> Reply:
        if question.what in (Happening.HAND_BACK, Happening.HAND_OVER_FAILED):
            self.woken.append(question.conversation)
            self.paused.discard(question.conversation)
            return says(SAID[question.language][1], question.language)
        if question.what is Happening.SILENCE:
            return says("Are you still there?", question.language)
        if question.what is Happening.FILE:
            return says("Thank you for the file.", question.language)
        return says("Hello, I am the bot.", question.language)

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
            return replace(says(SAID[language][0], language), handoff=HANDOFF)
        return self.script.get(text) or self._small_talk(text, language)

    def _small_talk(self, text: str, language: str) -> Reply:
        if "order" in text or "订单" in text:
            return says(ORDER[language], language)
        return says(f"You said: {text}", language)


def says(text: str, language: str = "") -> Reply:
    """One text and nothing else."""
    return Reply((Said(text),), language=language)


def channel(bot: ScriptedBot) -> Starlette:
    """The bot behind its HTTP channel, as the Rasa project speaks it."""

    async def message(request: Request) -> Response:
        body = await request.json()
        metadata = body["metadata"]
        happened = body.get("intent")
        question = Question(
            ConversationId(body["sender"]),
            body["message_id"],
            body.get("message", ""),
            metadata["language"],
            Happening(happened) if happened else None,
            {name: value for name, value in metadata.items() if name not in _EACH},
            metadata["channel"],
            tuple(Identifier(**each) for each in metadata["identifiers"]),
        )
        try:
            reply = await bot.reply(question)
        except BotFailed:
            return JSONResponse({"error": "unavailable", "messages": []}, status_code=503)
        facts = asdict(reply.facts) if reply.facts else {"intent": "any", "confidence": 1.0}
        facts["confidential"] = [n for n, said in enumerate(reply.says) if said.confidential]
        return JSONResponse(
            {
                "messages": [_message(said) for said in reply.says] + _custom(reply),
                "turn": {**facts, "language": reply.language},
                "paused": question.conversation in bot.paused,
                "duplicate": False,
            }
        )

    return Starlette(routes=[Route("/webhooks/switchyard/message", message, methods=["POST"])])


_EACH = ("language", "channel", "identifiers")


def _message(said: Said) -> dict[str, object]:
    buttons = [{"title": choice, "payload": choice} for choice in said.choices]
    return {"text": said.text, "buttons": buttons} if buttons else {"text": said.text}


def _custom(reply: Reply) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    if reply.handoff is not None:
        fields = {"type": "handover", **asdict(reply.handoff)}
        found.append({"custom": {"switchyard": fields}})
    if reply.survey is not None:
        fields = {"type": "survey", **asdict(reply.survey)}
        found.append({"custom": {"switchyard": fields}})
    return found
