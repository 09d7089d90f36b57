"""The contract's messages to and from the gateway's values."""

from collections.abc import Sequence
from datetime import datetime

from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp
from switchyard.conversation.v1 import conversation_service_pb2 as pb

from switchyard_gateway.domain.conversation import (
    Attachment,
    Changed,
    Conversation,
    EntryId,
    Identifier,
    Message,
    Role,
    Typing,
)
from switchyard_gateway.domain.errors import bad_field
from switchyard_gateway.domain.names import Tenant

_KINDS = ("phone", "email", "handle")
_MOST_IDENTIFIERS = 8
_VALUE_CHARS = 256
_NAMESPACE_CHARS = 64


def to_conversation(conversation: Conversation, tenant: Tenant) -> pb.Conversation:
    """A conversation of the contract."""
    message = pb.Conversation(
        name=tenant.of("conversations", conversation.id),
        state=pb.ConversationState.Value(conversation.state),
        language=conversation.language,
        contact=conversation.contact,
        agent=conversation.agent,
        verification_level=conversation.profile.verification_level,
        create_time=_time(conversation.created),
        update_time=_time(conversation.updated),
        channel=conversation.channel,
        intent=conversation.profile.intent,
        sentiment=conversation.profile.sentiment,
        note=conversation.profile.note,
        identifiers=[
            pb.Identifier(kind=i.kind, value=i.value, namespace=i.namespace, proven=i.proven)
            for i in conversation.identifiers
        ],
    )
    json_format.ParseDict(dict(conversation.profile.slots), message.slots)
    return message


def to_message(message: Message) -> pb.Message:
    """A message of the contract."""
    return pb.Message(
        id=message.id,
        message_id=message.message_id,
        role=pb.Role.Value(message.role),
        text=message.text,
        time=_time(message.time),
        agent=message.agent,
        choices=message.choices,
        attachments=[to_attachment(each) for each in message.attachments],
        notice=message.notice,
    )


def to_attachment(attachment: Attachment) -> pb.Attachment:
    """A file of the contract, without its content."""
    return pb.Attachment(
        id=attachment.id,
        name=attachment.name,
        type=attachment.type,
        size_bytes=attachment.size_bytes,
    )


def to_identifiers(given: Sequence[pb.Identifier], field: str) -> tuple[Identifier, ...]:
    """What a channel knows of its customer; INVALID for what is none."""
    if len(given) > _MOST_IDENTIFIERS:
        raise bad_field(field, f"at most {_MOST_IDENTIFIERS}")
    for each in given:
        known = each.kind in _KINDS and 1 <= len(each.value) <= _VALUE_CHARS
        if not known or len(each.namespace) > _NAMESPACE_CHARS:
            raise bad_field(field, f"kind is one of {', '.join(_KINDS)}; value must be given")
    return tuple(Identifier(i.kind, i.value, i.namespace, i.proven) for i in given)


def to_change(newest: Conversation, changed: Changed, tenant: Tenant) -> pb.ConversationEvent:
    """The conversation with state, language, contact and agent as they were changed to.

    A watcher that catches up sees each change, in order, rather than the last one many times.
    """
    message = to_conversation(newest, tenant)
    message.state = pb.ConversationState.Value(changed.state)
    message.language = changed.language
    message.contact = changed.contact
    message.agent = changed.agent
    return pb.ConversationEvent(id=changed.id, conversation=message)


def to_typing(typing: Typing) -> pb.ConversationEvent:
    """Somebody writes."""
    return pb.ConversationEvent(typing=pb.Typing(role=pb.Role.Value(typing.role)))


def to_role(role: int, field: str) -> Role:
    """The role named; INVALID for none."""
    if role not in pb.Role.values() or role == pb.ROLE_UNSPECIFIED:
        raise bad_field(field, "must be given")
    return Role(pb.Role.Name(pb.Role.ValueType(role)))


def to_entry_id(value: str, field: str) -> EntryId:
    """A position in a log; INVALID for what is none."""
    parts = value.split("-")
    if value and not (len(parts) == 2 and all(part.isascii() and part.isdigit() for part in parts)):
        raise bad_field(field, "must be the id of an event or message, or empty")
    return EntryId(value)


def _time(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
