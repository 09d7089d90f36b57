"""Callers as the router's contacts, and its commands as what calls understand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from google.protobuf import json_format
from google.protobuf.duration_pb2 import Duration
from switchyard.router.v1 import contact_pb2
from switchyard.router.v1 import contact_service_pb2 as pb
from switchyard_platform.names import Names

from switchyard_phone.service.routing import Offer, Place, Wanted

_LEVELS = ("anonymous", "identified", "verified")
_MOST_PRIORITY = 10
_MOST_CHARS = 2000
_CONNECT_SECONDS = 18.0  # the router gives an accepted offer 20 s
_LEAST_SECONDS = 1.0

REFUSED: Mapping[str, str] = {"QUEUE_FULL": "queue_full", "QUEUE_CLOSED": "queue_closed"}
"""The bot's word for why a contact was not taken."""


@dataclass(frozen=True, slots=True)
class Queues:
    """Queue ids by what the bot understood or why a person is wanted; `default` takes the rest."""

    default: str
    by_need: Mapping[str, str] = field(default_factory=dict)

    def of(self, wanted: Wanted) -> str:
        """The queue that was named, else by intent, else by reason, else the default."""
        if wanted.queue:
            return wanted.queue
        intent = str(wanted.notice.get("intent") or "")
        return self.by_need.get(intent) or self.by_need.get(wanted.reason) or self.default


def to_contact(
    wanted: Wanted, external_id: str, queue: str, names: Names, waited_seconds: float = 0.0
) -> contact_pb2.Contact:
    """The caller as a contact of channel VOICE."""
    notice = wanted.notice
    contact = contact_pb2.Contact(
        external_id=external_id,
        channel=contact_pb2.VOICE,
        queue=names.of("queues", queue),
        priority=round(_number(notice, "priority", _MOST_PRIORITY)),
        customer=_text(notice, "customer"),
        language=wanted.language,
        caller=wanted.caller,
        handoff=_handoff(wanted, names),
    )
    if waited_seconds:
        contact.age_credit.CopyFrom(_duration(waited_seconds))
    contact.attributes.update(
        {
            "intent": contact.handoff.intent,
            "reason": wanted.reason,
            "verification_level": contact.handoff.verification_level,
            "sentiment": contact.handoff.sentiment,
            "from_channel": "phone",
        }
    )
    return contact


def to_offer(command: pb.Bridge | pb.Ring, due: datetime | None, now: datetime) -> Offer:
    """An agent to be joined; `due` is when the command is too late."""
    seconds = _CONNECT_SECONDS if due is None else (due - now).total_seconds()
    return Offer(
        id=command.offer,
        agent=command.agent,
        fence=command.fence,
        target=command.endpoint,
        seconds=max(_LEAST_SECONDS, min(_CONNECT_SECONDS, seconds)),
    )


def to_leg(offer: Offer) -> pb.Bridge:
    """The agent's leg as events name it."""
    return pb.Bridge(offer=offer.id, agent=offer.agent, fence=offer.fence)


def to_place(wait: contact_pb2.WaitEstimate) -> Place | None:
    """Where the caller stands: a time only if the router is confident, and then a careful one."""
    if not wait.position:
        return None
    return Place(wait.position, wait.p90.ToSeconds() if wait.confident else 0.0)


def _handoff(wanted: Wanted, names: Names) -> contact_pb2.Handoff:
    notice = wanted.notice
    level = _text(notice, "verification_level")
    message = contact_pb2.Handoff(
        reason=wanted.reason,
        intent=_text(notice, "intent"),
        summary=_text(notice, "summary"),
        verification_level=level if level in _LEVELS else _LEVELS[0],
        sentiment=_number(notice, "sentiment", 1.0),
        conversation=names.of("conversations", wanted.conversation),
    )
    slots = notice.get("slots")
    if isinstance(slots, dict):
        json_format.ParseDict(slots, message.slots)
    return message


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value[:_MOST_CHARS] if isinstance(value, str) else ""


def _number(fields: Mapping[str, object], name: str, most: float) -> float:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return max(-most, min(most, float(value)))


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromMilliseconds(round(seconds * 1000))
    return duration
