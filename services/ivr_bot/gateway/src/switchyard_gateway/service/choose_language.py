"""The customer switches the language of the page."""

from switchyard_gateway.domain import transitions
from switchyard_gateway.domain.conversation import Conversation, ConversationId
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.service.change import ChangeConversation


class ChooseLanguage:
    """Sets the language in which the gateway speaks to the customer and asks the bot."""

    def __init__(self, change: ChangeConversation) -> None:
        self._change = change

    async def execute(self, conversation_id: ConversationId, language: str) -> None:
        """Set a BCP 47 language. StoreDown, Conflict, ConversationUnknown."""

        def choose(now: Conversation) -> Step | None:
            return transitions.language_chosen(now, language)

        await self._change.execute(conversation_id, choose)
