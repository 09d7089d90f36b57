"""Looks at everything that runs, every few seconds, and keeps what it saw."""

import asyncio
from collections.abc import Mapping

import httpx
import redis.asyncio as redis
from redis.exceptions import RedisError
from switchyard_launcher.child import Child

from tests.soak import meters, store
from tests.soak.processes import held
from tests.soak.series import Recorded

_STORE_EVERY = 3
"""Looks at processes for one at all keys."""


class Sampler:
    """Fills `recorded` from processes, the routers' metrics and the store."""

    def __init__(
        self,
        recorded: Recorded,
        children: Mapping[str, Child],
        routers: Mapping[str, str],
        client: "redis.Redis",
    ) -> None:
        self._recorded = recorded
        self._children = children
        self._routers = routers
        self._client = client
        self._looks = 0

    async def look(self, at: float) -> None:
        """Once; who does not answer now is looked at the next time."""
        await asyncio.to_thread(self._processes, at)
        async with httpx.AsyncClient(verify=False, trust_env=False) as client:
            for router, target in self._routers.items():
                self._meters(router, at, await meters.scrape(client, target))
        if self._looks % _STORE_EVERY == 0:
            await self.store(at)
        self._looks += 1

    def _processes(self, at: float) -> None:
        for name, child in self._children.items():
            pid = child.pid
            if pid is None or (now := held(pid)) is None:
                continue
            self._recorded.add("memory", name, pid, at, now.memory_mb)
            self._recorded.add("descriptors", name, pid, at, now.descriptors)
            self._recorded.add("threads", name, pid, at, now.threads)

    def _meters(self, router: str, at: float, sums: Mapping[str, float] | None) -> None:
        pid = self._children[router].pid
        if sums is None or pid is None:
            return
        for name in (*meters.MUST_STAY_0, meters.EVENT_LAG, meters.WAITING):
            if name in sums:
                self._recorded.add(name, router, pid, at, sums[name])

    async def store(self, at: float) -> None:
        """All keys."""
        try:
            looked = await store.look(self._client)
        except (RedisError, OSError):
            return  # paused or away
        self._recorded.add("store", "memory, MB", 0, at, looked.memory_mb)
        for measure, counted in (
            ("keys", looked.keys),
            ("lasting keys", looked.lasting),
            ("events behind", looked.behind),
        ):
            for of in counted.keys() | set(self._recorded.names(measure)):
                self._recorded.add(measure, of, 0, at, counted[of])
