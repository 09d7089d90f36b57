"""How safe acknowledged writes are in the store as it is set up: read from it and said.

docs/durability.md tells what each warning means and what to set.
"""

import asyncio
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from redis.exceptions import RedisError, ResponseError

from switchyard_router.adapters.redis.link import Link, Replicas

_LOOK_SECONDS = 5.0

CODES = (
    "AOF_OFF",
    "FSYNC_NO",
    "FSYNC_EVERYSEC_ALONE",
    "NO_REPLICAS",
    "WRITES_ALONE",
    "TOO_FEW_REPLICAS",
    "EVICTS_STATE",
    "EVICTS_ENDED",
    "SETTINGS_HIDDEN",
)
"""Every warning there is."""


@dataclass(frozen=True, slots=True)
class Setup:
    """The store's settings. `fsync` and `min_replicas` are None where it hides them.

    `memory_bytes`: held now; `memory_limit_bytes`: what it may hold, 0 for no limit of its own.
    """

    aof: bool
    fsync: str | None
    min_replicas: int | None
    policy: str
    memory_bytes: int
    memory_limit_bytes: int
    replicas: int


class DurabilityMeter(Protocol):
    """Shows the warnings that hold."""

    def durability(self, codes: Collection[str]) -> None:
        """The warnings that hold now."""
        ...

    def memory(self, held_bytes: int, limit_bytes: int) -> None:
        """What the store holds, and what it may; 0 for no limit."""
        ...


class DurabilityCheck:
    """Looks at start, after each failover, and when replicas come or go; warns of news."""

    def __init__(self, link: Link, wait: Replicas | None, meter: DurabilityMeter) -> None:
        self._link = link
        self._wait = wait
        self._meter = meter
        self._told: dict[str, str] = {}
        self._log = structlog.stdlib.get_logger()

    async def run(self) -> None:
        """Look now and every few seconds until cancelled; a store that is away is not looked at."""
        while True:
            try:
                self.tell(await read_setup(self._link))
            except RedisError as error:
                self._log.info("store_durability_unknown", problem=str(error))
            await asyncio.sleep(_LOOK_SECONDS)

    def tell(self, setup: Setup) -> None:
        """Log warnings that are new, and show all that hold."""
        found = dict(warnings(setup, self._wait))
        for code, text in found.items():
            if self._told.get(code) != text:
                self._log.warning("store_durability", code=code, problem=text)
        for code in self._told.keys() - found.keys():
            self._log.info("store_durability_better", code=code)
        self._told = found
        self._meter.durability(found)
        self._meter.memory(setup.memory_bytes, setup.memory_limit_bytes)


def warnings(setup: Setup, wait: Replicas | None) -> Iterator[tuple[str, str]]:
    """(code, what may be lost and what to set) for each way to lose acknowledged writes."""
    yield from _on_disk(setup)
    yield from _on_replicas(setup, wait)
    if setup.memory_limit_bytes and setup.policy.startswith("allkeys"):
        yield "EVICTS_STATE", f"{setup.policy} drops live contacts when memory is full: noeviction"
    elif setup.memory_limit_bytes and setup.policy.startswith("volatile"):
        yield (
            "EVICTS_ENDED",
            f"{setup.policy} drops request ids and ended contacts early when memory is full, "
            "so that a repeated request may be done twice: noeviction",
        )
    if setup.fsync is None or setup.min_replicas is None:
        yield "SETTINGS_HIDDEN", "CONFIG GET is not allowed: look at appendfsync yourself"


def _on_disk(setup: Setup) -> Iterator[tuple[str, str]]:
    if not setup.aof:
        yield "AOF_OFF", "a restart forgets all changes since the last snapshot: appendonly yes"
    elif setup.fsync == "no":
        yield "FSYNC_NO", "a power failure loses what was not written: appendfsync everysec"
    elif setup.fsync == "everysec" and not setup.replicas:
        yield (
            "FSYNC_EVERYSEC_ALONE",
            "a power failure loses up to a second of changes: add a replica, or appendfsync always",
        )


def _on_replicas(setup: Setup, wait: Replicas | None) -> Iterator[tuple[str, str]]:
    wanted = max(setup.min_replicas or 0, wait.count if wait else 0)
    if not setup.replicas:
        yield "NO_REPLICAS", "no replica: nobody takes over when the server or its disk is lost"
    elif setup.min_replicas == 0 and wait is None:
        yield (
            "WRITES_ALONE",
            "a master cut off from its replicas goes on acknowledging changes that a failover "
            "loses: min-replicas-to-write 1, or ROUTER_STORE_WAIT_REPLICAS",
        )
    if wanted > setup.replicas:
        yield (
            "TOO_FEW_REPLICAS",
            f"changes need {wanted} replicas and there are {setup.replicas}: they are refused",
        )


async def read_setup(link: Link) -> Setup:
    """The store's settings; raises redis-py's exceptions."""
    replication, memory, persistence = [
        _facts(told)
        for told in await link.calls(
            [("INFO", section) for section in ("replication", "memory", "persistence")]
        )
    ]
    config = await _config(link)
    return Setup(
        aof=persistence.get("aof_enabled") == "1",
        fsync=config.get("appendfsync"),
        min_replicas=_number(config, "min-replicas-to-write"),
        policy=memory.get("maxmemory_policy", ""),
        memory_bytes=int(memory.get("used_memory", "0")),
        memory_limit_bytes=int(memory.get("maxmemory", "0")),
        replicas=int(replication.get("connected_slaves", "0")),
    )


async def _config(link: Link) -> dict[str, str]:
    """Settings that INFO does not tell; empty where the server's rules forbid to ask."""
    try:
        told = await link.call("CONFIG", "GET", "appendfsync", "min-replicas-to-write")
    except ResponseError:
        return {}
    return {name.decode(): value.decode() for name, value in told.items()}


def _number(config: dict[str, str], name: str) -> int | None:
    return int(config[name]) if name in config else None


def _facts(told: Any) -> dict[str, str]:
    return dict(line.partition(":")[::2] for line in told.decode().splitlines())
