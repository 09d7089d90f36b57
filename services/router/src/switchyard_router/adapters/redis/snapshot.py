"""The present state, read at start; the event log brings it up to date."""

from switchyard_router.adapters.redis.agents import RedisAgents
from switchyard_router.adapters.redis.contacts import RedisContacts
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.scripts import store_errors
from switchyard_router.domain.agents import AgentLive
from switchyard_router.domain.records import ContactRecord
from switchyard_router.service.projection import Snapshot

_BATCH = 500


class RedisSnapshots:
    """Reads snapshots in batches; cost grows with agents and live contacts."""

    def __init__(
        self,
        link: Link,
        keys: Keys,
        contacts: RedisContacts,
        agents: RedisAgents,
    ) -> None:
        self._link = link
        self._keys = keys
        self._contacts = contacts
        self._agents = agents

    async def read(self) -> Snapshot:
        """The state now; raises STATE_STORE_DOWN."""
        agent_ids = await self._agents.ids()
        agents: dict[str, AgentLive] = {}
        for start in range(0, len(agent_ids), _BATCH):
            agents |= await self._agents.live(agent_ids[start : start + _BATCH])
        with store_errors():
            live_ids = [
                member.decode()
                for member in await self._link.call("ZRANGE", self._keys.live, 0, -1)
            ]
        contacts: list[ContactRecord] = []
        for start in range(0, len(live_ids), _BATCH):
            records = await self._contacts.get_many(live_ids[start : start + _BATCH])
            contacts += [record for record in records if record is not None]
        return Snapshot(agents, contacts)
