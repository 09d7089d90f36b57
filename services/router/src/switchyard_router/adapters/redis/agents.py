"""Agents, sessions and platform nodes in Redis."""

from collections.abc import Sequence

from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.scripts import Scripts, store_errors
from switchyard_router.adapters.redis.wire import Argument, Command
from switchyard_router.domain.agents import AgentLive
from switchyard_router.domain.records import LostLease, Request
from switchyard_router.service.leases import LEASE_SECONDS

_SESSIONLESS_LEASE_MS = 12 * 3600 * 1000
"""Who signs in by a feature code has no desktop to keep a lease: a shift's length ends it."""
_LIVE_FIELDS = (
    "shown", "base", "next_base", "idle_ms", "version", "epoch", "reason", "shown_ms", "share",
    "share_ms", "offered_ms",
)  # fmt: skip


class RedisAgents:
    """The agent and node side of the store; see service/agents.py and service/nodes.py."""

    def __init__(self, link: Link, keys: Keys, scripts: Scripts) -> None:
        self._link = link
        self._keys = keys
        self._scripts = scripts

    async def open_session(self, agent_id: str, device: str, presence: str, lease_ms: int) -> int:
        """Open a session that supersedes any other; returns its epoch."""
        _, rest = await self._scripts.run("open_session", agent_id, device, presence, lease_ms)
        return int(rest[0])

    async def set_presence(
        self,
        agent_id: str,
        presence: str,
        reason: str,
        *,
        after_contact: bool,
        version: str,
        epoch: int,
        request: Request,
    ) -> None:
        """Change whether the agent wants work, now or after the contact in hand."""
        await self._scripts.run(
            "set_presence",
            agent_id,
            presence,
            reason,
            int(after_contact),
            version,
            epoch,
            _SESSIONLESS_LEASE_MS,
            request=request,
        )

    async def renew_leases(
        self, leases: Sequence[tuple[str, str, int]], lease_ms: int
    ) -> list[LostLease]:
        """Renew leases given as (kind, id, epoch), in one step; returns those that are lost."""
        args: list[Argument] = [part for lease in leases for part in lease]
        _, rest = await self._scripts.run("renew_leases", lease_ms, *args)
        return [
            LostLease(kind.decode(), holder.decode(), int(epoch), why.decode())
            for kind, holder, epoch, why in rest[0]
        ]

    async def attach_node(
        self, node_id: str, kind: str, lease_ms: int, grace_ms: int, live: Sequence[str]
    ) -> tuple[int, list[str], list[str]]:
        """Attach a node: (epoch, contacts unknown here, contacts it forgot and that were ended)."""
        _, rest = await self._scripts.run("attach_node", node_id, kind, lease_ms, grace_ms, *live)
        unknown, missing = ([name.decode() for name in names] for names in rest[1:3])
        return int(rest[0]), unknown, missing

    async def contacts_of_node(self, node_id: str) -> list[str]:
        """Live contacts of a node."""
        with store_errors():
            members = await self._link.call("SMEMBERS", self._keys.of("node_contacts", node_id))
        return sorted(member.decode() for member in members)

    async def run_timers(self, at_most: int) -> tuple[int, int | None, int]:
        """Run due timers: (how many ran, when the next is due or None, the store's now), in ms."""
        lease_ms = int(LEASE_SECONDS * 1000)
        _, (ran, due, now) = await self._scripts.run("tick", at_most, lease_ms)
        return int(ran), int(float(due)) if due else None, int(now)

    async def ids(self) -> list[str]:
        """All agents, sorted."""
        with store_errors():
            members = await self._link.call("SMEMBERS", self._keys.ids("agent"))
        return sorted(member.decode() for member in members)

    async def live(self, agent_ids: Sequence[str]) -> dict[str, AgentLive]:
        """Live state of agents, in one round trip; unknown ones are left out."""
        with store_errors():
            commands: list[Command] = []
            for agent_id in agent_ids:
                commands.append(("HMGET", self._keys.of("agent", agent_id), *_LIVE_FIELDS))
                commands.append(("HGETALL", self._keys.of("held", agent_id)))
            rows = await self._link.calls(commands)
        pairs = zip(agent_ids, rows[::2], rows[1::2], strict=True)
        return {agent_id: _live(values, held) for agent_id, values, held in pairs if values[0]}


def _live(values: list[bytes | None], held: dict[bytes, bytes]) -> AgentLive:
    text = [(value or b"").decode() for value in values]
    shown, base, next_base, idle_ms, version, epoch, reason, shown_ms = text[:8]
    share, share_ms, offered_ms = text[8:]
    return AgentLive(
        presence=shown,
        ready=base == "AVAILABLE" and not next_base,
        held={contact.decode(): stage.decode() for contact, stage in held.items()},
        idle_since_ms=int(idle_ms or 0),
        seq=int(version or 0),
        epoch=int(epoch or 0),
        reason=reason,
        next_presence=next_base,
        since_ms=int(shown_ms or 0),
        occupancy=float(share or 0),
        occupancy_ms=int(share_ms or 0),
        offered_ms=int(offered_ms or 0),
    )
