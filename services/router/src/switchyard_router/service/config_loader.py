"""Brings configuration from the store to the board."""

from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from switchyard_router.domain.agents import AgentProfile
from switchyard_router.domain.plans import Plan
from switchyard_router.domain.queues import QueueProfile
from switchyard_router.domain.records import ConfigRecord, KeptConfig
from switchyard_router.service.board import Board

_BATCH = 500
_KINDS = ("plan", "queue", "agent")


class ConfigStore(Protocol):
    """Reads stored configuration; kinds are "queue", "agent" and "plan"."""

    async def ids(self, kind: str) -> list[str]:
        """All ids of a kind."""
        ...

    async def read(self, kind: str, ids: Sequence[str]) -> list[ConfigRecord]:
        """The stored ones among `ids`."""
        ...

    async def put_back(self, items: Sequence[KeptConfig]) -> bool:
        """Store all of it with its versions, as one step; False if the store has any already."""
        ...


class ConfigDecoder(Protocol):
    """Turns stored messages into values."""

    def kept(self, kind: str, record: ConfigRecord) -> KeptConfig:
        """All that is stored of a queue, agent or plan."""
        ...

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
    """Loads all configuration at start, and one item when its event comes.

    It also keeps all of it, as it is stored: about a kilobyte for a queue, plan or agent.
    """

    def __init__(
        self,
        board: Board,
        store: ConfigStore,
        decoder: ConfigDecoder,
        on_put_back: Callable[[], None] = lambda: None,
    ) -> None:
        self._board = board
        self._store = store
        self._decoder = decoder
        self._on_put_back = on_put_back
        self._records: dict[tuple[str, str], ConfigRecord] = {}
        self._log = structlog.stdlib.get_logger()

    async def put_back(self) -> None:
        """Write what is known into a store that has no configuration: it came back without its
        data. Otherwise nobody could be taken in until somebody notices."""
        if not self._records or await self._any_stored():
            return
        items = [self._decoder.kept(kind, record) for (kind, _), record in self._records.items()]
        if await self._store.put_back(items):
            self._log.error("configuration_put_back", items=len(items))
            self._on_put_back()

    async def _any_stored(self) -> bool:
        for kind in _KINDS:
            if await self._store.ids(kind):
                return True
        return False

    async def load_all(self) -> None:
        """Load every plan, queue and agent, and forget those that were deleted meanwhile."""
        for kind in _KINDS:
            ids = await self._store.ids(kind)
            for gone in set(self._board.known(kind)).difference(ids):
                self._forget(kind, gone)
            for start in range(0, len(ids), _BATCH):
                for record in await self._store.read(kind, ids[start : start + _BATCH]):
                    self._put(kind, record)

    async def load_one(self, kind: str, resource_id: str) -> None:
        """Load one plan, queue or agent; one that is not there any more is forgotten."""
        records = await self._store.read(kind, (resource_id,))
        if not records:
            self._forget(kind, resource_id)
        for record in records:
            self._put(kind, record)

    def _forget(self, kind: str, resource_id: str) -> None:
        self._records.pop((kind, resource_id), None)
        self._board.forget(kind, resource_id)

    def _put(self, kind: str, record: ConfigRecord) -> None:
        self._records[kind, record.id] = record
        if kind == "agent":
            self._board.upsert_agent(self._decoder.agent(record))
        elif kind == "queue":
            self._board.queues[record.id] = self._decoder.queue(record)
        else:
            self._board.plans[record.id] = self._decoder.plan(record)
