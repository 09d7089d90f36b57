"""Where is the writer now? Asked of nobody (one server), of Sentinels or of a cluster's nodes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from redis.crc import key_slot
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from switchyard_common.store_url import Address, Kind, StoreUrl

_ASK_SECONDS = 1.0

type Ask = Callable[..., Any]
"""`await ask(address, *command)`: one command's raw reply, over a connection of its own."""


class NoWriter(RedisConnectionError):
    """Nobody who answers knows a writer."""


class Topology(Protocol):
    """Finds the server that may write a tenant's keys."""

    async def writer(self) -> Address:
        """Its address, asked anew; raises NoWriter."""
        ...

    def redirected(self, address: Address) -> None:
        """A server named this one as the owner."""
        ...

    @property
    def moves_unseen(self) -> bool:
        """Whether the writer may change without its old connections breaking."""
        ...


class OneServer:
    """The URL's own server."""

    moves_unseen = False

    def __init__(self, address: Address) -> None:
        self._address = address

    async def writer(self) -> Address:
        """Always the same."""
        return self._address

    def redirected(self, address: Address) -> None:
        """One server that redirects is one of a cluster."""
        raise NoWriter(f"{self._address} is part of a cluster: use redis+cluster://{self._address}")


class Sentinels:
    """What the Sentinel with the newest configuration says.

    All are asked at once: one that was cut off from the others still names the old master, with
    an older configuration epoch.
    """

    moves_unseen = True

    def __init__(self, seeds: Sequence[Address], service: str, ask: Ask) -> None:
        self._seeds = seeds
        self._service = service
        self._ask = ask

    async def writer(self) -> Address:
        """The master's address by the newest configuration among those who answer in time."""
        answers = await asyncio.gather(*map(self._one, self._seeds), return_exceptions=True)
        known = [answer for answer in answers if isinstance(answer, tuple)]
        if not known:
            raise NoWriter(
                f"none of {len(self._seeds)} Sentinels names a master {self._service!r}: "
                + "; ".join(sorted({str(answer) or repr(answer) for answer in answers}))
            )
        return max(known, key=lambda answer: answer[0])[1]

    def redirected(self, address: Address) -> None:
        """Sentinels' servers do not redirect."""
        raise NoWriter(f"the master {self._service!r} is part of a cluster: use redis+cluster")

    async def _one(self, seed: Address) -> tuple[int, Address]:
        async with asyncio.timeout(_ASK_SECONDS):
            reply = await self._ask(seed, "SENTINEL", "MASTER", self._service)
        told = _pairs(reply)
        return int(told["config-epoch"]), Address(told["ip"], int(told["port"]))


class Cluster:
    """The master of the slot that all keys of the tenant share."""

    moves_unseen = False

    def __init__(self, seeds: Sequence[Address], key: str, ask: Ask) -> None:
        self._seeds = tuple(seeds)
        self._nodes: tuple[Address, ...] = ()
        self._slot = key_slot(key.encode())
        self._hint: Address | None = None
        self._ask = ask

    async def writer(self) -> Address:
        """Where a server pointed to, else what the first node says who answers."""
        hint, self._hint = self._hint, None
        if hint is not None:
            return hint
        problems = set()
        for node in (*self._nodes, *self._seeds):
            try:
                async with asyncio.timeout(_ASK_SECONDS):
                    return self._owner(node, await self._ask(node, "CLUSTER", "SLOTS"))
            except (RedisError, OSError, TimeoutError) as error:
                problems.add(str(error) or repr(error))
                # The next node is asked first the next time: one may be alone with its view.
                self._nodes = tuple(other for other in self._nodes if other != node)
        raise NoWriter(f"no node knows slot {self._slot}: " + "; ".join(sorted(problems)))

    def redirected(self, address: Address) -> None:
        """Ask there next."""
        self._hint = address

    def _owner(self, asked: Address, slots: Sequence[Any]) -> Address:
        masters = {tuple(row[:2]): self._address(asked, row[2]) for row in slots}
        self._nodes = tuple(dict.fromkeys(masters.values()))
        for (first, last), address in masters.items():
            if first <= self._slot <= last:
                return address
        raise NoWriter(f"{asked} knows no owner of slot {self._slot}")

    @staticmethod
    def _address(asked: Address, node: Sequence[Any]) -> Address:
        host = _text(node[0] or b"")
        return Address(host if host not in ("", "?") else asked.host, int(node[1]))


def topology_of(url: StoreUrl, key: str, ask: Ask) -> Topology:
    """The topology of a URL; `key`: any key of the tenant."""
    if url.kind is Kind.SENTINEL:
        return Sentinels(url.seeds, url.service, ask)
    if url.kind is Kind.CLUSTER:
        return Cluster(url.seeds, key, ask)
    return OneServer(url.seeds[0])


def _pairs(reply: Any) -> dict[str, str]:
    """A map as RESP3 has it, or a flat list."""
    if isinstance(reply, Mapping):
        return {_text(name): _text(value) for name, value in reply.items()}
    return {_text(n): _text(v) for n, v in zip(reply[::2], reply[1::2], strict=True)}


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
