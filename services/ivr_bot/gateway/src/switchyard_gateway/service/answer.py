"""One turn of the bot."""

from collections.abc import Callable

import structlog
from switchyard_common.clock import Clock

from switchyard_gateway.domain import transitions
from switchyard_gateway.domain.conversation import Draft, Role, Typing
from switchyard_gateway.domain.errors import BotFailed
from switchyard_gateway.domain.handoff import Handoff
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.service.bot import Bot, Question, Reply
from switchyard_gateway.service.hand_over import QueueContact
from switchyard_gateway.service.observer import Observer
from switchyard_gateway.service.store import NodeLedger, Turn, Turns, Whispers


class AnswerTurn:
    """Asks the bot and stores its answer, or an apology; starts the hand-over it asks for."""

    def __init__(
        self,
        bot: Bot,
        turns: Turns,
        ledger: NodeLedger,
        whispers: Whispers,
        queue_contact: QueueContact,
        observer: Observer,
        clock: Clock,
        new_id: Callable[[], str],
        node: str,
    ) -> None:
        self._bot = bot
        self._turns = turns
        self._ledger = ledger
        self._whispers = whispers
        self._queue_contact = queue_contact
        self._observer = observer
        self._clock = clock
        self._new_id = new_id
        self._node = node
        self._log = structlog.stdlib.get_logger()

    async def execute(self, turn: Turn) -> bool:
        """Work on the turn; whether there is more to do. After StoreDown it lapses."""
        began = self._clock.monotonic()
        conversation = turn.conversation
        outcome, step, handoff = await self._ask(turn)
        finished = await self._turns.finish(turn, step)
        if finished is None:
            outcome, handoff = "overtaken", None
        seconds = self._clock.monotonic() - began
        self._count(turn, step, outcome, seconds)
        self._log.info(
            "turn_ended", conversation=conversation.id, outcome=outcome, seconds=round(seconds, 4)
        )
        if handoff is not None:
            self._observer.handover("asked")
            await self._queue_contact.execute(conversation.id)
        return finished is None or finished.more

    async def _ask(self, turn: Turn) -> tuple[str, Step, Handoff | None]:
        try:
            reply = await self._reply(turn)
        except BotFailed as error:
            self._observer.bot_error(error.cause)
            self._log.warning("bot_failed", conversation=turn.conversation.id, cause=error.cause)
            return "error", _apology(turn, error.cause), None
        except Exception:  # noqa: BLE001  # logged, and the customer gets an answer
            self._observer.bot_error("crashed")
            self._log.exception("turn_crashed", conversation=turn.conversation.id)
            return "error", _apology(turn, "crashed"), None
        answers = _drafts(turn, reply)
        if reply.handoff is not None:
            step = await self._handing_over(turn, reply.handoff, answers, reply.language)
            if step is not None:
                return "handed_over", step, reply.handoff
        step = transitions.bot_answered(turn.conversation, answers, reply.language)
        return "answered", step, None

    async def _reply(self, turn: Turn) -> Reply:
        conversation, message = turn.conversation, turn.message
        if conversation.bot_paused:
            greeting = await self._bot.wake(
                conversation.id, f"wake.{conversation.version}", conversation.language
            )
            if message is None:
                return Reply(greeting.texts)
        if message is None:
            return Reply()
        await self._whispers.whisper(conversation.id, Typing(Role.BOT))
        question = Question(
            conversation.id, message.message_id, message.text, conversation.language
        )
        reply = await self._bot.reply(question)
        if not reply.texts and reply.handoff is None:
            raise BotFailed("no_answer")
        return reply

    async def _handing_over(
        self, turn: Turn, handoff: Handoff, answers: tuple[Draft, ...], language: str
    ) -> Step | None:
        await self._ledger.track(self._node, turn.conversation.id)
        return transitions.ask_for_person(
            turn.conversation,
            handoff,
            self._new_id(),
            self._node,
            self._clock.now(),
            answers,
            language,
        )

    def _count(self, turn: Turn, step: Step, outcome: str, seconds: float) -> None:
        if turn.message is not None:
            self._observer.turn(outcome, seconds)
        for draft in step.says if outcome != "overtaken" else ():
            self._observer.message(draft.role)


def _apology(turn: Turn, cause: str) -> Step:
    if turn.message is None:  # nobody asked anything; the next message wakes the bot again
        return Step(turn.conversation)
    asleep = cause == "no_answer"
    return transitions.bot_failed(turn.conversation, turn.message.message_id, asleep=asleep)


def _drafts(turn: Turn, reply: Reply) -> tuple[Draft, ...]:
    about = turn.message.message_id if turn.message else f"wake.{turn.conversation.version}"
    return tuple(
        Draft(f"{about}.{number}", Role.BOT, text)
        for number, text in enumerate(reply.texts, start=1)
    )
