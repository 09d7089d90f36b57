"""Read, decide, write: again when somebody else was faster."""

from collections.abc import Callable
from dataclasses import dataclass

from switchyard_common.bot_events import ENDED

from switchyard_gateway.domain.conversation import Conversation, ConversationId
from switchyard_gateway.domain.errors import Conflict
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.service.observer import Observer
from switchyard_gateway.service.store import Conversations

_TRIES = 6

type Decide = Callable[[Conversation], Step | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The conversation before and after; the same when nothing was to be done."""

    before: Conversation
    after: Conversation

    @property
    def done(self) -> bool:
        """Whether a step was made."""
        return self.before is not self.after


class ChangeConversation:
    """Applies a rule of the domain to a conversation, atomically by its version."""

    def __init__(self, conversations: Conversations, observer: Observer) -> None:
        self._conversations = conversations
        self._observer = observer

    async def execute(self, conversation_id: ConversationId, decide: Decide) -> Outcome:
        """Make the step that `decide` wants now; ConversationUnknown, Conflict, StoreDown."""
        for _ in range(_TRIES):
            before = await self._conversations.load(conversation_id)
            step = decide(before)
            if step is None:
                return Outcome(before, before)
            after = await self._conversations.commit(before, step)
            if after is not None:
                for draft in step.says:
                    self._observer.message(draft.role)
                for event in step.events:
                    if event.type == ENDED:
                        self._observer.ended(str(event.data["outcome"]), before.channel)
                return Outcome(before, after)
        raise Conflict
