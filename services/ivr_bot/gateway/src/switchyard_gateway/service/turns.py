"""Sees to it that the bot answers each conversation's messages one at a time, in order."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from switchyard_common.tracing import span

from switchyard_gateway.domain.conversation import ConversationId
from switchyard_gateway.domain.errors import StoreDown
from switchyard_gateway.service.answer import AnswerTurn
from switchyard_gateway.service.places import Places
from switchyard_gateway.service.store import Busy, Turns

_STORE_PAUSE_SECONDS = 1.0
_AT_ONCE = 0.0


class TurnKeeper:
    """One worker per conversation that has turns, as long as it has any.

    `places` bound how many messages this process has with the bot. A turn is leased: when its
    process dies, another one answers it once the lease is over.
    """

    def __init__(
        self,
        turns: Turns,
        answer: AnswerTurn,
        lease_seconds: float,
        places: Places,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._turns = turns
        self._answer = answer
        self._lease_seconds = lease_seconds
        self._places = places
        self._sleep = sleep
        self._workers: dict[ConversationId, asyncio.Task[None]] = {}
        self._kicked: set[ConversationId] = set()
        self._log = structlog.stdlib.get_logger()

    def kick(self, conversation_id: ConversationId) -> None:
        """Look for turns of this conversation now; never waits."""
        self._kicked.add(conversation_id)
        if conversation_id not in self._workers:
            task = asyncio.create_task(self._work(conversation_id), name=f"turns-{conversation_id}")
            self._workers[conversation_id] = task

    async def idle(self) -> None:
        """Wait until no conversation has a turn."""
        while self._workers:
            await asyncio.wait(tuple(self._workers.values()))

    async def drain(self, seconds: float) -> None:
        """Let the workers finish; whoever is not done in time is cancelled, its turn lapses."""
        if not self._workers:
            return
        _, late = await asyncio.wait(tuple(self._workers.values()), timeout=seconds)
        if late:
            self._log.warning("turns_cut_short", count=len(late))
            for task in late:
                task.cancel()
            await asyncio.wait(late)

    async def _work(self, conversation_id: ConversationId) -> None:
        try:
            while conversation_id in self._kicked:
                self._kicked.discard(conversation_id)
                await self._empty(conversation_id)
        except Exception:  # noqa: BLE001  # logged; the other conversations go on
            self._log.exception("turn_crashed", conversation=conversation_id)
        finally:
            del self._workers[conversation_id]
            self._kicked.discard(conversation_id)

    async def _empty(self, conversation_id: ConversationId) -> None:
        while True:
            async with self._places:
                pause = await self._step(conversation_id)
            if pause is None:
                return
            if pause > 0:
                await self._sleep(pause)

    async def _step(self, conversation_id: ConversationId) -> float | None:
        """Seconds until the next look, None when there is nothing left to do."""
        try:
            turn = await self._turns.claim(conversation_id, self._lease_seconds)
            if turn is None:
                return None
            if isinstance(turn, Busy):
                return turn.seconds
            with span("chat.turn", conversation=conversation_id):
                return _AT_ONCE if await self._answer.execute(turn) else None
        except StoreDown:
            self._log.warning("turn_waits_for_store", conversation=conversation_id)
            return _STORE_PAUSE_SECONDS
