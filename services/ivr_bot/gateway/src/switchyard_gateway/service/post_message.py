"""Messages of customers and agents."""

from dataclasses import replace

from switchyard_gateway.domain.conversation import (
    Attachment,
    ConversationId,
    Draft,
    Message,
    Role,
)
from switchyard_gateway.domain.text import check_message_id, clean_text
from switchyard_gateway.service.observer import Observer
from switchyard_gateway.service.store import RateLimit, Transcript
from switchyard_gateway.service.turn_bell import TurnBell
from switchyard_gateway.service.wait_in_words import HearWaiting


class PostCustomerMessage:
    """Stores what a customer writes and has it answered by whoever serves."""

    def __init__(
        self,
        transcript: Transcript,
        bell: TurnBell,
        limit: RateLimit,
        observer: Observer,
        waiting: HearWaiting,
    ) -> None:
        self._transcript = transcript
        self._bell = bell
        self._limit = limit
        self._observer = observer
        self._waiting = waiting

    async def execute(
        self,
        conversation_id: ConversationId,
        message_id: str,
        text: str,
        attachments: tuple[Attachment, ...] = (),
    ) -> Message:
        """The stored message; a repeated id gives the first one, and the bot is asked once.

        PINs and codes are masked in what is stored; the bot gets the whole text.
        With a file the text may be empty. INVALID for a text or id that cannot be taken,
        RateLimited, WrongState when closed.
        """
        said = clean_text(text) if text or not attachments else ""
        draft = Draft(check_message_id(message_id), Role.CUSTOMER, said, attachments=attachments)
        posted = await self._transcript.post(conversation_id, draft, self._limit)
        if not posted.repeated:
            self._observer.message(Role.CUSTOMER)
        if posted.waiting:
            await self._waiting.execute(conversation_id, replace(posted.message, text=said))
        self._bell.ring(conversation_id)
        return posted.message


class PostAgentMessage:
    """Stores what the assigned agent writes."""

    def __init__(self, transcript: Transcript, observer: Observer) -> None:
        self._transcript = transcript
        self._observer = observer

    async def execute(
        self, conversation_id: ConversationId, message_id: str, text: str, agent: str
    ) -> Message:
        """The stored message; a repeated id gives the first one.

        NotTheAgent, WrongState when no agent serves, INVALID for a text that cannot be taken.
        """
        draft = Draft(check_message_id(message_id), Role.AGENT, clean_text(text), agent=agent)
        posted = await self._transcript.post(conversation_id, draft, None)
        if not posted.repeated:
            self._observer.message(Role.AGENT)
        return posted.message
