"""Agreeing with the router about contacts after a connection was made anew."""

from collections.abc import Callable

import structlog
from switchyard_common.clock import Clock
from switchyard_common.errors import DomainError
from switchyard_common.logs import contact_scope

from switchyard_gateway.domain import transitions
from switchyard_gateway.domain.contacts import ContactState, ContactView, hung_up
from switchyard_gateway.domain.conversation import (
    HANDED_OVER,
    Conversation,
    ConversationId,
    State,
)
from switchyard_gateway.domain.errors import ConversationUnknown, RouterFailed, StoreDown
from switchyard_gateway.domain.names import short
from switchyard_gateway.domain.notices import Notice
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.service.absence import AbsenceWatch
from switchyard_gateway.service.change import ChangeConversation
from switchyard_gateway.service.follow_contact import FollowContact
from switchyard_gateway.service.hand_over import QueueContact
from switchyard_gateway.service.observer import Observer
from switchyard_gateway.service.router import Line, Router
from switchyard_gateway.service.store import Conversations, NodeLedger
from switchyard_gateway.service.turn_bell import TurnBell


class ReconcileContacts:
    """Knows which contacts this process holds, and sets right what the two sides see otherwise."""

    def __init__(
        self,
        conversations: Conversations,
        change: ChangeConversation,
        router: Router,
        line: Line,
        ledger: NodeLedger,
        queue_contact: QueueContact,
        follow: FollowContact,
        absence: AbsenceWatch,
        bell: TurnBell,
        observer: Observer,
        clock: Clock,
        new_id: Callable[[], str],
        node: str,
    ) -> None:
        self._conversations = conversations
        self._change = change
        self._router = router
        self._line = line
        self._ledger = ledger
        self._queue_contact = queue_contact
        self._follow = follow
        self._absence = absence
        self._bell = bell
        self._observer = observer
        self._clock = clock
        self._new_id = new_id
        self._node = node
        self._log = structlog.stdlib.get_logger()

    async def live_contacts(self) -> tuple[str, ...]:
        """The contacts to name in the hello; forgets conversations that are over. StoreDown."""
        held = [conversation.contact for conversation in await self._held()]
        return tuple(contact for contact in held if contact)

    async def execute(self, unknown_to_router: frozenset[str]) -> None:
        """Bring every held conversation in line with the router. StoreDown: to be repeated."""
        for conversation in await self._held():
            self._absence.check_later(conversation.id)
            try:
                await self._agree(conversation, unknown_to_router)
            except StoreDown:
                raise
            except DomainError as error:  # one contact must not keep the others from agreeing
                self._log.error(
                    "contact_not_reconciled", conversation=conversation.id, reason=error.reason
                )

    async def sweep(self) -> None:
        """Take up what was left lying, for instance while the store was down. StoreDown."""
        for conversation in await self._held():
            self._absence.check_later(conversation.id)
            if not conversation.contact:
                await self._queue_contact.execute(conversation.id)

    async def _held(self) -> list[Conversation]:
        held = []
        for conversation_id in await self._ledger.tracked(self._node):
            conversation = await self._load(conversation_id)
            if conversation is not None and conversation.state in HANDED_OVER:
                held.append(conversation)
            else:
                await self._give_up(conversation_id, conversation)
        return held

    async def _give_up(
        self, conversation_id: ConversationId, conversation: Conversation | None
    ) -> None:
        """Look after it no more. Who is still in the ledger may have left unknown to the router."""
        if conversation is not None and conversation.past_contact:
            await self._line.report(hung_up(conversation.past_contact))
        await self._ledger.untrack(self._node, conversation_id)

    async def _load(self, conversation_id: ConversationId) -> Conversation | None:
        try:
            return await self._conversations.load(conversation_id)
        except ConversationUnknown:
            return None

    async def _agree(self, conversation: Conversation, unknown: frozenset[str]) -> None:
        contact = conversation.contact
        with contact_scope(short(contact)):
            if not contact:
                await self._queue_contact.execute(conversation.id)
            elif contact not in unknown:
                await self._follow.execute(await self._router.get_contact(contact))
            else:
                await self._settle(conversation)

    async def _settle(self, conversation: Conversation) -> None:
        """The contact is over for the router; it says how, if it still knows."""
        newest = await self._ended(conversation.contact)
        waiting = conversation.state is State.WAITING_FOR_AGENT
        if waiting and (newest is None or newest.state is ContactState.CANCELLED):
            await self._queue_anew(conversation)
        elif newest is not None:
            await self._follow.execute(newest)
        else:
            await self._lose(conversation)

    async def _ended(self, contact: str) -> ContactView | None:
        try:
            return await self._router.get_contact(contact)
        except RouterFailed as error:
            if error.is_transient:
                raise
            return None

    async def _queue_anew(self, conversation: Conversation) -> None:
        """The customer never stopped waiting: a new contact, with the waiting time so far."""
        handover_id = self._new_id()

        def forget(now: Conversation) -> Step | None:
            at = self._clock.now()
            return transitions.contact_forgotten(now, conversation.contact, handover_id, at)

        if (await self._change.execute(conversation.id, forget)).done:
            self._log.warning("contact_queued_anew", conversation=conversation.id)
            self._observer.handover("queued_anew")
            await self._queue_contact.execute(conversation.id)

    async def _lose(self, conversation: Conversation) -> None:
        def lost(now: Conversation) -> Step | None:
            return transitions.back_to_bot(now, conversation.contact, Notice.CONTACT_LOST)

        if (await self._change.execute(conversation.id, lost)).done:
            self._observer.handover(Notice.CONTACT_LOST)
            self._bell.ring(conversation.id)
            await self._ledger.untrack(self._node, conversation.id)
