"""What a platform node must do, derived from events: every replica derives the same commands."""

from switchyard.router.v1 import contact_service_pb2 as pb

from switchyard_router.domain.names import Tenant
from switchyard_router.domain.records import ContactRecord, StoredEvent
from switchyard_router.service.board import Board

_OVER = ("offer.declined", "offer.timed_out", "offer.rescinded", "offer.failed")
# The platform told us itself, or the caller is gone: there is nothing to hang up.
_KNOWN_TO_PLATFORM = ("CALLER_HUNG_UP", "AGENT_HUNG_UP", "NODE_LOST", "NODE_FORGOT_CONTACT")


def for_offer(
    event: StoredEvent, record: ContactRecord, board: Board, tenant: Tenant
) -> pb.Command | None:
    """Ring, bridge or stop ringing; None for text contacts and events that ask for nothing."""
    if record.channel != "VOICE":
        return None
    offer, fence = str(event.data["offer"]), int(str(event.data["fence"]))
    agent = str(event.data["agent"])
    if event.type == "offer.created":
        expire_ms = int(str(event.data["expire_ms"]))
        return ring(event.id, offer, agent, fence, expire_ms, event.time_ms, board, tenant)
    if event.type == "offer.accepted":
        return bridge(event.id, offer, agent, fence, board, tenant)
    if event.type in _OVER:
        command = pb.Command(command_id=f"{event.id}/stop")
        command.stop_ring.offer = tenant.of("offers", offer)
        command.stop_ring.endpoint = endpoint(board, agent)
        command.stop_ring.fence = fence
        command.stop_ring.reason = str(event.data.get("reason", ""))
        return command
    return None


def for_contact(event: StoredEvent, record: ContactRecord) -> pb.Command | None:
    """Hang up a caller whose contact the router ended."""
    ended = ("contact.cancelled", "contact.expired", "contact.wrap_up")
    reason = str(event.data["reason"])
    if record.channel != "VOICE" or event.type not in ended or reason in _KNOWN_TO_PLATFORM:
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


def endpoint(board: Board, agent_id: str) -> str:
    """Where an agent is rung."""
    row = board.agents.row(agent_id)
    return board.agents.profiles[row].endpoint if row is not None else ""
