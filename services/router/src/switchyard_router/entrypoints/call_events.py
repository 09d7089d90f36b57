"""Call events as they come in, as values."""

from switchyard.router.v1 import contact_service_pb2

from switchyard_router.domain.names import Tenant, bad_field
from switchyard_router.domain.records import CallEvent

_MOST_REASON = 64
_MOST_SOURCE = 128


def call_event(
    request: contact_service_pb2.ReportCallEventRequest, source: str, tenant: Tenant
) -> CallEvent:
    """A reported event as a value; raises INVALID naming the field."""
    known = contact_service_pb2.CallEventType.values()
    if request.type not in known or not request.type:
        raise bad_field("type", "give one of the call event types of the contract")
    if request.source_seq < 0 or request.fence < 0:
        raise bad_field("source_seq" if request.source_seq < 0 else "fence", "must not be negative")
    if not 1 <= len(source) <= _MOST_SOURCE:
        raise bad_field(
            "source", f"name the node the event comes from, 1 to {_MOST_SOURCE} characters"
        )
    return CallEvent(
        contact=tenant.parse("contacts", request.contact, "contact"),
        kind=contact_service_pb2.CallEventType.Name(request.type),
        fence=request.fence,
        source=source,
        sequence=request.source_seq,
        cause=short(request.cause),
    )


def short(text: str) -> str:
    """A reason as far as it is kept: 64 characters."""
    return text[:_MOST_REASON]
