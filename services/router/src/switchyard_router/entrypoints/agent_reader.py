"""Reads agents whole: configuration and live state."""

from collections.abc import Sequence

from switchyard.router.v1 import agent_pb2

from switchyard_router.domain.names import Tenant
from switchyard_router.domain.refusals import refusal
from switchyard_router.entrypoints.convert import agent_message
from switchyard_router.service.agents import AgentStore
from switchyard_router.service.config_loader import ConfigStore
from switchyard_router.service.store_clock import StoreClock


class AgentReader:
    """Agents as the contract shows them, from the store itself."""

    def __init__(
        self, config: ConfigStore, agents: AgentStore, clock: StoreClock, tenant: Tenant
    ) -> None:
        self._config = config
        self._agents = agents
        self._clock = clock
        self._tenant = tenant

    async def one(self, agent_id: str) -> agent_pb2.Agent:
        """One agent; raises AGENT."""
        found = await self.many((agent_id,))
        if not found:
            raise refusal("AGENT_UNKNOWN")
        return found[0]

    async def many(self, agent_ids: Sequence[str]) -> list[agent_pb2.Agent]:
        """The known ones among `agent_ids`, in their order."""
        if not agent_ids:
            return []
        configs = await self._config.read("agent", agent_ids)
        lives = await self._agents.live(agent_ids)
        now = self._clock.now_ms()
        return [
            agent_message(config, lives[config.id], self._tenant, now)
            for config in configs
            if config.id in lives
        ]
