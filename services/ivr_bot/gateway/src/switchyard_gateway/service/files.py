"""Files of conversations: taken from customers, given to who may see them."""

from typing import Protocol

from switchyard_gateway.domain.conversation import (
    Conversation,
    ConversationId,
    State,
)
from switchyard_gateway.domain.errors import NotTheAgent, WrongState
from switchyard_gateway.domain.files import File, FileLimits, check_file_id, examine
from switchyard_gateway.service.store import Conversations


class Files(Protocol):
    """Keeps files for a limited time and in limited number. All raise StoreDown."""

    async def keep(self, file: File, limits: FileLimits) -> None:
        """Keep it; one of the same id is the same file.

        FileRefused: FILES_TOO_MANY in this conversation, FILES_FULL over all.
        """
        ...

    async def read(self, conversation_id: ConversationId, file_id: str) -> File:
        """Read it; FileUnknown."""
        ...


class KeepFile:
    """Takes a file from a customer. The message that shows it is posted by its caller."""

    def __init__(self, files: Files, limits: FileLimits) -> None:
        self._files = files
        self.limits = limits

    async def execute(
        self, conversation: Conversation, message_id: str, name: str, content: bytes
    ) -> File:
        """The file as kept. FileRefused, WrongState when the conversation is closed, StoreDown."""
        if conversation.state is State.CLOSED:
            raise WrongState(conversation.state, "open")
        file = examine(conversation.id, message_id, name, content, self.limits)
        await self._files.keep(file, self.limits)
        return file


class ReadFile:
    """Gives a file to the agent who serves the conversation."""

    def __init__(self, conversations: Conversations, files: Files) -> None:
        self._conversations = conversations
        self._files = files

    async def execute(self, conversation_id: ConversationId, file_id: str, agent: str) -> File:
        """The file. NotTheAgent, ConversationUnknown, FileUnknown, StoreDown."""
        conversation = await self._conversations.load(conversation_id)
        if not agent or conversation.agent != agent:
            raise NotTheAgent
        return await self._files.read(conversation_id, check_file_id(file_id))
