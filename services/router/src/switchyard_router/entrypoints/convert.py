"""Between the contract's messages and values."""

import hashlib

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from switchyard.router.v1 import agent_pb2, contact_pb2, contact_service_pb2, queue_pb2

from switchyard_router.domain.agents import AgentLive
from switchyard_router.domain.estimate import Estimate
from switchyard_router.domain.names import Tenant, bad_field
from switchyard_router.domain.records import ConfigRecord, ContactRecord, OfferRecord, Request
from switchyard_router.domain.states import WITH_AGENT
from switchyard_router.service.figures import SERVICE_LEVEL_FORMULA, QueueFigures

_MOST_REQUEST_ID = 128


def request_of(message: Message, request_id: str) -> Request:
    """Idempotency key and digest of a request; the digest covers its type and all fields."""
    if not request_id:
        return Request()
    if len(request_id) > _MOST_REQUEST_ID:
        raise bad_field("request_id", f"at most {_MOST_REQUEST_ID} characters")
    digest = hashlib.sha256(message.DESCRIPTOR.full_name.encode())
    digest.update(message.SerializeToString(deterministic=True))
    return Request(request_id, digest.hexdigest())


def stamp(target: Timestamp, ms: int) -> None:
    """Set a timestamp; 0 leaves it absent."""
    if ms:
        target.FromMilliseconds(ms)


def etag(version: int) -> str:
    """The etag of a version."""
    return f"v{version}"


def version_of(tag: str, field: str = "etag") -> str:
    """The version in an etag; empty for an empty one."""
    if not tag:
        return ""
    if not (tag.startswith("v") and tag[1:].isdigit()):
        raise bad_field(
            field, "is not an etag of this router; leave it empty or use one that was read"
        )
    return tag[1:]


def agent_etag(config_version: int, live_version: int) -> str:
    """The etag of an agent, whose configuration and live state change on their own."""
    return f"v{config_version}.{live_version}"


def agent_versions_of(tag: str, field: str) -> tuple[str, str]:
    """Versions of configuration and live state in an agent's etag; empty for an empty one."""
    config, _, live = tag.removeprefix("v").partition(".")
    if tag and not (tag.startswith("v") and config.isdigit() and live.isdigit()):
        raise bad_field(field, "is not an agent's etag; leave it empty or use one that was read")
    return config, live


def contact_message(record: ContactRecord, tenant: Tenant) -> contact_pb2.Contact:
    """A contact: what the platform gave, and where it stands."""
    message = contact_pb2.Contact.FromString(record.detail)
    message.name = tenant.of("contacts", record.id)
    message.external_id = record.external_id
    message.queue = tenant.of("queues", record.queue)
    message.channel = contact_pb2.Channel.Value(record.channel)
    message.language = record.language
    message.customer = record.customer
    set_standing(
        message, tenant, record.state, record.agent, record.offer, record.fence, record.version
    )
    message.reason = record.reason
    _set_course(message, record, tenant)
    message.node = record.node
    stamp(message.create_time, record.create_ms)
    stamp(message.enqueue_time, record.enqueue_ms)
    stamp(message.state_time, record.state_ms)
    stamp(message.expire_time, record.expire_ms)
    return message


def set_standing(
    message: contact_pb2.Contact,
    tenant: Tenant,
    state: str,
    agent: str,
    offer: str,
    fence: int,
    version: int,
) -> None:
    """Where it stands, and with whom."""
    message.state = contact_pb2.ContactState.Value(state)
    with_agent = state in WITH_AGENT
    served = with_agent or state == "COMPLETED"
    message.assigned_agent = tenant.of("agents", agent) if served else ""
    offered = with_agent or state == "OFFERING"
    message.current_offer = tenant.of("offers", offer) if offered else ""
    message.fence = fence
    message.etag = etag(version)


def _set_course(message: contact_pb2.Contact, record: ContactRecord, tenant: Tenant) -> None:
    """What befell it on its way through plans and hands."""
    message.priority = record.priority
    message.routing_plan = tenant.of("routingPlans", record.plan)
    message.step = record.step
    stamp(message.step_time, record.step_ms)
    message.preferred_agent = tenant.of("agents", record.preferred_agent)
    del message.excluded_agents[:]
    message.excluded_agents.extend(tenant.of("agents", one) for one in record.excluded_agents)
    message.overtaken = record.overtaken
    message.traffic_arm = record.arm
    message.sent_to = record.sent_to
    message.parent_contact = tenant.of("contacts", record.parent)
    message.initial_contact = tenant.of("contacts", record.initial)
    message.previous_contact = tenant.of("contacts", record.previous)
    message.related_contact = tenant.of("contacts", record.related)
    message.ClearField("callback")
    if record.callback_number:
        message.callback.number = record.callback_number
        message.callback.attempts = record.attempts
        stamp(message.callback.not_before, record.hold_ms)


