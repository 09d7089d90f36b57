"""Conversations, messages and whispers as Redis keeps them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from switchyard_common.bot_events import Event, Tally

from switchyard_gateway.domain.conversation import (
    Attachment,
    Changed,
    Conversation,
    ConversationId,
    Draft,
    Entry,
    EntryId,
    Happening,
    Identifier,
    Live,
    Message,
    Occasion,
    Profile,
    Role,
    State,
    Typing,
    Wait,
)
from switchyard_gateway.domain.handoff import Handoff, HandOver
from switchyard_gateway.domain.secrecy import Secrecy

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
        "offered": orjson.dumps(conversation.offered).decode(),
        "tally": orjson.dumps(conversation.tally).decode(),
        "reminders": str(conversation.reminders),
        "secrecy": conversation.secrecy,
        "past_contact": conversation.past_contact,
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
        identifiers=tuple(
            Identifier(**each) for each in orjson.loads(fields.get("identifiers") or "[]")
        ),
        offered=tuple(orjson.loads(fields.get("offered") or "[]")),
        tally=_to_tally(orjson.loads(fields.get("tally") or "{}")),
        reminders=int(fields.get("reminders") or 0),
        said=int(fields.get("said") or 0),
        first=_time(fields["first_ms"]) if fields.get("first_ms") else None,
        active=_time(fields["active_ms"]) if fields.get("active_ms") else None,
        secrecy=Secrecy(fields.get("secrecy", "")),
        past_contact=fields.get("past_contact", ""),
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


def to_message_fields(draft: Draft) -> dict[str, Any]:
    """A message on its way into the log; `kept` is what the log keeps of it, by Secrecy."""
    kept = {secrecy.value: draft.kept(secrecy) for secrecy in Secrecy}
    return {
        "role": draft.role,
        "message_id": draft.message_id,
        "text": draft.text,
        "kept": kept if set(kept.values()) != {draft.text} else None,
        "agent": draft.agent,
        "notice": draft.notice,
        "extras": _extras(draft),
    }


def from_occasion(occasion: Occasion) -> str:
    """An occasion on its way into the turns."""
    return orjson.dumps(occasion).decode()


def to_occasion(text: str) -> Occasion:
    """An occasion of the turns."""
    value = orjson.loads(text)
    return Occasion(value["id"], Happening(value["what"]), value["facts"])


def to_event_fields(event: Event) -> Fields:
    """An event on its way to the stream; its data stays as it is here."""
    since = event.since
    return {
        "type": event.type,
        "data": orjson.dumps(event.data).decode(),
        "measures": event.measures,
        "since_ms": str(milliseconds(since)) if since else "",
    }


def milliseconds(moment: datetime) -> int:
    """Since 1970."""
    return round(moment.timestamp() * 1000)


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
        number=int(fields.get("number") or 0),
        **_to_extras(fields.get("extras", "")),
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


def _extras(draft: Draft) -> str:
    """What few messages have, as JSON; empty for the others, which are most."""
    if not draft.choices and not draft.attachments and not draft.confidential:
        return ""
    extras = {
        "choices": draft.choices,
        "attachments": draft.attachments,
        "confidential": draft.confidential,
    }
    return orjson.dumps(extras).decode()


def _to_extras(text: str) -> dict[str, Any]:
    if not text:
        return {}
    extras = orjson.loads(text)
    return {
        "choices": tuple(extras["choices"]),
        "attachments": tuple(Attachment(**each) for each in extras["attachments"]),
        "confidential": extras.get("confidential", False),
    }


def _to_tally(value: dict[str, Any]) -> Tally:
    return Tally(**{**value, "flows": tuple(value.get("flows", ()))})


def _to_handover(value: dict[str, Any] | None) -> HandOver | None:
    if value is None:
        return None
    times = {
        name: datetime.fromisoformat(value[name]) for name in ("since", "told") if value.get(name)
    }
    return HandOver(**{**value, **times, "handoff": Handoff(**value["handoff"])})


def _time(milliseconds: str) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
