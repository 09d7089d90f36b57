"""The real store adapter, wired as the composition root does it, with a clock that tests set."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

from switchyard_router.adapters.redis.agents import RedisAgents
from switchyard_router.adapters.redis.client import open_writer
from switchyard_router.adapters.redis.config import RedisConfig
from switchyard_router.adapters.redis.contact_changes import RedisContactChanges
from switchyard_router.adapters.redis.contacts import RedisContacts
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.scripts import Scripts
from switchyard_router.domain.records import NewContact, QueueTimes, Request

NOW_MS = 1_800_000_000_000
LEASE_MS = 15_000
NO_REQUEST = Request()


@dataclass(frozen=True, slots=True)
class Store:
    """All sides of the store, on one tenant."""

    keys: Keys
    scripts: Scripts
    contacts: RedisContacts
    agents: RedisAgents
    config: RedisConfig
    changes: RedisContactChanges

    async def add_queue(self, queue_id: str, **times: int) -> None:
        """A queue with short times; `times` in ms."""
        usual = QueueTimes(
            max_size=0,
            max_wait_ms=120_000,
            credit_ms=60_000,
            ring_ms=10_000,
            wrap_up_ms=20_000,
            connect_ms=8_000,
            handle_ms=60_000,
            target_ms=20_000,
            rona_limit=1,
        )
        fields = asdict(usual) | times
        await self.config.upsert("queue", queue_id, b"", fields, version="", check_only=False)

    async def add_agent(self, agent_id: str, capacity: str = '{"VOICE":1}', units: int = 0) -> None:
        """An agent; `capacity` as JSON."""
        fields: dict[str, str | int] = {"capacity": capacity, "units": units}
        await self.config.upsert("agent", agent_id, b"", fields, version="", check_only=False)

    async def sign_in(self, agent_id: str) -> int:
        """An agent who is ready; returns the epoch."""
        return await self.agents.open_session(agent_id, "test", "AVAILABLE", LEASE_MS)

    async def tick(self, at_most: int = 200) -> None:
        """Run the timers that are due."""
        while (await self.agents.run_timers(at_most))[0] == at_most:
            pass


def new_contact(
    contact_id: str,
    *,
    queue: str = "q",
    channel: str = "VOICE",
    node: str = "",
    external_id: str = "",
    priority: int = 0,
    hold_ms: int = 0,
) -> NewContact:
    """A contact to be queued."""
    return NewContact(
        id=contact_id,
        external_id=external_id or f"ext-{contact_id}",
        queue=queue,
        channel=channel,
        node=node,
        priority=priority,
        language="",
        customer="",
        age_credit_ms=0,
        hold_ms=hold_ms,
        needs=(),
        initial=contact_id,
        previous="",
        related="",
        detail=b"",
        callback_number="+85212345678" if channel == "CALLBACK" else "",
    )


@asynccontextmanager
async def open_store(
    redis_url: str, read: Callable[[str], str] | None = None, now_ms: int = NOW_MS
) -> AsyncGenerator[Store]:
    """A store whose clock stands at `now_ms` until `scripts.now_ms` is set; 0: the server's."""
    keys = Keys("test")
    link = Link(open_writer(redis_url, 60.0, keys.events), 60.0)
    scripts = Scripts(link, keys, 1_000_000, read)
    scripts.now_ms = now_ms
    try:
        contacts = RedisContacts(link, keys, scripts)
        yield Store(
            keys,
            scripts,
            contacts,
            RedisAgents(link, keys, scripts),
            RedisConfig(link, keys, scripts),
            RedisContactChanges(scripts, contacts),
        )
    finally:
        await link.aclose()
