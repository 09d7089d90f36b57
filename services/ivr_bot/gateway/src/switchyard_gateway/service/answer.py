"""One turn of the bot."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from switchyard_common.clock import Clock

from switchyard_gateway.domain import transitions
from switchyard_gateway.domain.conversation import ConversationId, Draft, Role, Typing
from switchyard_gateway.domain.errors import BotFailed, StoreDown
from switchyard_gateway.domain.handoff import Handoff
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.service.ask_bot import AskBot
from switchyard_gateway.service.bot import Reply
from switchyard_gateway.service.hand_over import QueueContact
from switchyard_gateway.service.observer import Observer
from switchyard_gateway.service.store import Finished, NodeLedger, Turn, Turns, Whispers
from switchyard_gateway.service.turn_report import TurnReport

_STORE_PAUSE_SECONDS = 0.5
_TYPING_AFTER_SECONDS = 0.2
_ERROR = "error"


class AnswerTurn:
    """Asks the bot and stores its answer, or an apology; starts the hand-over it asks for."""

    def __init__(
        self,
        ask: AskBot,
        turns: Turns,
        ledger: NodeLedger,
        whispers: Whispers,
        queue_contact: QueueContact,
        report: TurnReport,
        observer: Observer,
        clock: Clock,
        new_id: Callable[[], str],
        node: str,
        lease_seconds: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        typing_after_seconds: float = _TYPING_AFTER_SECONDS,
    ) -> None:
        self._ask_bot = ask
        self._turns = turns
        self._ledger = ledger
        self._whispers = whispers
        self._queue_contact = queue_contact
        self._report = report
        self._observer = observer
        self._clock = clock
        self._new_id = new_id
        self._node = node
        self._lease_seconds = lease_seconds
        self._sleep = sleep
        self._typing_after_seconds = typing_after_seconds
        self._log = structlog.stdlib.get_logger()

    async def execute(self, turn: Turn) -> bool:
        """Work on the turn; whether there is more to do. After StoreDown it lapses."""
        began = self._clock.monotonic()
        conversation = turn.conversation
        outcome, step, handoff = await self._ask(turn)
        finished = await self._finish(turn, step)
        if finished is None:
            outcome = "overtaken"
        seconds = self._clock.monotonic() - began
        self._count(turn, step, outcome, seconds)
        self._log.info(
            "turn_ended", conversation=conversation.id, outcome=outcome, seconds=round(seconds, 4)
        )
        if handoff is not None:
            if finished is not None:
                self._observer.handover("asked")
                self._observer.handover_reason(handoff.reason)
            # Even if it was overtaken: an answer of the store may have been lost, the step not.
            await self._queue_contact.execute(conversation.id)
        return finished is None or finished.more

    async def _finish(self, turn: Turn, step: Step) -> Finished | None:
        """Store the step; while the store is away, as long as nobody else may take the turn."""
        until = self._clock.monotonic() + self._lease_seconds
        while True:
            try:
                return await self._turns.finish(turn, step)
            except StoreDown:
                if self._clock.monotonic() > until:
                    raise
                self._log.warning("answer_waits_for_store", conversation=turn.conversation.id)
                await self._sleep(_STORE_PAUSE_SECONDS)

    async def _ask(self, turn: Turn) -> tuple[str, Step, Handoff | None]:
        try:
            async with self._typing(turn):
                reply = await self._ask_bot.execute(turn)
        except BotFailed as error:
            self._observer.bot_error(error.cause)
            self._log.warning("bot_failed", conversation=turn.conversation.id, cause=error.cause)
            return _ERROR, self._apology(turn, error.cause), None
        except StoreDown:
            raise
        except Exception:  # noqa: BLE001  # logged, and the customer gets an answer
            self._observer.bot_error("crashed")
            self._log.exception("turn_crashed", conversation=turn.conversation.id)
            return _ERROR, self._apology(turn, "crashed"), None
        return await self._step(turn, reply)

    @asynccontextmanager
    async def _typing(self, turn: Turn) -> AsyncIterator[None]:
        """Shows that the bot writes, if it does so for longer than people notice."""
        if turn.message is None:
            yield
            return
        showing = asyncio.create_task(self._show_typing(turn.conversation.id))
        try:
            yield
        finally:
            showing.cancel()

    async def _show_typing(self, conversation_id: ConversationId) -> None:
        await asyncio.sleep(self._typing_after_seconds)
        try:
            await self._whispers.whisper(conversation_id, Typing(Role.BOT))
        except StoreDown:
            self._log.debug("typing_not_shown", conversation=conversation_id)

    async def _step(self, turn: Turn, reply: Reply) -> tuple[str, Step, Handoff | None]:
        answers = _drafts(turn, reply)
        reports = self._report.events(turn, reply)
        if reply.handoff is not None:
            await self._ledger.track(self._node, turn.conversation.id)
            step = transitions.ask_for_person(
                turn.conversation,
                reply.handoff,
                self._new_id(),
                self._node,
                self._clock.now(),
                answers,
                reply.language,
                reply.facts,
                reports,
            )
            if step is not None:
                return "handed_over", step, reply.handoff
        step = transitions.bot_answered(
            turn.conversation, answers, reply.language, reply.facts, reports
        )
        return self._report.outcome(reply), step, None

    def _apology(self, turn: Turn, cause: str) -> Step:
        if turn.message is None:  # nobody asked anything; the next message wakes the bot again
            return Step(turn.conversation)
        asleep = cause == "no_answer"
        step = transitions.bot_failed(turn.conversation, turn.message.message_id, asleep=asleep)
        return self._report.on_failure(turn, step)

    def _count(self, turn: Turn, step: Step, outcome: str, seconds: float) -> None:
        if turn.message is not None:
            self._observer.turn(outcome, seconds)
        for draft in step.says if outcome != "overtaken" else ():
            self._observer.message(draft.role)


def _drafts(turn: Turn, reply: Reply) -> tuple[Draft, ...]:
    about = turn.message.message_id if turn.message else ""
    about = turn.occasion.id if turn.occasion else about
    return tuple(
        Draft(
            f"{about}.{number}",
            Role.BOT,
            said.text,
            choices=said.choices,
            confidential=said.confidential,
        )
        for number, said in enumerate(reply.says, start=1)
    )
