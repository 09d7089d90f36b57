"""What a dialplan writes behind the question mark, as messages."""

import re
from collections.abc import Mapping

from switchyard.router.v1 import contact_pb2, plan_pb2

from switchyard_router.domain.names import Tenant, bad_field
from switchyard_router.entrypoints.fastagi.channel import AgiRequest

INT64 = 2**63 - 1
_CONTACT = frozenset({"queue", "language", "priority", "customer", "caller", "skills", "pbx"})
_ATTRIBUTE = "attr."
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_NO_CALLER = ("", "unknown")


def only(parameters: Mapping[str, str], *allowed: str) -> None:
    """INVALID for a parameter that the script does not take."""
    for name in parameters:
        if name not in allowed:
            raise bad_field(name, f"no such parameter; there are {', '.join(sorted(allowed))}")


def contact_parameters(parameters: Mapping[str, str], *more: str) -> None:
    """INVALID for a parameter that neither a contact nor the script takes."""
    only({name: "" for name in parameters if not name.startswith(_ATTRIBUTE)}, *_CONTACT, *more)


def contact_of(request: AgiRequest, tenant: Tenant) -> contact_pb2.Contact:
    """The call as a contact: the channel's unique id is its external id.

    `call` takes the place of the unique id; `pbx` stands before it where several Asterisks give out
    the same ones; skills are written `billing:3,english`; `attr.NAME` are attributes.
    """
    given = request.parameters
    caller = given.get("caller", request.channel.get("callerid", ""))
    contact = contact_pb2.Contact(
        external_id=given.get("call")
        or "/".join(filter(None, (given.get("pbx"), unique_id(request)))),
        channel=contact_pb2.VOICE,
        queue=full_name(tenant, "queues", given.get("queue", "")),
        language=given.get("language", ""),
        priority=number(given, "priority"),
        customer=full_name(tenant, "customers", given.get("customer", "")),
        caller="" if caller in _NO_CALLER else caller,
        skills=_skills(given.get("skills", "")),
    )
    for name, value in given.items():
        if name.startswith(_ATTRIBUTE):
            contact.attributes[name.removeprefix(_ATTRIBUTE)] = value
    return contact


def unique_id(request: AgiRequest) -> str:
    """Asterisk's id of the channel."""
    found = request.channel.get("uniqueid", "")
    if not found:
        raise bad_field("agi_uniqueid", "Asterisk must name the channel")
    return found


def full_name(tenant: Tenant, collection: str, given: str) -> str:
    """The name of a resource given by name or by id; empty for nothing."""
    return given if not given or "/" in given else tenant.of(collection, given)


def number(parameters: Mapping[str, str], name: str, most: int = 2**31 - 1) -> int:
    """A whole number up to `most` either way; 0 if it is not given."""
    text = parameters.get(name) or "0"
    if not _WHOLE.fullmatch(text) or abs(int(text)) > most:
        raise bad_field(name, "give a whole number")
    return int(text)


def _skills(text: str) -> list[plan_pb2.SkillRequirement]:
    skills = []
    for part in filter(None, text.split(",")):
        name, _, level = part.partition(":")
        skills.append(
            plan_pb2.SkillRequirement(skill=name, min_level=number({"skills": level}, "skills"))
        )
    return skills
