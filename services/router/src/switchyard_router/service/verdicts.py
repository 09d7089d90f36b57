"""Which versions of models were found to be wrong: agreed among all routers of a store."""

import asyncio
from collections.abc import Set as AbstractSet
from typing import Protocol

import structlog
from switchyard_common.errors import DomainError

from switchyard_router.service.predictions import WRONG


class VerdictStore(Protocol):
    """Keeps verdicts for all routers, and for those that start later."""

    async def withdraw(self, versions: AbstractSet[str]) -> None:
        """Keep that versions are wrong; those that are kept already stay as they are."""
        ...

    async def withdrawn(self) -> frozenset[str]:
        """All versions that are wrong."""
        ...


class VerdictMeter(Protocol):
    """Counts verdicts."""

    def switched_off(self, reason: str) -> None:
        """A model was switched off."""
        ...


class Verdicts:
    """A verdict holds here at once, elsewhere within `poll_seconds`, and for a version for ever:
    what mends a wrong model is another version.

    While the store is away, verdicts of others come late and own ones are kept until it takes them.
    """

    def __init__(self, store: VerdictStore, meter: VerdictMeter, poll_seconds: float) -> None:
        self._store = store
        self._meter = meter
        self._poll_seconds = poll_seconds
        self._wrong: frozenset[str] = frozenset()
        self._untold: set[str] = set()
        self._away = False
        self._log = structlog.stdlib.get_logger()

    def wrong(self, version: str) -> bool:
        """Whether a version must not serve."""
        return version in self._wrong or version in self._untold

    def withdraw(self, version: str, services: int, capital: float) -> None:
        """A version was found to be wrong, after so many services, by evidence of so much."""
        if self.wrong(version):
            return
        self._untold.add(version)
        self._meter.switched_off(WRONG)
        self._log.error("model_wrong", model=version, services=services, evidence=capital)

    async def run(self) -> None:
        """Tell the store, and hear from it, until cancelled."""
        while True:
            await self.agree()
            await asyncio.sleep(self._poll_seconds)

    async def agree(self) -> None:
        """Once."""
        telling = frozenset(self._untold)
        try:
            if telling:
                await self._store.withdraw(telling)
            found = await self._store.withdrawn()
        except DomainError as error:
            if not self._away:
                self._log.warning("verdicts_unread", reason=error.reason)
            self._away = True
            return
        self._away = False
        for version in sorted(found - self._wrong - telling):
            self._log.warning("model_withdrawn_elsewhere", model=version)
        self._wrong = found
        self._untold -= telling
