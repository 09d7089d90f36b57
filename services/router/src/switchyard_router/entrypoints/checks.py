"""What requests must hold before anything is stored; a refusal names the field and the fix."""

from google.protobuf.duration_pb2 import Duration
from switchyard.router.v1 import agent_pb2, contact_pb2, contact_service_pb2, plan_pb2, queue_pb2
from switchyard_common.errors import DomainError, ErrorKind

from switchyard_router.domain.names import Tenant, bad_field
from switchyard_router.domain.policies import POLICIES
from switchyard_router.domain.skills import HIGHEST_LEVEL

_MOST_EXTERNAL_ID = 256
_MOST_ATTRIBUTES_BYTES = 16 * 1024
_MOST_HANDOFF_BYTES = 16 * 1024
_MOST_PRIORITY = 10
_MOST_STEPS = 20
_MOST_CAPACITY = 100
_QUEUE_DURATIONS = (
    "max_wait",
    "ring_timeout",
    "wrap_up",
    "service_level_target",
    "priority_credit",
    "connect_timeout",
    "max_handle_time",
)
_QUEUE_POSITIVE = ("max_wait", "ring_timeout", "connect_timeout", "max_handle_time")
_MOST_NEEDS = 20
_MOST_TEXT = 256
_REQUIREMENT_NOT_BUILT = ("weight", "preferred")
_CONTACT_NOT_BUILT = ("routing_plan", "preferred_agent", "preferred_agent_wait")
_STEP_NOT_BUILT = ("target", "skip_if", "order_by", "priority_delta")
_QUEUE_NOT_BUILT = ("no_agents", "arms", "opening_hours", "occupancy_cap")
_LONGEST_SECONDS = 7 * 24 * 3600


def check_new_contact(contact: contact_pb2.Contact) -> None:
    """Raise INVALID or UNIMPLEMENTED for a contact that cannot be queued as described."""
    _check_size(contact)
    if not 1 <= len(contact.external_id) <= _MOST_EXTERNAL_ID:
        raise bad_field(
            "contact.external_id",
            f"give the platform's own id, 1 to {_MOST_EXTERNAL_ID} characters",
        )
    if contact.channel not in contact_pb2.Channel.values() or not contact.channel:
        raise bad_field("contact.channel", "give one of VOICE, CHAT, EMAIL, CALLBACK, TASK, VIDEO")
    if abs(contact.priority) > _MOST_PRIORITY:
        raise bad_field("contact.priority", f"give {-_MOST_PRIORITY} to {_MOST_PRIORITY}")
    check_duration(contact.age_credit, "contact.age_credit")
    for field, _ in contact.ListFields():
        if field.name in _CONTACT_NOT_BUILT:
            raise not_built(f"contact.{field.name}")
    for index, requirement in enumerate(contact.skills):
        check_requirement(requirement, f"contact.skills[{index}]")


def _check_size(contact: contact_pb2.Contact) -> None:
    for name in ("caller", "language", "node", "customer"):
        if len(getattr(contact, name)) > _MOST_TEXT:
            raise bad_field(f"contact.{name}", f"at most {_MOST_TEXT} characters")
    if contact.attributes.ByteSize() > _MOST_ATTRIBUTES_BYTES:
        raise bad_field("contact.attributes", f"at most {_MOST_ATTRIBUTES_BYTES} bytes encoded")
    if contact.handoff.ByteSize() > _MOST_HANDOFF_BYTES:
        raise bad_field(
            "contact.handoff",
            f"at most {_MOST_HANDOFF_BYTES} bytes encoded; keep the transcript in the conversation",
        )
    if len(contact.skills) > _MOST_NEEDS:
        raise bad_field("contact.skills", f"at most {_MOST_NEEDS}")


def check_duration(duration: Duration, field: str) -> None:
    """Raise INVALID for a negative or absurdly long duration."""
    if duration.seconds < 0 or duration.nanos < 0 or duration.seconds > _LONGEST_SECONDS:
        raise bad_field(field, f"give 0 to {_LONGEST_SECONDS} seconds")


def check_complete(request: contact_service_pb2.CompleteContactRequest, path: str = "") -> None:
    """Raise UNIMPLEMENTED for measures of the result, which nothing keeps yet."""
    if request.HasField("outcome"):
        raise not_built(f"{path}outcome")


