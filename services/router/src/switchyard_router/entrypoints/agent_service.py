"""AgentService: what desktops call."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import grpc
from switchyard.router.v1 import agent_pb2, agent_service_pb2, agent_service_pb2_grpc

from switchyard_router.domain.names import Tenant, bad_field
from switchyard_router.entrypoints.agent_reader import AgentReader
from switchyard_router.entrypoints.answers import Answers
from switchyard_router.entrypoints.convert import offer_message
from switchyard_router.entrypoints.paging import page
from switchyard_router.entrypoints.sessions import DesktopSessions
from switchyard_router.service.agents import OfferStore
from switchyard_router.service.board import Board
from switchyard_router.service.store_clock import StoreClock

type _Context = grpc.aio.ServicerContext[Any, Any]


class AgentServicer(agent_service_pb2_grpc.AgentServiceServicer):
    """Converts, calls, converts."""

    def __init__(
        self,
        sessions: DesktopSessions,
        answers: Answers,
        offers: OfferStore,
        reader: AgentReader,
        board: Board,
        catch_up: Callable[[], Awaitable[None]],
        clock: StoreClock,
        tenant: Tenant,
    ) -> None:
        self._sessions = sessions
        self._offers = offers
        self._answers = answers
        self._reader = reader
        self._board = board
        self._catch_up = catch_up
        self._clock = clock
        self._tenant = tenant

    async def Session(
        self, request_iterator: AsyncIterator[agent_service_pb2.ClientMessage], context: _Context
    ) -> AsyncIterator[agent_service_pb2.ServerMessage]:
        """Serve a desktop."""
        async with aclosing(self._sessions.serve(request_iterator)) as messages:
            async for message in messages:
                yield message

    async def SetPresence(
        self, request: agent_service_pb2.SetPresenceRequest, context: _Context
    ) -> agent_pb2.Agent:
        """Change presence."""
        return await self._reader.one(await self._answers.set_presence(request))

    async def AcceptOffer(
        self, request: agent_service_pb2.AcceptOfferRequest, context: _Context
    ) -> agent_pb2.Offer:
        """Accept an offer."""
        return await self._offer(await self._answers.accept(request))

    async def DeclineOffer(
        self, request: agent_service_pb2.DeclineOfferRequest, context: _Context
    ) -> agent_pb2.Offer:
        """Decline an offer."""
        return await self._offer(await self._answers.decline(request))

    async def EndWrapUp(
        self, request: agent_service_pb2.EndWrapUpRequest, context: _Context
    ) -> agent_pb2.Agent:
        """End the paperwork."""
        return await self._reader.one(await self._answers.end_wrap_up(request))

    async def GetAgent(
        self, request: agent_service_pb2.GetAgentRequest, context: _Context
    ) -> agent_pb2.Agent:
        """Read an agent."""
        return await self._reader.one(self._tenant.parse("agents", request.name, "name"))

    async def ListAgents(
        self, request: agent_service_pb2.ListAgentsRequest, context: _Context
    ) -> agent_service_pb2.ListAgentsResponse:
        """Read agents by page; filters are answered from the board."""
        self._tenant.check_parent(request.parent)
        await self._catch_up()
        ids, token = page(self._filtered(request.filter), request.page_size, request.page_token)
        return agent_service_pb2.ListAgentsResponse(
            agents=await self._reader.many(ids), next_page_token=token
        )

    def _filtered(self, text: str) -> list[str]:
        agents = self._board.agents
        if not text:
            return sorted(self._board.known("agent"))
        key, _, value = text.partition("=")
        if key == "presence" and value in agent_pb2.Presence.keys():  # noqa: SIM118
            return sorted(
                agent_id
                for agent_id, live in zip(agents.ids, agents.lives, strict=True)
                if agent_id and live.presence == value
            )
        if key == "queue":
            queue = self._tenant.parse("queues", value, "filter")
            serving = agents.serving(queue)
            return sorted(agents.ids[row] for row in serving.nonzero()[0])
        raise bad_field("filter", "leave it empty, or give presence=… or queue=tenants/…/queues/…")

    async def _offer(self, offer_id: str) -> agent_pb2.Offer:
        offer = await self._offers.get_offer(offer_id)
        return offer_message(offer, self._tenant, self._clock.now_ms())
