"""Conversations in which nobody says anything: a reminder, and an end."""

import structlog
from switchyard_common.clock import Clock
from switchyard_common.errors import DomainError

from switchyard_gateway.domain import transitions
from switchyard_gateway.domain.conversation import Conversation, ConversationId, State
from switchyard_gateway.domain.errors import ConversationUnknown, StoreDown
from switchyard_gateway.domain.notices import Notice
from switchyard_gateway.domain.quiet import Measure, QuietRules
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.service.change import ChangeConversation
from switchyard_gateway.service.observer import Observer
from switchyard_gateway.service.store import Conversations, Timers
from switchyard_gateway.service.turn_bell import TurnBell

_AT_ONCE = 100
_LEASE_SECONDS = 30.0


class WatchQuiet:
    """Looks at conversations whose timers are due; several processes share the work."""

    def __init__(
        self,
        conversations: Conversations,
        change: ChangeConversation,
        timers: Timers,
        bell: TurnBell,
        observer: Observer,
        clock: Clock,
        rules: QuietRules,
    ) -> None:
        self._conversations = conversations
        self._change = change
        self._timers = timers
        self._bell = bell
        self._observer = observer
        self._clock = clock
        self._rules = rules
        self._log = structlog.stdlib.get_logger()

    async def sweep(self) -> None:
        """Look at all that are due now. StoreDown."""
        while True:
            due = await self._timers.due(_AT_ONCE, _LEASE_SECONDS)
            self._observer.active(due.open)
            for conversation_id in due.conversations:
                await self._look(conversation_id)
            if len(due.conversations) < _AT_ONCE:
                return

    async def _look(self, conversation_id: ConversationId) -> None:
        try:
            conversation = await self._conversations.load(conversation_id)
            await self._measure(conversation)
        except StoreDown:
            raise
        except ConversationUnknown:
            await self._timers.forget(conversation_id)
        except DomainError as error:  # one conversation must not keep the others from their due
            self._log.error("quiet_not_measured", conversation=conversation_id, reason=error.reason)

    async def _measure(self, conversation: Conversation) -> None:
        quiet = self._rules.apply(conversation, self._seconds(conversation))
        match quiet.measure:
            case Measure.FORGET:
                await self._timers.forget(conversation.id)
            case Measure.REMIND | Measure.WARN:
                await self._remind(conversation, quiet.measure)
            case Measure.CLOSE:
                await self._close(conversation)
            case Measure.NOTHING:
                await self._timers.postpone(conversation.id, quiet.again_seconds)
        if conversation.state is State.WITH_BOT:
            self._bell.ring(conversation.id)  # turns that a dead process left

    async def _remind(self, conversation: Conversation, measure: Measure) -> None:
        def remind(now: Conversation) -> Step | None:
            if self._again(now) is not measure:
                return None
            return transitions.reminded(now, self._seconds(now), last=measure is Measure.WARN)

        await self._change.execute(conversation.id, remind)

    async def _close(self, conversation: Conversation) -> None:
        def close(now: Conversation) -> Step | None:
            if self._again(now) is not Measure.CLOSE:
                return None
            return transitions.closed(now, Notice.CLOSED_IDLE)

        outcome = await self._change.execute(conversation.id, close)
        if outcome.done:
            self._log.info("conversation_closed_idle", conversation=conversation.id)

    def _again(self, now: Conversation) -> Measure:
        return self._rules.apply(now, self._seconds(now)).measure

    def _seconds(self, conversation: Conversation) -> float:
        since = conversation.active or conversation.updated
        return max(0.0, (self._clock.now() - since).total_seconds())
