"""One caller's turns with the bot, counted and told to the timeline without what anybody said."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from switchyard_common.clock import Clock

from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.timeline import Timeline
from switchyard_phone.service.bot_account import BotAccount
from switchyard_phone.service.dialogue import BotAway, Dialogue, Question, Reply
from switchyard_phone.service.meter import CallMeter

_WISH_SECONDS = 2.5
_WISH = {
    "zh": "我要转人工客服",
    "en": "I would like to talk to a person",
}
"""As callers would say it: the bot then tells what it knows, as it does in a chat."""

Turn = ev.Keys | ev.Words | ev.Happened


class BotTurns:
    """Asks the bot in one conversation, a turn at a time. `caller` is the number that calls."""

    def __init__(
        self,
        dialogue: Dialogue,
        meter: CallMeter,
        clock: Clock,
        timeline: Timeline,
        account: BotAccount,
        conversation: str,
        caller: str,
    ) -> None:
        self._dialogue = dialogue
        self._meter = meter
        self._clock = clock
        self._timeline = timeline
        self._account = account
        self._caller = caller
        self._turns = 0
        self.conversation = conversation

    async def ask(self, turn: Turn, language: Language) -> ev.Answered | ev.BotFailed:
        """The bot's answer to a caller."""
        self._tell("asked_bot", **_told(turn))
        try:
            reply = await self.reply(turn, language)
        except BotAway as error:
            self._tell("bot_away", cause=error.cause)
            return ev.BotFailed()
        self._tell("bot_answered", intent=reply.facts.intent, step=reply.answered.step)
        return reply.answered

    async def told_of(self, handover: ev.Handover, language: Language) -> ev.Handover:
        """With what the bot knows, if it was not the bot that wanted a person."""
        if handover.notice or handover.reason == "bot_failed":
            return handover
        with suppress(BotAway, TimeoutError):
            async with asyncio.timeout(_WISH_SECONDS):
                said = (await self.reply(ev.Words(_WISH[language]), language)).answered.handover
            if said is not None:
                queue = handover.queue or said.queue
                return replace(handover, queue=queue, notice=said.notice)
        return handover

    async def reply(self, turn: Turn, language: Language) -> Reply:
        """The bot's answer; BotAway."""
        self._turns += 1
        began = self._clock.monotonic()
        question = Question(
            conversation=self.conversation,
            message_id=f"{self.conversation}.{self._turns}",
            turn=turn,
            language=language,
            caller=self._caller,
        )
        reply, outcome = None, "away"
        try:
            reply = await self._dialogue.reply(question)
            outcome = reply.facts.outcome or "answered"
            return reply
        finally:
            seconds = self._clock.monotonic() - began
            self._meter.turn(outcome, seconds)
            if not isinstance(turn, ev.Happened):
                self._account.answered(reply, language, seconds)

    def _tell(self, what: str, **facts: str) -> None:
        self._timeline.add(what, self._clock.monotonic(), **facts)


def _told(turn: Turn) -> dict[str, str]:
    """What the bot is told, without a value that anybody gave."""
    match turn:
        case ev.Keys(intent, slots):
            return {"intent": intent, "slots": ",".join(sorted(slots))}
        case ev.Happened(what):
            return {"event": what}
        case _:
            return {"event": "words"}
