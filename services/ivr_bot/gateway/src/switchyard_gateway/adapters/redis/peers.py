"""Customers of channels in Redis."""

from collections.abc import Awaitable, Mapping
from typing import cast

import orjson
from redis.asyncio import Redis

from switchyard_gateway.adapters.redis.keys import (
    DAY_MS,
    heard_key,
    lease_key,
    peer_key,
    peers_key,
)
from switchyard_gateway.adapters.redis.scripts import store_errors
from switchyard_gateway.domain.channels import Address, Peer, PeerKey
from switchyard_gateway.domain.conversation import ConversationId, EntryId

_HEARD_MS = 15 * 60 * 1000
_MOST_ACTIVE = 100_000

# Keys: the lease. Args: owner, ms. Takes a free lease, or renews one's own.
_LEASE = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
# Keys: the lease. Args: owner.
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end"
# Keys: the customer. Args: conversation, position, offered, held. News of an earlier conversation
# are too late.
_DELIVERED = """
if redis.call('HGET', KEYS[1], 'conversation') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'delivered', ARGV[2], 'offered', ARGV[3], 'held', ARGV[4])
return 1
"""


class RedisPeers:
    """The port Peers."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._lease = redis.register_script(_LEASE)
        self._release = redis.register_script(_RELEASE)
        self._delivered = redis.register_script(_DELIVERED)

    async def find(self, key: PeerKey) -> Peer | None:
        """The customer, unless unheard of for a day."""
        async with store_errors():
            found = await cast("Awaitable[dict[str, str]]", self._redis.hgetall(peer_key(key)))
        return _to_peer(found) if found else None

    async def save(self, peer: Peer) -> None:
        """Remember them with this conversation."""
        await self._write(
            peer.address.key,
            {
                "channel": peer.address.channel,
                "account": peer.address.account,
                "address": peer.address.id,
                "conversation": peer.conversation,
                "serial": str(peer.serial),
                "delivered": peer.delivered,
                "offered": orjson.dumps(peer.offered).decode(),
                "held": "",
            },
        )

    async def wrote(self, peer: Peer) -> None:
        """They have written again: how far it was delivered stays as it is."""
        await self._write(peer.address.key, {"held": ""})

    async def delivered(
        self, peer: Peer, upto: EntryId, offered: tuple[str, ...], *, held: bool
    ) -> None:
        """So much of this conversation has reached the customer."""
        shown = orjson.dumps(offered).decode()
        async with store_errors():
            await self._delivered(
                keys=[peer_key(peer.address.key)],
                args=[peer.conversation, upto, shown, "1" if held else ""],
            )

    async def forget(self, key: PeerKey) -> None:
        """Nothing is to be delivered any more."""
        async with store_errors():
            await self._redis.delete(peer_key(key))
            await self._redis.zrem(peers_key(), key)

    async def is_new(self, key: PeerKey, message_id: str) -> bool:
        """Whether this message has not been heard of in the last minutes; it now has."""
        async with store_errors():
            return bool(await self._redis.set(heard_key(key, message_id), 1, nx=True, px=_HEARD_MS))

    async def unheard(self, key: PeerKey, message_id: str) -> None:
        """It may come again."""
        async with store_errors():
            await self._redis.delete(heard_key(key, message_id))

    async def lease(self, key: PeerKey, owner: str, seconds: float) -> bool:
        """Whether the owner alone delivers, for so long."""
        async with store_errors():
            return bool(
                await self._lease(keys=[lease_key(key)], args=[owner, round(seconds * 1000)])
            )

    async def release(self, key: PeerKey, owner: str) -> None:
        """Let somebody else deliver."""
        async with store_errors():
            await self._release(keys=[lease_key(key)], args=[owner])

    async def active(self) -> tuple[PeerKey, ...]:
        """Those heard of last first."""
        async with store_errors():
            found = await self._redis.zrevrange(peers_key(), 0, -1)
        return tuple(PeerKey(key) for key in cast("list[str]", found))

    async def _write(self, key: PeerKey, fields: Mapping[str, str]) -> None:
        async with store_errors():
            seconds, _ = await self._redis.time()
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.hset(peer_key(key), mapping=dict(fields))  # type: ignore[arg-type]  # invariant
                pipeline.pexpire(peer_key(key), DAY_MS)
                await pipeline.execute()
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.zadd(peers_key(), {key: seconds})
                pipeline.zremrangebyscore(peers_key(), "-inf", seconds - DAY_MS // 1000)
                pipeline.zremrangebyrank(peers_key(), 0, -_MOST_ACTIVE - 1)
                pipeline.pexpire(peers_key(), DAY_MS)
                await pipeline.execute()


def _to_peer(fields: dict[str, str]) -> Peer:
    return Peer(
        address=Address(fields["channel"], fields["account"], fields["address"]),
        conversation=ConversationId(fields["conversation"]),
        serial=int(fields["serial"]),
        delivered=EntryId(fields["delivered"]),
        held=bool(fields["held"]),
        offered=tuple(orjson.loads(fields["offered"])),
    )
