"""Follows the event log: keeps the board up to date and tells everybody who listens."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from switchyard_common.errors import DomainError

from switchyard_router.domain.agents import AgentLive
from switchyard_router.domain.records import ContactRecord, StoredEvent
from switchyard_router.domain.refusals import store_down
from switchyard_router.service.board import Board
from switchyard_router.service.config_loader import ConfigLoader

_BATCH = 500
LONGEST_WAIT_SECONDS = 1.0
_WAIT_MS = int(LONGEST_WAIT_SECONDS * 1000)
_RETRY_SECONDS = 0.5
_PACE_SECONDS = 0.003
"""Under load events are read in batches this far apart: each read, dispatching pass and write to a
stream then serves many of them. The first event after a quiet moment is read at once."""

_CATCH_UP_SECONDS = 2.0

type Listener = Callable[[StoredEvent], None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Live agents by id and live contacts."""

    agents: dict[str, AgentLive]
    contacts: list[ContactRecord]


class SnapshotSource(Protocol):
    """Reads the present state."""

    async def read(self) -> Snapshot:
        """The state now."""
        ...


class EventLog(Protocol):
    """Reads the event log."""

    async def newest(self) -> str:
        """Position of the newest entry."""
        ...

    async def holds(self, position: str) -> bool:
        """Whether an entry that was read is still there: then nothing after it was lost."""
        ...

    async def after(self, position: str, at_most: int, wait_ms: int) -> list[StoredEvent]:
        """Events after a position, waiting up to `wait_ms` for the first."""
        ...


class Projection:
    """Board and listeners see every event in order.

    Those `on_gap` are told whenever the place is a new one, for events before it are never told.
    Exactly one of `caught_up` and `interrupted` is set; interrupted: the store does not answer.
    """

    def __init__(
        self,
        board: Board,
        snapshots: SnapshotSource,
        log: EventLog,
        config: ConfigLoader,
        listeners: Sequence[Listener],
        on_gap: Sequence[Callable[[], None]] = (),
    ) -> None:
        self._board = board
        self._snapshots = snapshots
        self._log_source = log
        self._config = config
        self._listeners = listeners
        self._on_gap = on_gap
        self._log = structlog.stdlib.get_logger()
        self._position = ""
        self._news = asyncio.Event()
        self.caught_up = asyncio.Event()
        self.interrupted = asyncio.Event()
        self.interrupted.set()

    async def run(self) -> None:
        """Follow until cancelled. A store that comes back is read anew if it lost the place."""
        while True:
            try:
                await self._resume()
                while True:
                    await self._step()
            except DomainError as error:
                self._follows(False)
                self._log.warning("event_log_interrupted", reason=error.reason)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _resume(self) -> None:
        # Before the place is looked for, which comes after what is put back.
        await self._config.put_back()
        # Always from a fresh snapshot: a store that failed over may have lost what was seen.
        # The place comes first: what happens while reading comes again, told by its numbers.
        await self._find_place()
        await self._config.load_all()
        snapshot = await self._snapshots.read()
        self._board.load(snapshot.agents, snapshot.contacts)
        self._log.info(
            "board_loaded",
            agents=len(snapshot.agents),
            contacts=len(snapshot.contacts),
            position=self._position,
        )
        self._follows(True)

    async def _find_place(self) -> None:
        """Go on where it stopped, so that listeners miss nothing; where that is gone, tell them."""
        if self._position and await self._log_source.holds(self._position):
            return
        lost, self._position = bool(self._position), await self._log_source.newest()
        if lost:
            self._log.error("events_missed")
        # At the first place, too: whoever was let in before it heard nothing of what happened.
        for tell in self._on_gap:
            tell()

    def _follows(self, yes: bool) -> None:
        now, before = (
            (self.caught_up, self.interrupted) if yes else (self.interrupted, self.caught_up)
        )
        before.clear()
        now.set()
        self._tell_waiting()

    def _tell_waiting(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    @property
    def next_batch(self) -> asyncio.Event:
        """Set when events are read the next time; ask for it before looking at the log."""
        return self._news

    async def catch_up(self) -> None:
        """Wait until the board shows all that was stored before this was asked.

        A list is read from the board, and whoever has just stored something looks for it there.
        UNAVAILABLE when the log is not followed in time.
        """
        newest = _place(await self._log_source.newest())
        try:
            async with asyncio.timeout(_CATCH_UP_SECONDS):
                while not self.caught_up.is_set() or _place(self._position) < newest:
                    await self._news.wait()
        except TimeoutError:
            raise store_down() from None

    async def _step(self) -> None:
        loop = asyncio.get_running_loop()
        events = await self._log_source.after(
            self._position, _BATCH, int(LONGEST_WAIT_SECONDS * 1000)
        )
        until = loop.time() + _PACE_SECONDS
        await self._take(events)
        if events:
            self._tell_waiting()
            await asyncio.sleep(until - loop.time())

    async def _take(self, events: Sequence[StoredEvent]) -> None:
        for event in events:
            if event.type.startswith("config."):
                await self._config.load_one(event.type.removeprefix("config."), event.subject)
            self._board.apply(event)
            self._position = event.id
            for listener in self._listeners:
                listener(event)


def _place(position: str) -> tuple[int, int]:
    milliseconds, _, number = position.partition("-")
    return int(milliseconds or 0), int(number or 0)
