"""News of a contact from the router."""

import structlog
from switchyard_common.logs import contact_scope

from switchyard_gateway.domain import transitions
from switchyard_gateway.domain.contacts import (
    LIVE,
    ContactView,
    Reaction,
    bridged,
    hung_up,
    react,
    why_over,
)
from switchyard_gateway.domain.conversation import Conversation, ConversationId, State, Wait
from switchyard_gateway.domain.errors import ConversationUnknown
from switchyard_gateway.domain.names import short
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.service.change import ChangeConversation
from switchyard_gateway.service.observer import Observer
from switchyard_gateway.service.router import Line, Router
from switchyard_gateway.service.store import Conversations, NodeLedger, Whispers
from switchyard_gateway.service.turn_bell import TurnBell
from switchyard_gateway.service.wait_in_words import TellPlace


class FollowContact:
    """Lets the conversation follow its contact. News may be late, repeated or out of order."""

    def __init__(
        self,
        conversations: Conversations,
        change: ChangeConversation,
        router: Router,
        line: Line,
        ledger: NodeLedger,
        whispers: Whispers,
        bell: TurnBell,
        observer: Observer,
        tell_place: TellPlace,
    ) -> None:
        self._conversations = conversations
        self._change = change
        self._router = router
        self._line = line
        self._ledger = ledger
        self._whispers = whispers
        self._bell = bell
        self._observer = observer
        self._tell_place = tell_place
        self._log = structlog.stdlib.get_logger()

    async def execute(
        self, contact: ContactView, wait: Wait | None = None, *, queued: bool = False
    ) -> None:
        """Do what the news asks for, and show the estimate if there is one.

        `queued`: it has just been queued, so that customers are told the ways to go on anyway.

        Raises StoreDown, Conflict; the same news may come again.
        """
        with contact_scope(short(contact.name)):
            try:
                conversation = await self._conversations.load(ConversationId(contact.conversation))
            except ConversationUnknown:
                if contact.state in LIVE:
                    await self._line.report(hung_up(contact.name))
                return
            await self._do(react(conversation, contact), conversation, contact)
            if conversation.state is not State.WAITING_FOR_AGENT:
                return
            if wait is not None:
                await self._whispers.whisper(conversation.id, wait)
            if wait is not None or queued:
                await self._tell_place.execute(conversation, contact.name, wait or Wait(0))

    async def _do(
        self, reaction: Reaction, conversation: Conversation, contact: ContactView
    ) -> None:
        match reaction:
            case Reaction.JOIN:
                await self._join(conversation, contact)
            case Reaction.CONFIRM:
                await self._line.report(bridged(contact))
            case Reaction.LOOK_AGAIN:
                await self._look_again(conversation, contact)
            case Reaction.BACK_TO_BOT:
                await self._back(conversation, contact)
            case Reaction.HANG_UP:
                await self._line.report(hung_up(contact.name))

    async def _join(self, conversation: Conversation, contact: ContactView) -> None:
        display = await self._router.agent_display(contact.agent)

        def join(now: Conversation) -> Step | None:
            return transitions.agent_joined(
                now, contact.name, contact.agent, display, contact.fence
            )

        outcome = await self._change.execute(conversation.id, join)
        if outcome.done:
            self._observer.handover("joined")
            self._log.info("agent_joined", conversation=conversation.id, agent=short(contact.agent))
        if outcome.after.contact == contact.name and outcome.after.agent == contact.agent:
            await self._line.report(bridged(contact))

    async def _look_again(self, conversation: Conversation, contact: ContactView) -> None:
        fence = conversation.handover.fence if conversation.handover else 0

        def look(now: Conversation) -> Step | None:
            return transitions.agent_lost(now, contact.name, fence)

        outcome = await self._change.execute(conversation.id, look)
        if outcome.done:
            self._observer.handover("agent_lost")
            self._log.info("agent_lost", conversation=conversation.id)

    async def _back(self, conversation: Conversation, contact: ContactView) -> None:
        why = why_over(contact)

        def back(now: Conversation) -> Step | None:
            return transitions.back_to_bot(now, contact.name, why)

        outcome = await self._change.execute(conversation.id, back)
        handover = outcome.before.handover
        if not outcome.done or handover is None:
            return
        self._observer.handover(handover.ending or why)
        self._log.info("contact_over", conversation=conversation.id, why=handover.ending or why)
        self._bell.ring(conversation.id)
        await self._ledger.untrack(handover.node, conversation.id)
