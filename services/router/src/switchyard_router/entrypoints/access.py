"""Which role may call which RPC, and that an agent acts only as itself: one table.

docs/security.md shows it to people; a test holds the two together.
"""

from typing import Any, Protocol

from google.protobuf.message import Message
from switchyard.router.v1 import agent_service_pb2
from switchyard_common.admission import Caller, Examine, Rule, Touch
from switchyard_common.errors import DomainError, ErrorKind
from switchyard_common.identity import Role

from switchyard_router.domain.records import ContactRecord, OfferRecord

_PACKAGE = "switchyard.router.v1"
_P, _A, _S, _D = Role.PLATFORM, Role.AGENT, Role.SUPERVISOR, Role.ADMIN
_CHANGE, _PERSONAL, _READ = Touch.CHANGE, Touch.PERSONAL, Touch.READ
_ADMINISTER = Touch.ADMINISTER

# The agent stands last: who has another role that suffices is not held to one agent.
_TABLE: dict[str, tuple[tuple[Role, ...], Touch]] = {
    "ContactService/CreateContact": ((_P,), _CHANGE),
    "ContactService/GetContact": ((_P, _S), _PERSONAL),
    "ContactService/UpdateContact": ((_P, _S), _CHANGE),
    "ContactService/CancelContact": ((_P, _S), _CHANGE),
    "ContactService/RequeueContact": ((_P, _S), _CHANGE),
    "ContactService/TransferContact": ((_P, _S, _A), _CHANGE),
    "ContactService/CompleteContact": ((_P, _A), _CHANGE),
    "ContactService/RequestCallback": ((_P,), _CHANGE),
    "ContactService/EstimateWait": ((_P, _S), _READ),
    "ContactService/WatchContact": ((_P, _S), _PERSONAL),
    "ContactService/ReportCallEvent": ((_P,), _CHANGE),
    "ContactService/Attach": ((_P,), _CHANGE),
    "RoutingService/RankAgents": ((_P, _S), _READ),
    "RoutingService/GetDecision": ((_P, _S), _READ),
    "RoutingService/ListDecisions": ((_S,), _READ),
    "RoutingService/SimulateRouting": ((_S, _D), _READ),
    "AgentService/Session": ((_P, _A), _CHANGE),
    "AgentService/SetPresence": ((_P, _S, _A), _CHANGE),
    "AgentService/AcceptOffer": ((_P, _A), _CHANGE),
    "AgentService/DeclineOffer": ((_P, _A), _CHANGE),
    "AgentService/EndWrapUp": ((_P, _A), _CHANGE),
    "AgentService/GetAgent": ((_P, _S, _D, _A), _READ),
    "AgentService/ListAgents": ((_S, _D), _READ),
    "ConfigService/UpsertQueue": ((_D,), _ADMINISTER),
    "ConfigService/UpsertAgent": ((_D,), _ADMINISTER),
    "ConfigService/UpsertRoutingPlan": ((_D,), _ADMINISTER),
    "ConfigService/ListQueues": ((_S, _D), _READ),
    "ConfigService/ListRoutingPlans": ((_S, _D), _READ),
    "ConfigService/Delete": ((_D,), _ADMINISTER),
    "SupervisionService/WatchQueueStats": ((_S,), _READ),
    "SupervisionService/StreamEvents": ((_S,), _READ),
}


class Holdings(Protocol):
    """Whose an offer or a contact is; NOT_FOUND if there is none."""

    async def get_offer(self, offer_id: str) -> OfferRecord:
        """One offer."""
        ...

    async def get(self, contact_id: str) -> ContactRecord:
        """One contact."""
        ...


def rules(holdings: Holdings) -> dict[str, Rule]:
    """The table as the door reads it, keyed by full method."""
    own = OwnAffairs(holdings)
    examined: dict[str, Examine] = {
        "ContactService/TransferContact": own.contact,
        "ContactService/CompleteContact": own.contact,
        "AgentService/Session": own.desktop,
        "AgentService/SetPresence": own.agent,
        "AgentService/AcceptOffer": own.offer,
        "AgentService/DeclineOffer": own.offer,
        "AgentService/EndWrapUp": own.agent,
        "AgentService/GetAgent": own.named_agent,
    }
    return {
        f"/{_PACKAGE}.{method}": Rule(roles, touch, examined.get(method))
        for method, (roles, touch) in _TABLE.items()
    }


class OwnAffairs:
    """An agent's requests are about the agent itself, its offers and its contacts.

    Names that cannot be read are left to the servicer, which says what is wrong with them.
    """

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings

    async def agent(self, caller: Caller, request: Any) -> None:
        """The request names its agent in `agent`."""
        self._must_be(caller, _id(request.agent))

    async def named_agent(self, caller: Caller, request: Any) -> None:
        """The request names its agent in `name`."""
        self._must_be(caller, _id(request.name))

    async def offer(self, caller: Caller, request: Any) -> None:
        """The request names an offer."""
        if caller.role is Role.AGENT and _id(request.name):
            self._must_be(caller, (await self._holdings.get_offer(_id(request.name))).agent)

    async def contact(self, caller: Caller, request: Any) -> None:
        """The request names a contact that an agent holds."""
        if caller.role is Role.AGENT and _id(request.name):
            self._must_be(caller, (await self._holdings.get(_id(request.name))).agent)

    async def desktop(self, caller: Caller, message: Message) -> None:
        """One message of a desktop's stream."""
        if caller.role is not Role.AGENT or not isinstance(
            message, agent_service_pb2.ClientMessage
        ):
            return
        body = message.WhichOneof("body")
        if body == "hello":
            self._must_be(caller, _id(message.hello.agent))
        elif body in ("accept", "decline"):
            await self.offer(caller, getattr(message, body))

    def _must_be(self, caller: Caller, agent_id: str) -> None:
        if caller.role is Role.AGENT and agent_id != caller.identity.subject:
            raise DomainError(
                kind=ErrorKind.PERMISSION,
                reason="ROLE",
                message="an agent may act only as itself, on its own offers and contacts",
            )


def _id(name: str) -> str:
    """The last part of a name."""
    return name.rpartition("/")[2]
