"""What requests must hold before anything is stored; a refusal names the field and the fix."""

from google.protobuf.duration_pb2 import Duration
from switchyard.router.v1 import contact_pb2, contact_service_pb2, plan_pb2
from switchyard_common.errors import DomainError, ErrorKind

from switchyard_router.domain.names import bad_field
from switchyard_router.domain.skills import HIGHEST_LEVEL

_MOST_EXTERNAL_ID = 256
_MOST_ATTRIBUTES_BYTES = 16 * 1024
_MOST_HANDOFF_BYTES = 16 * 1024
_MOST_PRIORITY = 10
_MOST_NEEDS = 20
_MOST_TEXT = 256
_MOST_SKILL = 128
_MOST_WEIGHT = 3_600
_LONGEST_SECONDS = 7 * 24 * 3600


def check_new_contact(contact: contact_pb2.Contact) -> None:
    """Raise INVALID or UNIMPLEMENTED for a contact that cannot be queued as described."""
    if not 1 <= len(contact.external_id) <= _MOST_EXTERNAL_ID:
        raise bad_field(
            "contact.external_id",
            f"give the platform's own id, 1 to {_MOST_EXTERNAL_ID} characters",
        )
    check_described(contact)


def check_described(contact: contact_pb2.Contact) -> None:
    """Raise INVALID for a contact that nobody could be found for as described."""
    _check_size(contact)
    if contact.channel not in contact_pb2.Channel.values() or not contact.channel:
        raise bad_field("contact.channel", "give one of VOICE, CHAT, EMAIL, CALLBACK, TASK, VIDEO")
    if abs(contact.priority) > _MOST_PRIORITY:
        raise bad_field("contact.priority", f"give {-_MOST_PRIORITY} to {_MOST_PRIORITY}")
    check_duration(contact.age_credit, "contact.age_credit")
    check_duration(contact.preferred_agent_wait, "contact.preferred_agent_wait")
    if contact.channel == contact_pb2.CALLBACK and not contact.caller:
        raise bad_field("contact.caller", "give the number to call")
    if contact.callback.not_before.seconds < 0:
        raise bad_field("contact.callback.not_before", "must not be before 1970")
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
    if not 1 <= len(requirement.skill) <= _MOST_SKILL:
        raise bad_field(f"{path}.skill", f"name a skill, 1 to {_MOST_SKILL} characters")
    for name in ("min_level", "max_level"):
        if not 0 <= getattr(requirement, name) <= HIGHEST_LEVEL:
            raise bad_field(f"{path}.{name}", f"levels are 1 to {HIGHEST_LEVEL}; 0 is no limit")
    if not 0 <= requirement.weight <= _MOST_WEIGHT:
        raise bad_field(f"{path}.weight", f"give 0 to {_MOST_WEIGHT} seconds per level")
    if requirement.max_level and requirement.max_level < requirement.min_level:
        raise bad_field(f"{path}.max_level", "must not be below min_level")


def not_built(field: str, more: str = "leave it empty") -> DomainError:
    """A field of the contract that has no effect yet is refused rather than ignored."""
    return DomainError(
        kind=ErrorKind.UNIMPLEMENTED,
        reason="NOT_BUILT",
        message=f"{field} is part of the contract but not built yet; {more}",
        metadata={"field": field},
    )
