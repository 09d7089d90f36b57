"""Conversations, messages and whispers as Redis keeps them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from switchyard_gateway.domain.conversation import (
    Changed,
    Conversation,
    ConversationId,
    Draft,
    Entry,
    EntryId,
    Live,
    Message,
    Profile,
    Role,
    State,
    Typing,
    Wait,
)
from switchyard_gateway.domain.handoff import Handoff, HandOver

type Fields = dict[str, str]
type RawEntry = tuple[str, Mapping[str, str]]


def pairs(flat: list[str]) -> Fields:
    """A script's flat list of names and values as a mapping."""
    return dict(zip(flat[::2], flat[1::2], strict=True))


def to_fields(conversation: Conversation) -> Fields:
    """The fields that a step may change; version, times, wait and turns are the scripts'."""
    return {
        "channel": conversation.channel,
        "language": conversation.language,
        "state": conversation.state,
        "profile": orjson.dumps(conversation.profile).decode(),
        "handover": orjson.dumps(conversation.handover).decode(),
        "bot_paused": "1" if conversation.bot_paused else "",
        "ended_by_request": conversation.ended_by_request,
        "token_hash": conversation.token_hash,
    }


def to_conversation(conversation_id: ConversationId, fields: Mapping[str, str]) -> Conversation:
    """The conversation in a hash."""
    return Conversation(
        id=conversation_id,
        channel=fields["channel"],
        language=fields["language"],
        state=State(fields["state"]),
        version=int(fields["version"]),
        created=_time(fields["created_ms"]),
        updated=_time(fields["updated_ms"]),
        profile=Profile(**orjson.loads(fields["profile"])),
        handover=_to_handover(orjson.loads(fields["handover"])),
        bot_paused=bool(fields["bot_paused"]),
        ended_by_request=fields["ended_by_request"],
        token_hash=fields["token_hash"],
        wait=Wait(**orjson.loads(fields["wait"])) if fields.get("wait") else None,
    )


def to_changed(conversation: Conversation) -> Fields:
    """What watchers see of a change."""
    handover = conversation.handover
    return {
        "state": conversation.state,
        "language": conversation.language,
        "contact": conversation.contact,
        "agent": conversation.agent,
        "agent_display": handover.agent_display if handover else "",
    }


def to_message_fields(draft: Draft) -> Fields:
    """A message on its way into the log."""
    return {
        "role": draft.role,
        "message_id": draft.message_id,
        "text": draft.text,
        "agent": draft.agent,
        "notice": draft.notice,
    }


def to_entry(raw: RawEntry) -> Entry:
    """An entry of the log."""
    position, fields = raw
    if fields["kind"] == "message":
        return to_message(raw)
    return Changed(
        id=EntryId(position),
        state=State(fields["state"]),
        language=fields["language"],
        contact=fields["contact"],
        agent=fields["agent"],
        agent_display=fields["agent_display"],
    )


def to_message(raw: RawEntry) -> Message:
    """A message of the log; its time is in its position."""
    position, fields = raw
    return Message(
        id=EntryId(position),
        message_id=fields["message_id"],
        role=Role(fields["role"]),
        text=fields["text"],
        time=_time(position.split("-")[0]),
        agent=fields["agent"],
        notice=fields["notice"],
    )


def to_whisper(live: Live) -> str:
    """What the bell carries besides its ring; empty for entries, which watchers read themselves."""
    if isinstance(live, Typing | Wait):
        return orjson.dumps({type(live).__name__: live}).decode()
    return ""


def from_whisper(payload: str) -> Typing | Wait | None:
    """What the bell carried, if anything."""
    match orjson.loads(payload) if payload else {}:
        case {"Typing": {"role": role}}:
            return Typing(Role(role))
        case {"Wait": wait}:
            return Wait(**wait)
    return None


def _to_handover(value: dict[str, Any] | None) -> HandOver | None:
    if value is None:
        return None
    since = datetime.fromisoformat(value["since"])
    return HandOver(**{**value, "since": since, "handoff": Handoff(**value["handoff"])})


def _time(milliseconds: str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
