"""Forgets customers, and what is older than is kept."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog
from switchyard_history import files
from switchyard_history.hours import DAY_MS, TIMES

_log = structlog.stdlib.get_logger("switchyard.insights")


class Forgetful(Protocol):
    """A store that forgets. Methods raise HistoryUnavailable."""

    async def erase(self, tenant: str, customer_key: str, now_ms: int) -> int:
        """Takes a customer's key and links from all legs, and keeps it from coming back.

        How many legs were this customer's; all or none.
        """
        ...

    async def prune(self, tenant: str, table: str, before_ms: int, *, imported: bool) -> int:
        """Deletes rows that happened before; how many. Legs of imported logs only if asked."""
        ...

    async def raise_floor(self, tenant: str, before_ms: int) -> None:
        """Keeps events from before from coming back."""
        ...

    async def tenants(self) -> list[str]:
        """Whose contacts are known."""
        ...


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure found: legs of the customer in the store, and files written anew."""

    legs: int
    files: int


@dataclass(frozen=True, slots=True)
class EraseCustomer:
    """The use case. `folder`: of exported hours, if there are any."""

    store: Forgetful
    folder: Path | None
    now_ms: Callable[[], int]

    async def run(self, tenant: str, customer_key: str) -> Erased:
        """Forgets a customer; once more changes nothing. Raises HistoryUnavailable and OSError.

        The store first: from then on nothing brings the key back, and files can be done again.
        """
        legs = await self.store.erase(tenant, customer_key, self.now_ms())
        rewritten = 0
        if self.folder is not None:
            with await asyncio.to_thread(files.locked, self.folder):
                rewritten = await asyncio.to_thread(files.forget, self.folder, tenant, customer_key)
        # Who it was must not be in a log that outlives the erasure.
        _log.info("customer_erased", tenant=tenant, legs=legs, files=rewritten)
        return Erased(legs, rewritten)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was deleted: rows by table, and files."""

    rows: dict[str, int]
    files: int
    before_ms: int


@dataclass(frozen=True, slots=True)
class PruneHistory:
    """The use case. `folder`: of exported hours to prune as well."""

    store: Forgetful
    folder: Path | None
    now_ms: Callable[[], int]

    async def run(self, days: int, tenant: str | None = None, *, imported: bool = False) -> Pruned:
        """Deletes what happened more than `days` ago. Raises HistoryUnavailable and OSError.

        Imported logs stay unless asked for: somebody brought them in although they were old.
        """
        before_ms = self.now_ms() - days * DAY_MS
        rows = dict.fromkeys((str(table.name) for table in TIMES), 0)
        removed = 0
        for each in [tenant] if tenant is not None else await self.store.tenants():
            await self.store.raise_floor(each, before_ms)
            for table in rows:
                rows[table] += await self.store.prune(each, table, before_ms, imported=imported)
            removed += await asyncio.to_thread(self._files, each, before_ms)
        return Pruned(rows, removed, before_ms)

    def _files(self, tenant: str, before_ms: int) -> int:
        if self.folder is None:
            return 0
        old = [
            path
            for table in TIMES
            for hour_ms, path in files.hours_there(self.folder, table, tenant)
            if hour_ms < before_ms
        ]
        for path in old:
            files.remove(path)
        return len(old)
