"""The router's messages to and from the gateway's values."""

from google.protobuf import json_format
from google.protobuf.duration_pb2 import Duration
from switchyard.router.v1 import contact_pb2, contact_service_pb2

from switchyard_gateway.domain.contacts import CallReport, ContactState, ContactView
from switchyard_gateway.domain.conversation import Wait
from switchyard_gateway.domain.names import Tenant
from switchyard_gateway.service.router import CallbackRequest, ContactRequest

_MOST_PRIORITY = 10


def to_view(contact: contact_pb2.Contact) -> ContactView:
    """A contact as the gateway sees it; ValueError for a state it does not know."""
    return ContactView(
        name=contact.name,
        conversation=contact.external_id,
        state=ContactState(contact_pb2.ContactState.Name(contact.state)),
        agent=contact.assigned_agent,
        offer=contact.current_offer,
        fence=contact.fence,
    )


def to_create(request: ContactRequest, tenant: Tenant) -> contact_service_pb2.CreateContactRequest:
    """The contact to be queued."""
    contact = contact_pb2.Contact(
        external_id=request.conversation,
        channel=contact_pb2.CHAT,
        queue=tenant.of("queues", request.queue),
        priority=max(-_MOST_PRIORITY, min(_MOST_PRIORITY, request.handoff.priority)),
        customer=request.handoff.customer,
        language=request.language,
        node=request.node,
        caller=request.caller,
        handoff=_to_handoff(request, tenant),
        age_credit=_seconds(request.waited_seconds),
    )
    contact.attributes.update(_attributes(request))
    return contact_service_pb2.CreateContactRequest(
        parent=tenant.name, contact=contact, request_id=request.request_id
    )


def to_create_callback(
    request: CallbackRequest, tenant: Tenant
) -> contact_service_pb2.CreateContactRequest:
    """The call to be queued at the place of the contact that it replaces."""
    create = to_create(request.contact, tenant)
    create.contact.channel = contact_pb2.CALLBACK
    create.contact.external_id = f"{request.contact.conversation}.callback"
    create.contact.caller = request.number
    create.contact.related_contact = request.instead_of
    return create


def to_event(
    report: CallReport, source: str, sequence: int
) -> contact_service_pb2.ReportCallEventRequest:
    """A line event; its time is added when it is sent."""
    event = contact_service_pb2.ReportCallEventRequest(
        contact=report.contact,
        offer=report.offer,
        agent=report.agent,
        type=contact_service_pb2.CallEventType.Value(report.event),
        source=source,
        source_seq=sequence,
        fence=report.fence,
    )
    event.event_time.GetCurrentTime()
    return event


def estimate_in(event: contact_service_pb2.ContactEvent) -> Wait | None:
    """The estimate in an event, or in its command to announce it; None without one."""
    change = event.WhichOneof("change")
    if change == "wait":
        return to_wait(event.wait)
    if change == "command" and event.command.WhichOneof("op") == "announce":
        return to_wait(event.command.announce.wait)
    return None


def to_wait(estimate: contact_pb2.WaitEstimate) -> Wait | None:
    """An estimate as customers may see it; None when the contact does not wait."""
    if not estimate.position:
        return None
    if not estimate.confident:
        return Wait(estimate.position)
    return Wait(estimate.position, estimate.p50.seconds, estimate.p90.seconds)


def _attributes(request: ContactRequest) -> dict[str, str | float]:
    """What routing plans may ask for; nothing personal."""
    handoff = request.handoff
    return {
        "intent": handoff.intent,
        "reason": handoff.reason,
        "verification_level": handoff.verification_level,
        "sentiment": handoff.sentiment,
        "from_channel": request.channel,
    }


def _to_handoff(request: ContactRequest, tenant: Tenant) -> contact_pb2.Handoff:
    handoff = request.handoff
    message = contact_pb2.Handoff(
        reason=handoff.reason,
        intent=handoff.intent,
        summary=handoff.summary,
        verification_level=handoff.verification_level,
        sentiment=handoff.sentiment,
        conversation=tenant.of("conversations", request.conversation),
    )
    json_format.ParseDict(dict(handoff.slots), message.slots)
    return message


def _seconds(seconds: float) -> Duration:
    duration = Duration()
    duration.FromMilliseconds(round(seconds * 1000))
    return duration