def is_news(event: contact_service_pb2.ContactEvent, version: int) -> bool:
    """Whether an event is newer than a version of its contact; commands and estimates are."""
    if event.WhichOneof("change") is not None:
        return True
    return int(version_of(event.contact.etag) or 0) > version


def context_message(record: ContactRecord, now_ms: int) -> contact_pb2.ContactContext:
    """What the agent should know: the CRM's context and what the bot passed on."""
    context = contact_pb2.ContactContext.FromString(record.context)
    handoff = contact_pb2.Contact.FromString(record.detail).handoff
    context.bot_slots.CopyFrom(handoff.slots)
    context.bot_summary = handoff.summary
    context.auth_level = handoff.verification_level
    context.conversation = handoff.conversation
    context.waited.FromMilliseconds(max(0, now_ms - record.enqueue_ms))
    return context


def offer_message(offer: OfferRecord, tenant: Tenant, now_ms: int) -> agent_pb2.Offer:
    """An offer, without its context."""
    message = agent_pb2.Offer(
        name=tenant.of("offers", offer.id),
        contact=tenant.of("contacts", offer.contact),
        agent=tenant.of("agents", offer.agent),
        state=agent_pb2.OfferState.Value(offer.state),
        fence=offer.fence,
        decision=tenant.of("decisions", offer.decision),
        channel=contact_pb2.Channel.Value(offer.channel),
        queue=tenant.of("queues", offer.queue),
    )
    stamp(message.create_time, offer.create_ms)
    stamp(message.expire_time, offer.expire_ms)
    if offer.state == "PENDING":
        message.time_left.FromMilliseconds(max(0, offer.expire_ms - now_ms))
    return message


def agent_message(
    config: ConfigRecord, live: AgentLive, tenant: Tenant, now_ms: int
) -> agent_pb2.Agent:
    """An agent: configuration and live state."""
    message = agent_pb2.Agent.FromString(config.data)
    message.name = tenant.of("agents", config.id)
    message.presence = agent_pb2.Presence.Value(live.presence)
    message.not_ready_reason = live.reason if live.presence == "NOT_READY" else ""
    if live.next_presence:
        message.next_presence = agent_pb2.Presence.Value(live.next_presence)
    for stage in live.held.values():
        message.channel_load[stage.split(":")[0]] += 1
    stamp(message.state_time, live.since_ms)
    message.session_epoch = live.epoch
    message.occupancy_1h = live.occupancy_at(now_ms)
    message.etag = agent_etag(config.version, live.seq)
    return message


def estimate_message(estimate: Estimate) -> contact_pb2.WaitEstimate:
    """A wait estimate."""
    message = contact_pb2.WaitEstimate(
        position=estimate.position, confident=estimate.confident, method=estimate.method
    )
    message.p50.FromMilliseconds(int(estimate.p50_seconds * 1000))
    message.p90.FromMilliseconds(int(estimate.p90_seconds * 1000))
    message.recent_abs_error.FromMilliseconds(int(estimate.recent_abs_error_seconds * 1000))
    return message


def figures_message(figures: QueueFigures, tenant: Tenant) -> queue_pb2.QueueStats:
    """Figures of a queue."""
    counts = figures.counts
    message = queue_pb2.QueueStats(
        queue=tenant.of("queues", figures.queue),
        waiting=figures.waiting,
        staffed=figures.staffed,
        available=figures.available,
        connected=figures.connected,
        service_level=figures.service_level,
        service_level_formula=SERVICE_LEVEL_FORMULA,
        new_arrival_wait=estimate_message(figures.new_arrival),
        offered=counts.offered,
        answered=counts.answered,
        abandoned=counts.abandoned,
    )
    message.longest_wait.FromMilliseconds(int(figures.longest_wait_seconds * 1000))
    message.average_speed_of_answer.FromMilliseconds(int(figures.answer_seconds * 1000))
    message.average_talk_time.FromMilliseconds(int(figures.talk_seconds * 1000))
    stamp(message.as_of, figures.as_of_ms)
    stamp(message.since, counts.since_ms)
    return message
