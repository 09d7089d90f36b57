"""What entrypoints need to show a conversation as it goes on."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from switchyard_gateway.domain.conversation import ConversationId, EntryId, Live


class Feed(Protocol):
    """The log of a conversation, followed from any position."""

    def watch(
        self, conversation_id: ConversationId, after: EntryId
    ) -> AbstractAsyncContextManager[AsyncIterator[Live]]:
        """Everything after a position, in order, then what comes, until the block is left.

        Entries come at least once; typing and wait estimates only to who watches at that moment.
        StoreDown ends it: watch again from the last entry seen. It ends by itself only when this
        process stops.
        """
        ...
