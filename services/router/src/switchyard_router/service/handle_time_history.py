"""What the store counted of services before this process began to listen."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

import structlog
from switchyard_common.errors import DomainError

from switchyard_router.domain.handle_time_table import ContactType
from switchyard_router.service.board import Board
from switchyard_router.service.handle_times import HandleTimes

_BATCH = 500
_RETRY_SECONDS = 1.0

type Counted = Mapping[ContactType, tuple[int, int]]
"""Type of contact to the number of services and their milliseconds together."""


class HandledStore(Protocol):
    """Reads the counts of services by agent."""

    async def handled(self, agent_ids: Sequence[str]) -> list[Counted]:
        """Counts of the agents, in the order asked for."""
        ...


class HandleTimeHistory:
    """Fills the table when the board is loaded, and anew when events were missed.

    What ends while the counts are read may count twice or not at all: one service or two.
    """

    def __init__(
        self, board: Board, store: HandledStore, times: HandleTimes, ready: asyncio.Event
    ) -> None:
        self._board = board
        self._store = store
        self._times = times
        self._ready = ready
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._log = structlog.stdlib.get_logger()

    def start_over(self) -> None:
        """Events were missed: read the counts anew."""
        self._wanted.set()

    async def run(self) -> None:
        """Read when wanted, until cancelled; a store that is down is tried again."""
        while True:
            await self._wanted.wait()
            await self._ready.wait()
            self._wanted.clear()
            try:
                await self._read()
            except DomainError as error:
                self._log.warning("handled_counts_unread", reason=error.reason)
                self._wanted.set()
                await asyncio.sleep(_RETRY_SECONDS)

    async def _read(self) -> None:
        table, ids = self._times.empty_table(), list(self._board.agents.ids)
        table.reserve(len(ids))
        for start in range(0, len(ids), _BATCH):
            found = await self._store.handled(ids[start : start + _BATCH])
            for slot, counted in enumerate(found, start):
                for kind, (services, together_ms) in counted.items():
                    table.load(slot, kind, services, together_ms / 1000)
        table.fit()
        self._times.start(table)
        self._log.info("handled_counts_read", agents=len(ids), services=table.observed)
