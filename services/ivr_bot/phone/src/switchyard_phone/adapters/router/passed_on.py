"""Contacts whose callers talk to agents: their calls are the PBX's, their names are the node's."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

import structlog

from switchyard_phone.service.surveys import StoreDown


class Memory(Protocol):
    """What outlives the process. StoreDown."""

    async def add(self, contact: str, known_as: str) -> None:
        """An agent has the caller; `known_as`: the PBX's name for the call, if it has one."""
        ...

    async def name(self, contact: str, known_as: str) -> None:
        """The PBX has the caller, by this name, and the contact is nobody's here."""
        ...

    async def remove(self, contact: str) -> None:
        """The contact is over."""
        ...

    async def all(self) -> frozenset[str]:
        """Those of this node that are not over, as far as anybody has told it."""
        ...


class NoMemory:
    """Nothing outlives the process."""

    async def add(self, contact: str, known_as: str) -> None:
        """Is forgotten."""

    async def name(self, contact: str, known_as: str) -> None:
        """Is forgotten."""

    async def remove(self, contact: str) -> None:
        """Was never known."""

    async def all(self) -> frozenset[str]:
        """None."""
        return frozenset()


class PassedOn:
    """The contacts of this process, and those it takes over from the one before it.

    The store is told in order and beside the calls; one that is away costs nothing but what a
    restart would have needed.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._contacts: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_order = asyncio.Lock()
        self._log = structlog.stdlib.get_logger()

    def __contains__(self, contact: str) -> bool:
        return contact in self._contacts

    async def take_over(self) -> frozenset[str]:
        """What an earlier process passed on; none if the store is away."""
        try:
            found = await self._memory.all()
        except StoreDown:
            self._log.error("passed_on_unknown")
            return frozenset()
        self._contacts |= found
        return found

    def add(self, contact: str, known_as: str = "") -> None:
        """An agent has the caller."""
        self._contacts.add(contact)
        self._do(partial(self._memory.add, contact, known_as))

    def name(self, contact: str, known_as: str) -> None:
        """The PBX has the caller, and the contact is nobody's here."""
        self._do(partial(self._memory.name, contact, known_as))

    def discard(self, contact: str) -> None:
        """The contact is over."""
        self._contacts.discard(contact)
        self._do(partial(self._memory.remove, contact))

    async def settle(self, seconds: float) -> None:
        """Give the store this long to hear the rest."""
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=seconds)
        for task in tuple(self._tasks):
            task.cancel()

    def _do(self, telling: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.create_task(self._tell(telling))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, telling: Callable[[], Awaitable[None]]) -> None:
        async with self._in_order:
            try:
                await telling()
            except StoreDown:
                self._log.warning("passed_on_not_kept")
