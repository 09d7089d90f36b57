"""The channel ``switchyard``: one JSON request per turn, one JSON answer with everything said.

``POST /webhooks/switchyard/message`` takes what ``incoming.py`` describes and answers::

    {"messages": [{"text": …, "buttons": […]} | {"custom": …}],
     "turn": {"intent", "confidence", "language", "level", "flow", "step", "outcome", "sentiment",
              "finished"},   # language empty: the message told none
     "paused": …,      # a person serves: the bot said nothing, or has just handed over
     "failed": …,      # the bot could not work on it; the message is an apology
     "duplicate": …}   # this message id was answered before

Status 400 with ``error`` for a malformed body; 503 when handling raised, with the same fields.
"""

import asyncio
import time
from typing import Any
from weakref import WeakValueDictionary

import structlog
from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from switchyard_bot import handling, incoming, report, store, tracing
from switchyard_bot.answers import Answer, AnswerBook
from switchyard_bot.errors import BadRequest
from switchyard_bot.incoming import TurnRequest
from switchyard_bot.metrics import BotMetrics

log = structlog.get_logger()
_REMEMBERED_ANSWERS = 4096


class SwitchyardChannel(InputChannel):
    """Takes messages from the gateway."""

    def __init__(self, metrics: BotMetrics) -> None:
        """Reports to the given metrics."""
        self._metrics = metrics
        self._book = AnswerBook(_REMEMBERED_ANSWERS)
        # One message of a conversation at a time, in order of arrival. Rasa's own lock would have
        # the second one wait for a whole second.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @classmethod
    def name(cls) -> str:
        """Part of the address."""
        return "switchyard"

    def blueprint(self, on_new_message: Any) -> Blueprint:
        """The routes (see the parent class)."""
        routes = Blueprint("switchyard_channel")

        @routes.post("/message")
        async def message(request: Request) -> HTTPResponse:
            try:
                turn_request = incoming.parse(request.json)
            except BadRequest as error:
                return response.json({"error": str(error)}, status=400)
            with tracing.turn(request.headers):
                return await self._respond(request.app.ctx.agent, turn_request)

        @routes.get("/ready")
        async def ready(request: Request) -> HTTPResponse:
            return self._ready(request.app.ctx.agent)

        return routes

    def _ready(self, agent: Agent) -> HTTPResponse:
        """200 when messages can be handled; 503 when the store is gone."""
        able = store.answers(agent)
        self._metrics.store_up.set(able)
        body = {"ready": able, "reason": "" if able else "store", "model": agent.model_id}
        return response.json(body, status=200 if able else 503)

    async def _respond(self, agent: Agent, request: TurnRequest) -> HTTPResponse:
        started = time.perf_counter()
        duplicate, status = False, 200
        try:
            answer, duplicate = await self._answer_once(agent, request)
        except Exception as error:  # whatever broke, the customer gets an answer
            if store.caused(error):
                self._metrics.store_failures.inc()
            log.exception("turn_failed", conversation=request.sender)
            answer, status = handling.broken(agent, request), 503
        if duplicate:
            self._metrics.duplicates.inc()
        else:
            self._account(request, answer, time.perf_counter() - started)
        return response.json({**answer, "duplicate": duplicate}, status=status)

    async def _answer_once(self, agent: Agent, request: TurnRequest) -> tuple[Answer, bool]:
        async def work() -> Answer:
            lock = self._locks.setdefault(request.sender, asyncio.Lock())
            async with lock:
                return await handling.handle(agent, request, self.name())

        if not request.message_id:
            return await work(), False
        return await self._book.answer_once((request.sender, request.message_id), work)

    def _account(self, request: TurnRequest, answer: Answer, seconds: float) -> None:
        turn = answer["turn"]
        language = turn["language"] or "unknown"
        outcome = turn["outcome"]
        self._metrics.turn_seconds.labels(outcome).observe(seconds)
        self._metrics.intents.labels(turn["intent"], language).inc()
        if turn["intent"] in report.FALLBACK_INTENTS:
            self._metrics.fallbacks.labels(language).inc()
        for reason in report.handover_reasons(answer):
            self._metrics.handovers.labels(reason).inc()
        log.info(
            "turn_handled",
            conversation=request.sender,
            contact=request.metadata.get("contact", ""),
            intent=turn["intent"],
            confidence=round(turn["confidence"], 3),
            language=language,
            outcome=outcome,
            milliseconds=round(seconds * 1000, 1),
        )
