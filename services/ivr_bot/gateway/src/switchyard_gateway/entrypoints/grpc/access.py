"""Which role may call which RPC, and that an agent sees only who they serve: one table.

docs/security.md shows it to people; a test holds the two together.
"""

from typing import Any

from switchyard.conversation.v1 import conversation_service_pb2 as pb
from switchyard_common.actor import ACTOR
from switchyard_common.admission import Caller, Examine, Rule, Touch
from switchyard_common.errors import DomainError, ErrorKind
from switchyard_common.identity import Role

from switchyard_gateway.domain.conversation import ConversationId
from switchyard_gateway.domain.names import Tenant
from switchyard_gateway.service.store import Conversations

_SERVICE = "switchyard.conversation.v1.ConversationService"
_P, _A, _S = Role.PLATFORM, Role.AGENT, Role.SUPERVISOR
_CHANGE, _PERSONAL = Touch.CHANGE, Touch.PERSONAL
_BY_AGENT = f"{Role.AGENT}/"

# The agent stands last: who has another role that suffices is not held to one agent.
_TABLE: dict[str, tuple[tuple[Role, ...], Touch]] = {
    "OpenConversation": ((_P,), _CHANGE),
    "GetConversation": ((_P, _S, _A), _PERSONAL),
    "ListMessages": ((_P, _S, _A), _PERSONAL),
    "PostMessage": ((_P, _A), _CHANGE),
    "WatchConversation": ((_P, _S, _A), _PERSONAL),
    "SetTyping": ((_P, _A), _CHANGE),
    "HandBack": ((_P, _A), _CHANGE),
    "EndConversation": ((_P, _A), _CHANGE),
    "ReadAttachment": ((_P, _A), _PERSONAL),
}


def rules(served: "ServedByCaller") -> dict[str, Rule]:
    """The table as the door reads it, keyed by full method."""
    examined: dict[str, Examine] = {
        "GetConversation": served.named,
        "ListMessages": served.parent,
        "PostMessage": served.message,
        "WatchConversation": served.named,
        "SetTyping": served.typing,
        "HandBack": served.agent,
        "EndConversation": served.agent,
        "ReadAttachment": served.agent,
    }
    return {
        f"/{_SERVICE}/{method}": Rule(roles, touch, examined.get(method))
        for method, (roles, touch) in _TABLE.items()
    }


class ServedByCaller:
    """An agent's requests are about conversations that they have, in their own name."""

    def __init__(self, conversations: Conversations, tenant: Tenant) -> None:
        self._conversations = conversations
        self._tenant = tenant

    async def named(self, caller: Caller, request: Any) -> None:
        """The request names its conversation in `name`."""
        await self._examine(caller, request.name, "name")

    async def parent(self, caller: Caller, request: Any) -> None:
        """The request names its conversation in `parent`."""
        await self._examine(caller, request.parent, "parent")

    async def message(self, caller: Caller, request: Any) -> None:
        """What is to be said: an agent's words, their own."""
        if caller.role is Role.AGENT:
            self._must_be(caller, request.message.agent, request.message.role)

    async def typing(self, caller: Caller, request: Any) -> None:
        """Who writes: an agent, in a conversation that they have."""
        if caller.role is Role.AGENT and request.role != pb.AGENT:
            raise _not_theirs()
        await self.named(caller, request)

    async def agent(self, caller: Caller, request: Any) -> None:
        """The request names its agent, whose conversation it must be, in `agent`."""
        if caller.role is Role.AGENT:
            self._must_be(caller, request.agent)

    async def still(self, conversation_id: ConversationId) -> None:
        """Raise PERMISSION once an agent who watches has the conversation no more."""
        actor = ACTOR.get()
        if actor.startswith(_BY_AGENT):
            await self._must_serve(actor.removeprefix(_BY_AGENT), conversation_id)

    async def _examine(self, caller: Caller, name: str, field: str) -> None:
        if caller.role is Role.AGENT:
            conversation_id = ConversationId(self._tenant.parse("conversations", name, field))
            await self._must_serve(caller.identity.subject, conversation_id)

    async def _must_serve(self, agent_id: str, conversation_id: ConversationId) -> None:
        conversation = await self._conversations.load(conversation_id)
        if conversation.agent != self._tenant.of("agents", agent_id):
            raise _not_theirs()

    def _must_be(self, caller: Caller, agent: str, role: int = pb.AGENT) -> None:
        if role != pb.AGENT or agent != self._tenant.of("agents", caller.identity.subject):
            raise _not_theirs()


def _not_theirs() -> DomainError:
    return DomainError(
        kind=ErrorKind.PERMISSION,
        reason="ROLE",
        message="an agent may act only as itself, in conversations that it has",
    )
