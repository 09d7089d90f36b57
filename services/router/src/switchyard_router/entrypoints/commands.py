"""What a platform node must do, derived from events: every replica derives the same commands."""

from typing import Protocol

from switchyard.router.v1 import contact_service_pb2 as pb

from switchyard_router.domain.names import Tenant
from switchyard_router.domain.records import StoredEvent
from switchyard_router.domain.states import WHOLE_AGENT
from switchyard_router.service.board import Board


class Line(Protocol):
    """A contact, as far as commands need it."""

    @property
    def channel(self) -> str:
        """As in the contract."""
        ...

    @property
    def offer(self) -> str:
        """Its newest offer."""
        ...

    @property
    def agent(self) -> str:
        """The agent of that offer."""
        ...

    @property
    def fence(self) -> int:
        """The fence of that offer."""
        ...

    @property
    def sent_to(self) -> str:
        """Where it was sent outside."""
        ...

    @property
    def callback_number(self) -> str:
        """Not empty: the customer waits to be called back."""
        ...


_OVER = ("offer.declined", "offer.timed_out", "offer.rescinded", "offer.failed")
# The platform told us itself, or the caller is gone: there is nothing to hang up.
_KNOWN_TO_PLATFORM = ("CALLER_HUNG_UP", "AGENT_HUNG_UP", "NODE_LOST", "NODE_FORGOT_CONTACT")
_TRANSFERRED = "TRANSFERRED"


def for_offer(event: StoredEvent, record: Line, board: Board, tenant: Tenant) -> pb.Command | None:
    """Ring, join, call back or stop; None for text contacts and events that ask for nothing."""
    if record.channel not in WHOLE_AGENT:
        return None
    offer, fence = str(event.data["offer"]), int(str(event.data["fence"]))
    agent = str(event.data["agent"])
    if event.type == "offer.created":
        expire_ms = int(str(event.data["expire_ms"]))
        return ring(event.id, offer, agent, fence, expire_ms, event.time_ms, board, tenant)
    if event.type == "offer.accepted":
        return join(event.id, record, offer, agent, fence, board, tenant)
    if event.type in _OVER:
        reason = str(event.data.get("reason", ""))
        return stop(event.id, offer, agent, fence, reason, board, tenant)
    return None


def for_contact(
    event: StoredEvent, record: Line, board: Board, tenant: Tenant
) -> pb.Command | None:
    """Hang up a caller whose contact the router ended, send it on, or part it from the agent."""
    ended = ("contact.cancelled", "contact.expired", "contact.wrap_up")
    reason = str(event.data["reason"])
    if record.channel not in WHOLE_AGENT or event.type not in ended:
        return None
    if record.sent_to:
        command = pb.Command(command_id=f"{event.id}/redirect")
        command.redirect.target = record.sent_to
        command.redirect.reason = reason
        return command
    if reason == _TRANSFERRED:
        # The caller's line belongs to the next contact: the agent's leg alone ends.
        return stop(event.id, record.offer, record.agent, record.fence, reason, board, tenant)
    if reason in _KNOWN_TO_PLATFORM or record.callback_number:
        return None
    command = pb.Command(command_id=f"{event.id}/hangup")
    command.hangup.cause = reason
    return command


def ring(
    command_id: str,
    offer: str,
    agent: str,
    fence: int,
    expire_ms: int,
    now_ms: int,
    board: Board,
    tenant: Tenant,
) -> pb.Command:
    """Ring an agent for an open offer."""
    command = pb.Command(command_id=f"{command_id}/ring")
    command.ring.offer = tenant.of("offers", offer)
    command.ring.agent = tenant.of("agents", agent)
    command.ring.endpoint = endpoint(board, agent)
    command.ring.fence = fence
    command.ring.ring_timeout.FromMilliseconds(max(0, expire_ms - now_ms))
    command.deadline.FromMilliseconds(expire_ms)
    return command


def bridge(
    command_id: str, offer: str, agent: str, fence: int, board: Board, tenant: Tenant
) -> pb.Command:
    """Join caller and agent."""
    command = pb.Command(command_id=f"{command_id}/bridge")
    command.bridge.offer = tenant.of("offers", offer)
    command.bridge.agent = tenant.of("agents", agent)
    command.bridge.endpoint = endpoint(board, agent)
    command.bridge.fence = fence
    return command


def join(
    command_id: str,
    record: Line,
    offer: str,
    agent: str,
    fence: int,
    board: Board,
    tenant: Tenant,
) -> pb.Command:
    """Join the agent with the caller, or with the customer who is to be called back."""
    if not record.callback_number:
        return bridge(command_id, offer, agent, fence, board, tenant)
    command = pb.Command(command_id=f"{command_id}/dial")
    command.dial.number = record.callback_number
    command.dial.offer = tenant.of("offers", offer)
    command.dial.agent = tenant.of("agents", agent)
    command.dial.endpoint = endpoint(board, agent)
    command.dial.fence = fence
    return command


def stop(
    command_id: str, offer: str, agent: str, fence: int, reason: str, board: Board, tenant: Tenant
) -> pb.Command:
    """End the agent's leg, whether it rings or was answered."""
    command = pb.Command(command_id=f"{command_id}/stop")
    command.stop_ring.offer = tenant.of("offers", offer)
    command.stop_ring.endpoint = endpoint(board, agent)
    command.stop_ring.fence = fence
    command.stop_ring.reason = reason
    return command


def endpoint(board: Board, agent_id: str) -> str:
    """Where an agent is rung."""
    row = board.agents.row(agent_id)
    return board.agents.profiles[row].endpoint if row is not None else ""
