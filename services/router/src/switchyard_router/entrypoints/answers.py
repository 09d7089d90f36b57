"""What agents say, on a desktop's stream or by the unary twins: the same checks and steps."""

from switchyard.router.v1 import agent_pb2, agent_service_pb2, contact_service_pb2
from switchyard_common.logs import contact_scope

from switchyard_router.domain.names import Tenant, bad_field
from switchyard_router.entrypoints.call_events import short
from switchyard_router.entrypoints.checks import check_complete
from switchyard_router.entrypoints.convert import agent_versions_of, request_of
from switchyard_router.service.agents import AgentStore, OfferStore

_SETTABLE = {
    agent_pb2.AVAILABLE: "AVAILABLE",
    agent_pb2.NOT_READY: "NOT_READY",
    agent_pb2.OFFLINE: "OFFLINE",
}


class Answers:
    """Presence, accept, decline, end of wrap-up, end of conversation."""

    def __init__(self, agents: AgentStore, offers: OfferStore, tenant: Tenant) -> None:
        self._agents = agents
        self._offers = offers
        self._tenant = tenant

    async def set_presence(
        self, request: agent_service_pb2.SetPresenceRequest, own_id: str = "", epoch: int = 0
    ) -> str:
        """Change a presence; returns the agent's id. On a stream it is the stream's agent."""
        agent_id = self._own(request.agent, own_id)
        if request.presence not in _SETTABLE:
            raise bad_field(
                "presence", "give AVAILABLE, NOT_READY or OFFLINE; the others are the router's"
            )
        await self._agents.set_presence(
            agent_id,
            _SETTABLE[request.presence],
            short(request.reason),
            after_contact=request.after_current_contact,
            version=agent_versions_of(request.etag, "etag")[1],
            epoch=epoch,
            request=request_of(request, request.request_id),
        )
        return agent_id

    async def accept(self, request: agent_service_pb2.AcceptOfferRequest, epoch: int = 0) -> str:
        """Accept an offer; returns its id. The epoch of a stream stays out of the request: a
        repetition may come on the next stream."""
        offer_id = self._tenant.parse("offers", request.name, "name")
        await self._offers.accept(
            offer_id,
            request.fence,
            epoch or request.session_epoch,
            request_of(request, request.request_id),
        )
        return offer_id

    async def decline(self, request: agent_service_pb2.DeclineOfferRequest, epoch: int = 0) -> str:
        """Decline an offer; returns its id."""
        offer_id = self._tenant.parse("offers", request.name, "name")
        await self._offers.decline(
            offer_id,
            request.fence,
            epoch or request.session_epoch,
            short(request.reason) or "DECLINED",
            request_of(request, request.request_id),
        )
        return offer_id

    async def end_wrap_up(
        self, request: agent_service_pb2.EndWrapUpRequest, own_id: str = ""
    ) -> str:
        """End the paperwork of a contact; returns the agent's id."""
        agent_id = self._own(request.agent, own_id)
        contact_id = self._tenant.parse("contacts", request.contact, "contact")
        with contact_scope(contact_id):
            await self._offers.end_wrap_up(
                agent_id,
                contact_id,
                short(request.disposition),
                request_of(request, request.request_id),
            )
        return agent_id

    async def complete(
        self, request: contact_service_pb2.CompleteContactRequest, agent_id: str
    ) -> None:
        """End the conversation in hand."""
        check_complete(request, "complete.")
        await self._offers.complete(
            self._tenant.parse("contacts", request.name, "complete.name"),
            short(request.disposition),
            request.skip_wrap_up,
            agent_id,
            "AGENT_COMPLETED",
            request_of(request, request.request_id),
        )

    def _own(self, name: str, own_id: str) -> str:
        """The agent named; on a stream it may be left out, and must be the stream's."""
        agent_id = self._tenant.parse("agents", name, "agent", required=not own_id) or own_id
        if own_id and agent_id != own_id:
            raise bad_field("agent", "must be the session's own agent, or empty")
        return agent_id
