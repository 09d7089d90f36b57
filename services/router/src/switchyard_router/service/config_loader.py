"""Brings configuration from the store to the board."""

from collections.abc import Sequence
from typing import Protocol

from switchyard_router.domain.agents import AgentProfile
from switchyard_router.domain.plans import Plan
from switchyard_router.domain.queues import QueueProfile
from switchyard_router.domain.records import ConfigRecord
from switchyard_router.service.board import Board

_BATCH = 500


class ConfigStore(Protocol):
    """Reads stored configuration; kinds are "queue", "agent" and "plan"."""

    async def ids(self, kind: str) -> list[str]:
        """All ids of a kind."""
        ...

    async def read(self, kind: str, ids: Sequence[str]) -> list[ConfigRecord]:
        """The stored ones among `ids`."""
        ...


class ConfigDecoder(Protocol):
    """Turns stored messages into values."""

    def queue(self, record: ConfigRecord) -> QueueProfile:
        """A queue."""
        ...

    def agent(self, record: ConfigRecord) -> AgentProfile:
        """An agent's profile."""
        ...

    def plan(self, record: ConfigRecord) -> Plan:
        """A routing plan."""
        ...


class ConfigLoader:
    """Loads all configuration at start, and one item when its event comes."""

    def __init__(self, board: Board, store: ConfigStore, decoder: ConfigDecoder) -> None:
        self._board = board
        self._store = store
        self._decoder = decoder

    async def load_all(self) -> None:
        """Load every plan, queue and agent, and forget those that were deleted meanwhile."""
        for kind in ("plan", "queue", "agent"):
            ids = await self._store.ids(kind)
            for gone in set(self._board.known(kind)).difference(ids):
                self._board.forget(kind, gone)
            for start in range(0, len(ids), _BATCH):
                for record in await self._store.read(kind, ids[start : start + _BATCH]):
                    self._put(kind, record)

    async def load_one(self, kind: str, resource_id: str) -> None:
        """Load one plan, queue or agent; one that is not there any more is forgotten."""
        records = await self._store.read(kind, (resource_id,))
        if not records:
            self._board.forget(kind, resource_id)
        for record in records:
            self._put(kind, record)

    def _put(self, kind: str, record: ConfigRecord) -> None:
        if kind == "agent":
            self._board.upsert_agent(self._decoder.agent(record))
        elif kind == "queue":
            self._board.queues[record.id] = self._decoder.queue(record)
        else:
            self._board.plans[record.id] = self._decoder.plan(record)
