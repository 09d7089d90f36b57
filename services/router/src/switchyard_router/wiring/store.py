"""The store's side of the router."""

from dataclasses import dataclass
from typing import Self

from switchyard_router.adapters.redis.agents import RedisAgents
from switchyard_router.adapters.redis.config import RedisConfig
from switchyard_router.adapters.redis.contact_changes import RedisContactChanges
from switchyard_router.adapters.redis.contacts import RedisContacts
from switchyard_router.adapters.redis.decisions import RedisDecisions
from switchyard_router.adapters.redis.handled import RedisHandled
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.log import RedisEventLog
from switchyard_router.adapters.redis.scripts import Scripts
from switchyard_router.adapters.redis.snapshot import RedisSnapshots
from switchyard_router.adapters.redis.verdicts import RedisVerdicts
from switchyard_router.settings import RouterSettings


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that reads and writes the tenant's keys."""

    contacts: RedisContacts
    changes: RedisContactChanges
    agents: RedisAgents
    config: RedisConfig
    log: RedisEventLog
    snapshots: RedisSnapshots
    decisions: RedisDecisions
    handled: RedisHandled
    verdicts: RedisVerdicts

    @classmethod
    def over(cls, link: Link, follower: Link, settings: RouterSettings) -> Self:
        """On two links; `follower` is the event log's own."""
        keys = Keys(settings.tenant)
        scripts = Scripts(link, keys, settings.max_events)
        contacts, agents = RedisContacts(link, keys, scripts), RedisAgents(link, keys, scripts)
        return cls(
            contacts=contacts,
            changes=RedisContactChanges(scripts, contacts),
            agents=agents,
            config=RedisConfig(link, keys, scripts),
            log=RedisEventLog(follower, link, keys),
            snapshots=RedisSnapshots(link, keys, contacts, agents),
            decisions=RedisDecisions(link, keys, scripts, settings.max_decisions),
            handled=RedisHandled(link, keys),
            verdicts=RedisVerdicts(link, keys),
        )
