"""Connections to the one node of a cluster that owns a tenant's keys.

All keys of a tenant share a hash tag, so a client of one server will do, if its connections follow
the slot: every connection asks for the owner when it is opened, and one that is redirected closes,
so that the next one asks anew. No command is repeated.
"""

from typing import Any

from redis.asyncio.connection import Connection, ConnectionPool, SSLConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MovedError

from switchyard_common.redis_topology import Cluster, Topology
from switchyard_common.store_url import Address, StoreUrl


def slot_owner_pool(url: StoreUrl, key: str, options: dict[str, Any]) -> ConnectionPool:
    """A pool for the owner of the slot of `key`; `options` are redis-py's. Connects to nothing."""

    async def ask(address: Address, *command: str) -> Any:
        plain: Any = SSLConnection if url.tls is not None else Connection
        connection = plain(host=address.host, port=address.port, **_of_connections(options))
        try:
            await connection.connect()
            await connection.send_command(*command)
            return await connection.read_response()
        finally:
            await connection.disconnect(nowait=True)

    following: Any = _FollowingTls if url.tls is not None else _Following
    made: Any = ConnectionPool
    pool: ConnectionPool = made(
        connection_class=following,
        topology=Cluster(url.seeds, key, ask),
        maint_notifications_config=options["maint_notifications_config"],
        **_of_connections(options),
    )
    return pool


class _FollowsOwner:
    """Goes before redis-py's connection, whose methods it completes."""

    def __init__(self, *, topology: Topology, **options: Any) -> None:
        super().__init__(**options)
        self._topology = topology

    async def connect(self) -> None:
        connection: Any = super()
        if not connection.is_connected:
            owner = await self._topology.writer()
            self.host, self.port = owner.host, owner.port
        await connection.connect()

    async def read_response(self, *choices: Any, **named: Any) -> Any:
        connection: Any = super()
        try:
            return await connection.read_response(*choices, **named)
        except MovedError as moved:
            self._topology.redirected(Address(moved.host or self.host, moved.port))
            await connection.disconnect()
            raise RedisConnectionError("the keys are on another node now") from moved


class _Following(_FollowsOwner, Connection):
    """A plaintext connection to the owner."""


class _FollowingTls(_FollowsOwner, SSLConnection):
    """A connection to the owner by TLS."""


def _of_connections(options: dict[str, Any]) -> dict[str, Any]:
    """What single connections take; the class says whether they use TLS."""
    of_clients = ("ssl", "maint_notifications_config")
    return {name: value for name, value in options.items() if name not in of_clients}
