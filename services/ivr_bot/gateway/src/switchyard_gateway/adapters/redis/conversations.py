"""Conversations, their messages and the bot's turns in Redis."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

import orjson
from redis.asyncio import Redis

from switchyard_gateway.adapters.redis import codec
from switchyard_gateway.adapters.redis.keys import BELL, conversation_key, hushed_key, log_key
from switchyard_gateway.adapters.redis.scripts import Scripts, store_errors
from switchyard_gateway.domain.conversation import (
    Conversation,
    ConversationId,
    Draft,
    Entry,
    EntryId,
    Live,
    Message,
    Role,
    State,
    Wait,
)
from switchyard_gateway.domain.errors import (
    ConversationUnknown,
    NotTheAgent,
    RateLimited,
    WrongState,
)
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.service.store import Busy, Finished, Opening, Posted, RateLimit, Turn


class RedisConversations:
    """The ports Conversations and Transcript."""

    def __init__(self, redis: Redis, scripts: Scripts) -> None:
        self._redis = redis
        self._scripts = scripts

    async def open(self, opening: Opening) -> Conversation:
        """Create it, or return the one that has this id already."""
        fields = {
            "channel": opening.channel,
            "language": opening.language,
            "state": State.WITH_BOT,
            "profile": "{}",
            "handover": "null",
            "bot_paused": "",
            "ended_by_request": "",
            "token_hash": opening.token_hash,
            "identifiers": orjson.dumps(opening.identifiers).decode(),
        }
        first = codec.from_occasion(opening.occasion) if opening.occasion else ""
        answer = await self._scripts.run("open", opening.id, orjson.dumps(fields).decode(), first)
        return codec.to_conversation(opening.id, codec.pairs(answer[1]))

    async def load(self, conversation_id: ConversationId) -> Conversation:
        """Read it; ConversationUnknown."""
        async with store_errors():
            found = await self._redis.hgetall(conversation_key(conversation_id))
        fields = cast("dict[str, str]", found)  # the client decodes, its types do not know
        if not fields:
            raise ConversationUnknown
        return codec.to_conversation(conversation_id, fields)

    async def commit(self, before: Conversation, step: Step) -> Conversation | None:
        """Make the step if the version is still `before`'s; None if it is not."""
        change = {"version": str(before.version), **change_of(before, step)}
        answer = await self._scripts.run("commit", before.id, orjson.dumps(change).decode())
        return committed(before.id, answer)

    async def post(
        self, conversation_id: ConversationId, draft: Draft, limit: RateLimit | None
    ) -> Posted:
        """Append a message, if its writer may write now."""
        answer = await self._scripts.run(
            "post",
            conversation_id,
            orjson.dumps(codec.to_message_fields(draft)).decode(),
            round(limit.interval_seconds * 1000) if limit else 0,
            limit.burst if limit else 0,
        )
        match answer:
            case ["UNKNOWN"]:
                raise ConversationUnknown
            case ["WRONG_STATE", state]:
                raise WrongState(state, State.WITH_AGENT if draft.role is Role.AGENT else "open")
            case ["NOT_THE_AGENT"]:
                raise NotTheAgent
            case ["RATE_LIMITED", milliseconds]:
                raise RateLimited(int(milliseconds) / 1000)
        return Posted(
            codec.to_message(_entry(answer[1])),
            repeated=answer[0] == "REPEATED",
            waiting=answer[0] == "OK" and answer[2] == State.WAITING_FOR_AGENT,
        )

    async def read(
        self, conversation_id: ConversationId, after: EntryId, limit: int
    ) -> tuple[Entry, ...]:
        """Up to `limit` entries after a position, oldest first."""
        start = f"({after}" if after else "-"
        async with store_errors():
            found = await self._redis.xrange(log_key(conversation_id), start, "+", count=limit)
        return tuple(codec.to_entry(raw) for raw in cast("list[codec.RawEntry]", found))

    async def whole(self, conversation_id: ConversationId, message: Message) -> Message:
        """A confidential message of the bot with its text, as long as that is kept."""
        if not message.confidential:
            return message
        async with store_errors():
            found = self._redis.hget(hushed_key(conversation_id), message.id)
            text = await cast("Awaitable[str | None]", found)
        return message if text is None else replace(message, text=text)


