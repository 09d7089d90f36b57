"""A store with a queue and two agents, a clock that the test sets, and short ways to go on."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import redis
from switchyard_router.domain.records import CallEvent, ContactRecord, LostLease, Request

from tests.fakes.router.store import LEASE_MS, Store, new_contact, open_store
from tests.fakes.router.truth import Truth, read


class Floor:
    """A store, its clock, and short ways to take steps."""

    def __init__(self, store: Store, raw: Any) -> None:
        self.store, self.raw = store, raw
        self._number = 0

    def truth(self) -> Truth:
        """The state, which must be sound."""
        truth = read(self.raw, self.store.keys.prefix)
        assert truth.violations() == []
        return truth

    async def later(self, ms: int) -> None:
        """Let time pass with routers up."""
        while ms > 0:
            self.store.scripts.now_ms += min(ms, 2_000)
            ms -= 2_000
            await self.store.tick()

    async def outage(self, ms: int) -> None:
        """Let time pass with nobody there."""
        self.store.scripts.now_ms += ms
        await self.store.tick()

    async def create(self, contact_id: str = "c1", **fields: Any) -> ContactRecord:
        """Queue a contact."""
        record, _ = await self.store.contacts.create(new_contact(contact_id, **fields), Request())
        return record

    async def presence(self, presence: str, epoch: int = 0) -> None:
        """Change ann's presence, on a desktop's stream or by feature code."""
        await self.store.agents.set_presence(
            "ann",
            presence,
            "",
            after_contact=False,
            version="",
            epoch=epoch,
            request=Request(),
        )

    async def offer(self, contact_id: str = "c1", agent: str = "ann") -> ContactRecord:
        """Offer a contact."""
        self._number += 1
        made = await self.store.contacts.reserve(contact_id, agent, f"o{self._number}", "d", b"{}")
        assert made[0] == "OK"
        return await self.store.contacts.get(contact_id)

    async def connect(self, contact_id: str = "c1", agent: str = "ann") -> ContactRecord:
        """Offer, accept and join."""
        offered = await self.offer(contact_id, agent)
        assert await self.report("BRIDGED", offered) == "OK"
        return await self.store.contacts.get(contact_id)

    async def report(self, kind: str, contact: ContactRecord, sequence: int = 0) -> str:
        """Report a call event of a contact's present offer."""
        event = CallEvent(contact.id, kind, contact.fence, "pbx", sequence, "")
        return (await self.store.contacts.report(event))[0]

    async def rest(self, ms: int) -> None:
        """Let time pass with routers up and every desktop heard."""
        while ms > 0:
            await self.heard(*sorted(await self.store.agents.ids()))
            await self.later(min(ms, 2_000))
            ms -= 2_000

    async def silence(self, agent: str, ms: int) -> None:
        """Let time pass with one desktop closed."""
        while ms > 0:
            others = set(await self.store.agents.ids()) - {agent}
            await self.heard(*sorted(others))
            await self.later(min(ms, 2_000))
            ms -= 2_000

    async def epoch(self, agent: str) -> int:
        """The epoch of an agent's session."""
        return (await self.store.agents.live((agent,)))[agent].epoch

    async def heard(self, *agents: str) -> list[LostLease]:
        """Renew leases of desktops; those that cannot be renewed."""
        lives = await self.store.agents.live(agents)
        leases = [("agent", agent, live.epoch) for agent, live in lives.items()]
        return await self.store.agents.renew_leases(leases, LEASE_MS)


@asynccontextmanager
async def open_floor(
    redis_url: str, read_source: Callable[[str], str] | None = None
) -> AsyncGenerator[Floor]:
    """Queue q; ann and bob, who take a call or three chats and are ready."""
    async with open_store(redis_url, read_source) as store:
        await store.add_queue("q")
        await store.add_agent("ann", '{"VOICE":1,"CHAT":3}')
        await store.add_agent("bob", '{"VOICE":1,"CHAT":3}')
        for agent in ("ann", "bob"):
            await store.sign_in(agent)
        await store.tick()
        raw: Any = redis.Redis.from_url(redis_url)
        yield Floor(store, raw)
        raw.close()
