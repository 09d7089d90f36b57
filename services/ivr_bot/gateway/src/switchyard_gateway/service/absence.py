"""Customers who close the page while they wait for an agent or talk to one."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from switchyard_common.errors import DomainError

from switchyard_gateway.domain.conversation import Conversation, ConversationId, State
from switchyard_gateway.service.leave import LeavePerson
from switchyard_gateway.service.open_conversation import CHAT
from switchyard_gateway.service.store import Conversations, Sightings


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an absent customer is kept in the queue, and with an agent."""

    waiting_seconds: float
    with_agent_seconds: float

    def allowed(self, conversation: Conversation) -> float | None:
        """Seconds of absence allowed now; None: as long as they like."""
        if conversation.state is State.WAITING_FOR_AGENT:
            return self.waiting_seconds
        if conversation.state is State.WITH_AGENT:
            return self.with_agent_seconds
        return None


class AbsenceWatch:
    """Knows who is connected to this process, and takes leave for those who stay away.

    A page that is reloaded, or a telephone that changes networks, is back within seconds: only
    who stays away longer has left. Other processes' customers count by when they were last seen.
    """

    def __init__(
        self,
        conversations: Conversations,
        sightings: Sightings,
        leave: LeavePerson,
        patience: Patience,
        refresh_seconds: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._conversations = conversations
        self._sightings = sightings
        self._leave = leave
        self._patience = patience
        self._refresh_seconds = refresh_seconds
        self._sleep = sleep
        self._here: Counter[ConversationId] = Counter()
        self._checks: dict[ConversationId, asyncio.Task[None]] = {}
        self._log = structlog.stdlib.get_logger()

    def came(self, conversation_id: ConversationId) -> None:
        """A page of this conversation connected."""
        self._here[conversation_id] += 1

    def went(self, conversation_id: ConversationId) -> None:
        """A page of this conversation disconnected."""
        self._here[conversation_id] -= 1
        if self._here[conversation_id] <= 0:
            del self._here[conversation_id]
            self._watch(conversation_id, was_here=True)

    def check_later(self, conversation_id: ConversationId) -> None:
        """Take leave for the customer if they are away, unless they come back in time."""
        self._watch(conversation_id, was_here=False)

    async def run(self) -> None:
        """Keep telling the store who is connected; for ever."""
        while True:
            try:
                await self._sightings.seen(tuple(self._here))
            except DomainError as error:
                self._log.warning("presence_not_stored", reason=error.reason)
            await self._sleep(self._refresh_seconds)

    async def stop(self) -> None:
        """End all checks; the next process begins them anew."""
        for task in (checks := tuple(self._checks.values())):
            task.cancel()
        if checks:
            await asyncio.wait(checks)

    def _watch(self, conversation_id: ConversationId, *, was_here: bool) -> None:
        if conversation_id not in self._checks:
            check = self._check(conversation_id, was_here)
            self._checks[conversation_id] = asyncio.create_task(check, name="absence")

    async def _check(self, conversation_id: ConversationId, was_here: bool) -> None:
        try:
            if was_here:
                await self._sightings.seen((conversation_id,))
            while (pause := await self._look(conversation_id)) is not None:
                await self._sleep(pause)
        except DomainError as error:  # the next sweep begins it anew
            self._log.warning(
                "absence_not_checked", conversation=conversation_id, reason=error.reason
            )
        finally:
            del self._checks[conversation_id]

    async def _look(self, conversation_id: ConversationId) -> float | None:
        """Seconds until the next look; None when there is nothing (more) to watch."""
        if conversation_id in self._here:
            return None
        conversation = await self._conversations.load(conversation_id)
        allowed = self._patience.allowed(conversation)
        if allowed is None or conversation.channel != CHAT:
            return None
        left = allowed - await self._sightings.away_seconds(conversation_id)
        if left > 0:
            return left
        self._log.info("customer_stayed_away", conversation=conversation_id)
        await self._leave.execute(conversation_id)
        return None
