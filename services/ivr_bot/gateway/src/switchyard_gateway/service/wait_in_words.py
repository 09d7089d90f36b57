"""Waiting for a person on channels that have words and nothing else."""

from switchyard_common.clock import Clock
from switchyard_common.errors import DomainError
from switchyard_common.telephone import e164

from switchyard_gateway.domain import transitions
from switchyard_gateway.domain.conversation import (
    Conversation,
    ConversationId,
    Message,
    State,
    Wait,
)
from switchyard_gateway.domain.errors import BadNumber, CallbackFailed, WrongState
from switchyard_gateway.domain.notices import Notice
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.domain.waiting import Wish, wish_of
from switchyard_gateway.service.callback import BookCallback
from switchyard_gateway.service.change import ChangeConversation
from switchyard_gateway.service.leave import LeavePerson
from switchyard_gateway.service.open_conversation import CHAT
from switchyard_gateway.service.store import Conversations

_WHY_NOT: dict[type[DomainError], Notice] = {
    BadNumber: Notice.CALLBACK_BAD_NUMBER,
    CallbackFailed: Notice.CALLBACK_FAILED,
}


class TellPlace:
    """Puts place and time into words where no page shows them."""

    def __init__(self, change: ChangeConversation, clock: Clock, *, callbacks: bool) -> None:
        self._change = change
        self._clock = clock
        self._callbacks = callbacks

    async def execute(self, conversation: Conversation, contact: str, wait: Wait) -> None:
        """Tell the customer unless that was done a moment ago. StoreDown, Conflict."""
        if conversation.channel == CHAT:
            return

        def tell(now: Conversation) -> Step | None:
            return transitions.place_told(
                now, contact, wait, self._clock.now(), callbacks=self._callbacks
            )

        await self._change.execute(conversation.id, tell)


class HearWaiting:
    """Does what a waiting customer writes, if it is a wish about the waiting.

    Everything else is for the agent who will read it.
    """

    def __init__(
        self,
        conversations: Conversations,
        change: ChangeConversation,
        callback: BookCallback,
        leave: LeavePerson,
        country: str,
        *,
        callbacks: bool,
    ) -> None:
        self._conversations = conversations
        self._change = change
        self._callback = callback
        self._leave = leave
        self._country = country
        self._callbacks = callbacks

    async def execute(self, conversation_id: ConversationId, message: Message) -> None:
        """React to a message that was written while waiting. StoreDown, Conflict."""
        conversation = await self._conversations.load(conversation_id)
        if conversation.state is not State.WAITING_FOR_AGENT or conversation.handover is None:
            return
        wish = wish_of(message.text)
        if wish is Wish.STAY:
            await self._say(conversation_id, message, Notice.STILL_WAITING)
        elif wish is Wish.BACK:
            await self._leave.execute(conversation_id)
        elif wish is Wish.CALLBACK and self._callbacks:
            await self._call_back(conversation, message)
        elif conversation.handover.asks_number and _digits(message.text):
            await self._book(conversation_id, message, message.text)

    async def _call_back(self, conversation: Conversation, message: Message) -> None:
        known = next((i.value for i in conversation.identifiers if i.kind == "phone"), "")
        if known and e164(known, self._country):
            await self._book(conversation.id, message, known)
        else:
            await self._ask(conversation.id, message, Notice.CALLBACK_NUMBER)

    async def _book(self, conversation_id: ConversationId, message: Message, number: str) -> None:
        try:
            await self._callback.execute(conversation_id, number)
        except (BadNumber, CallbackFailed) as error:
            await self._ask(conversation_id, message, _WHY_NOT[type(error)])
        except WrongState:  # an agent came meanwhile, who reads the number
            return

    async def _ask(self, conversation_id: ConversationId, message: Message, why: Notice) -> None:
        def ask(now: Conversation) -> Step | None:
            return transitions.number_asked(now, message.message_id, why)

        await self._change.execute(conversation_id, ask)

    async def _say(self, conversation_id: ConversationId, message: Message, why: Notice) -> None:
        def say(now: Conversation) -> Step | None:
            return transitions.waits_on(now, message.message_id, why)

        await self._change.execute(conversation_id, say)


def _digits(text: str) -> bool:
    """Whether somebody who was asked for a number may have meant to give one."""
    return sum(char.isdecimal() for char in text) >= _FEWEST_DIGITS


_FEWEST_DIGITS = 5
