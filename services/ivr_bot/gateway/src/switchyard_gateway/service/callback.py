"""A call back instead of waiting, at the same place in the queue."""

import structlog
from switchyard_common.clock import Clock
from switchyard_common.logs import contact_scope
from switchyard_common.telephone import e164

from switchyard_gateway.domain import transitions
from switchyard_gateway.domain.contacts import hung_up
from switchyard_gateway.domain.conversation import Conversation, ConversationId, State
from switchyard_gateway.domain.errors import BadNumber, CallbackFailed, RouterFailed, WrongState
from switchyard_gateway.domain.handoff import HandOver, QueueMap
from switchyard_gateway.domain.names import short
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.service.change import ChangeConversation
from switchyard_gateway.service.observer import Observer
from switchyard_gateway.service.router import CallbackRequest, ContactRequest, Line, Router
from switchyard_gateway.service.store import Conversations, NodeLedger
from switchyard_gateway.service.turn_bell import TurnBell

_INSTEAD = "CALLBACK_BOOKED"
_NOT_NEEDED = "CALLBACK_NOT_NEEDED"


class BookCallback:
    """Queues a call to a waiting customer, then takes the chat out of the queue.

    In this order: should anything break in between, the customer has two places and not none.
    `country` is where numbers without a country code are at home, `node` the platform node that
    will make the call.
    """

    def __init__(
        self,
        conversations: Conversations,
        change: ChangeConversation,
        router: Router,
        line: Line,
        ledger: NodeLedger,
        queues: QueueMap,
        bell: TurnBell,
        observer: Observer,
        clock: Clock,
        country: str,
        node: str,
    ) -> None:
        self._conversations = conversations
        self._change = change
        self._router = router
        self._line = line
        self._ledger = ledger
        self._queues = queues
        self._bell = bell
        self._observer = observer
        self._clock = clock
        self._country = country
        self._node = node
        self._log = structlog.stdlib.get_logger()

    async def execute(self, conversation_id: ConversationId, number: str) -> None:
        """Book it; afterwards the bot serves.

        BadNumber, WrongState when the customer does not wait, CallbackFailed when the router does
        not take it (the place is kept), StoreDown, Conflict.
        """
        callee = e164(number, self._country)
        if not callee:
            raise BadNumber
        conversation = await self._conversations.load(conversation_id)
        handover = conversation.handover
        if handover is None or conversation.state is not State.WAITING_FOR_AGENT:
            raise WrongState(conversation.state, State.WAITING_FOR_AGENT)
        with contact_scope(short(handover.contact)):
            await self._book(conversation, handover, callee)

    async def _book(self, conversation: Conversation, handover: HandOver, number: str) -> None:
        callback = await self._create(conversation, handover, number)

        def booked(now: Conversation) -> Step | None:
            return transitions.callback_booked(now, handover.id)

        outcome = await self._change.execute(conversation.id, booked)
        if not outcome.done:  # an agent was faster, or the customer left
            await self._withdraw(callback, _NOT_NEEDED, handover.id)
            return
        self._observer.handover("callback_booked")
        self._log.info("callback_booked", conversation=conversation.id, callback=short(callback))
        held = outcome.before.contact
        if held and not await self._withdraw(held, _INSTEAD, handover.id):
            await self._line.report(hung_up(held))
        self._bell.ring(conversation.id)
        await self._ledger.untrack(handover.node, conversation.id)

    async def _create(self, conversation: Conversation, handover: HandOver, number: str) -> str:
        waited_seconds = max(0.0, (self._clock.now() - handover.since).total_seconds())
        request = CallbackRequest(
            contact=ContactRequest(
                # Another try is another request: the router knows by the conversation what it has.
                request_id=f"{handover.id}.callback.{round(waited_seconds * 1000)}",
                conversation=conversation.id,
                queue=self._queues.queue_for(handover.handoff),
                language=conversation.language,
                node=self._node,
                handoff=handover.handoff,
                waited_seconds=waited_seconds,
                channel=conversation.channel,
            ),
            number=number,
            instead_of=handover.contact,
        )
        try:
            return await self._router.create_callback(request)
        except RouterFailed as error:
            self._observer.handover("callback_failed")
            self._log.warning("callback_failed", reason=error.reason)
            raise CallbackFailed from error

    async def _withdraw(self, contact: str, reason: str, handover_id: str) -> bool:
        try:
            await self._router.withdraw_contact(contact, reason, f"{handover_id}.{reason}")
        except RouterFailed as error:
            self._log.warning("contact_not_withdrawn", reason=error.reason)
            return False
        return True