class RedisTurns:
    """The port Turns."""

    def __init__(self, scripts: Scripts, new_id: Callable[[], str]) -> None:
        self._scripts = scripts
        self._new_id = new_id

    async def claim(
        self, conversation_id: ConversationId, lease_seconds: float
    ) -> Turn | Busy | None:
        """The oldest turn, for as long as the lease."""
        turn_id = self._new_id()
        answer = await self._scripts.run(
            "claim_turn", conversation_id, turn_id, round(lease_seconds * 1000)
        )
        match answer:
            case ["TURN", raw, fields]:
                message = codec.to_message(_entry(raw))
                conversation = codec.to_conversation(conversation_id, codec.pairs(fields))
                return Turn(turn_id, conversation, message)
            case ["OCCASION", text, fields]:
                conversation = codec.to_conversation(conversation_id, codec.pairs(fields))
                return Turn(turn_id, conversation, occasion=codec.to_occasion(text))
            case ["BUSY", milliseconds]:
                return Busy(int(milliseconds) / 1000)
        return None

    async def renew(self, turn: Turn, lease_seconds: float) -> bool:
        """Keep the turn for that long from now on; False if it was taken away."""
        lease_ms = round(lease_seconds * 1000)
        answer = await self._scripts.run("renew_turn", turn.conversation.id, turn.id, lease_ms)
        return bool(answer[0] == "OK")

    async def finish(self, turn: Turn, step: Step) -> Finished | None:
        """End the turn with a step, if the turn still holds."""
        change = {"turn": turn.id, **change_of(turn.conversation, step)}
        answer = await self._scripts.run(
            "commit", turn.conversation.id, orjson.dumps(change).decode()
        )
        after = committed(turn.conversation.id, answer)
        return Finished(after, more=bool(answer[2])) if after else None


class RedisWhispers:
    """The port Whispers."""

    def __init__(self, redis: Redis, scripts: Scripts) -> None:
        self._redis = redis
        self._scripts = scripts

    async def whisper(self, conversation_id: ConversationId, live: Live) -> None:
        """Tell the watchers; an estimate is kept for who comes back."""
        payload = codec.to_whisper(live)
        if isinstance(live, Wait):
            stored = orjson.dumps(live).decode()
            await self._scripts.run("show_wait", conversation_id, stored, payload)
            return
        async with store_errors():
            await self._redis.publish(BELL, f"{conversation_id} {payload}")


def change_of(before: Conversation, step: Step) -> dict[str, Any]:
    """What a step changes, for commit.lua."""
    old, new = codec.to_fields(before), codec.to_fields(step.after)
    fields = {name: value for name, value in new.items() if value != old[name]}
    change: dict[str, Any] = {
        "fields": fields,
        "says": [codec.to_message_fields(draft) for draft in step.says],
        "occasions": [codec.from_occasion(occasion) for occasion in step.occasions],
        "events": [codec.to_event_fields(event) for event in step.events],
    }
    if step.if_still_quiet:
        change["said"] = str(before.said)
    changed = codec.to_changed(step.after)
    if changed != codec.to_changed(before):
        change["changed"] = changed
    return change


def committed(conversation_id: ConversationId, answer: list[Any]) -> Conversation | None:
    """The conversation after commit.lua; None when its condition did not hold."""
    if answer[0] == "UNKNOWN":
        raise ConversationUnknown
    if answer[0] != "OK":
        return None
    return codec.to_conversation(conversation_id, codec.pairs(answer[1]))


def _entry(raw: list[Any]) -> codec.RawEntry:
    return raw[0], codec.pairs(raw[1])