def check_requirement(requirement: plan_pb2.SkillRequirement, path: str) -> None:
    """Raise INVALID for a requirement that nobody could meet."""
    if not requirement.skill:
        raise bad_field(f"{path}.skill", "name a skill")
    for name in ("min_level", "max_level"):
        if not 0 <= getattr(requirement, name) <= HIGHEST_LEVEL:
            raise bad_field(f"{path}.{name}", f"levels are 1 to {HIGHEST_LEVEL}; 0 is no limit")
    for field, _ in requirement.ListFields():
        if field.name in _REQUIREMENT_NOT_BUILT:
            raise not_built(f"{path}.{field.name}")
    if requirement.max_level and requirement.max_level < requirement.min_level:
        raise bad_field(f"{path}.max_level", "must not be below min_level")


def check_queue(queue: queue_pb2.Queue, tenant: Tenant) -> None:
    """Raise INVALID or UNIMPLEMENTED for a queue that cannot be served as described."""
    _check_queue_durations(queue)
    for name in ("max_size", "rona_limit", "max_overtakes"):
        if getattr(queue, name) < 0:
            raise bad_field(f"queue.{name}", "must not be negative")
    if not 0 <= queue.service_level_goal <= 1:
        raise bad_field("queue.service_level_goal", "give a share, 0 to 1")
    tenant.parse("routingPlans", queue.routing_plan, "queue.routing_plan", required=False)
    if queue.policy and queue.policy not in POLICIES:
        raise not_built("queue.policy", f"policies built so far: {', '.join(POLICIES)}")
    for field, _ in queue.ListFields():
        if field.name in _QUEUE_NOT_BUILT:
            raise not_built(f"queue.{field.name}")


def _check_queue_durations(queue: queue_pb2.Queue) -> None:
    for name in _QUEUE_DURATIONS:
        check_duration(getattr(queue, name), f"queue.{name}")
    for field, value in queue.ListFields():
        if field.name in _QUEUE_POSITIVE and not value.ToMilliseconds():
            raise bad_field(f"queue.{field.name}", "give at least a millisecond, or leave it out")


def check_agent(agent: agent_pb2.Agent, tenant: Tenant) -> None:
    """Raise INVALID for an agent that cannot be stored."""
    for skill, level in agent.skills.items():
        if not 1 <= level <= HIGHEST_LEVEL:
            raise bad_field(f"agent.skills[{skill}]", f"levels are 1 to {HIGHEST_LEVEL}")
    for channel, capacity in agent.channel_capacity.items():
        if channel not in contact_pb2.Channel.keys() or channel == "CHANNEL_UNSPECIFIED":  # noqa: SIM118
            raise bad_field(f"agent.channel_capacity[{channel}]", "no such channel")
        if not 0 <= capacity <= _MOST_CAPACITY:
            raise bad_field(f"agent.channel_capacity[{channel}]", f"give 0 to {_MOST_CAPACITY}")
    if agent.capacity_units < 0:
        raise bad_field("agent.capacity_units", "must not be negative; 0 is no limit")
    for index, queue in enumerate(agent.queues):
        tenant.parse("queues", queue, f"agent.queues[{index}]")


def check_plan(plan: plan_pb2.RoutingPlan) -> None:
    """Raise INVALID or UNIMPLEMENTED for a plan that cannot be followed."""
    if not 1 <= len(plan.steps) <= _MOST_STEPS:
        raise bad_field("plan.steps", f"give 1 to {_MOST_STEPS} steps")
    if plan.HasField("overflow"):
        raise not_built("plan.overflow")
    for index, step in enumerate(plan.steps):
        path = f"plan.steps[{index}]"
        check_duration(step.expires_after, f"{path}.expires_after")
        for number, requirement in enumerate(step.skills):
            check_requirement(requirement, f"{path}.skills[{number}]")
        for field, _ in step.ListFields():
            if field.name in _STEP_NOT_BUILT:
                raise not_built(f"{path}.{field.name}")
        if step.max_parallel_offers > 1:
            raise not_built(f"{path}.max_parallel_offers")


def not_built(field: str, more: str = "leave it empty") -> DomainError:
    """A field of the contract that has no effect yet is refused rather than ignored."""
    return DomainError(
        kind=ErrorKind.UNIMPLEMENTED,
        reason="NOT_BUILT",
        message=f"{field} is part of the contract but not built yet; {more}",
        metadata={"field": field},
    )
