"""Where conversations are kept: Redis, or nowhere.

Rasa wraps its store so that a failing one is silently replaced by memory: a customer's conversation
would be forgotten, then split between two places. Here a failure is a failure: the channel answers
503, a metric counts it, and the gateway tries again.
"""

import json
from typing import Any

import redis
from rasa.core.agent import Agent
from rasa.core.tracker_store import RedisTrackerStore
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
    SESSION_START_METADATA_SLOT,
)
from rasa.shared.core.conversation import Dialogue
from rasa.shared.core.events import (
    ActionExecuted,
    ConversationPaused,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

_KEPT_MESSAGES = 1
_ANSWER_SECONDS = 2.0
_CONNECT_SECONDS = 1.0


class ConversationStore(RedisTrackerStore):
    """Rasa's Redis store with deadlines, bounded, and not read again before it is written.

    What a conversation has come to is in its slots; of its events only those of the last message
    are kept, so that every turn costs what the first one does (``newest``). Rasa reads the stored
    conversation again before it saves, to keep events of earlier sessions. A sender here is one
    chat, handled by one process, so that the events at hand are all there are.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Takes what Rasa hands to every store."""
        super().__init__(*arguments, **options)
        # Rasa offers no setting; without a deadline a Redis that hangs would hang the whole bot.
        deadlines = {
            "socket_timeout": _ANSWER_SECONDS,
            "socket_connect_timeout": _CONNECT_SECONDS,
        }
        self.red.connection_pool.connection_kwargs.update(deadlines)

    async def save(self, tracker: DialogueStateTracker, timeout: float | None = None) -> None:
        """Saves the conversation (see the parent class)."""
        await self.stream_events(tracker)
        kept = Dialogue(tracker.sender_id, newest(tracker)).as_dict()
        kept["events"] = [wordless(event) for event in kept["events"]]
        self.red.set(
            self.key_prefix + tracker.sender_id,
            json.dumps(kept),
            ex=timeout or self.record_exp,
        )


def newest(tracker: DialogueStateTracker) -> list[Event]:
    """The events since the last message, after a beginning that sets every slot as it is now.

    Read again they give the same slots, the same silence and the same place in the dialogue.
    """
    events = list(tracker.events)
    starts = [index for index, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(starts) <= _KEPT_MESSAGES:
        return events
    kept = events[starts[-_KEPT_MESSAGES] :]
    at = kept[0].timestamp
    beginning: list[Event] = [
        ActionExecuted(ACTION_SESSION_START_NAME, timestamp=at),
        SessionStarted(timestamp=at),
        *(SlotSet(name, slot.value, timestamp=at) for name, slot in tracker.slots.items()),
        ActionExecuted(ACTION_LISTEN_NAME, timestamp=at),
    ]
    if tracker.is_paused() and not any(isinstance(event, ConversationPaused) for event in kept):
        beginning.append(ConversationPaused(timestamp=at))
    return [*beginning, *kept]


def wordless(event: dict[str, Any]) -> dict[str, Any]:
    """A stored event without what was said: words may hold a PIN, a code, or a link that sets one.

    The dialogue goes by intents and slots; the words of earlier messages are read by nobody.
    """
    bare = {**event, "metadata": {}}
    if event["event"] == "bot":
        return {**bare, "text": "", "data": {}}
    if event["event"] == "user":
        understood = {"intent": event["parse_data"].get("intent", {}), "entities": [], "text": ""}
        return {**bare, "text": "", "parse_data": understood}
    if event["event"] == "slot" and event["name"] == SESSION_START_METADATA_SLOT:
        return {**bare, "value": None}  # Rasa's own copy of what came with the first message
    return bare


class WrongStore(Exception):
    """Rasa could not build the store that is configured, and took memory instead."""


def fail_openly(agent: Agent, in_redis: bool) -> None:
    """Takes Rasa's wrapper off: errors of the store reach whoever handles the message.

    Raises:
        WrongStore: see there.
    """
    inner = agent.tracker_store._tracker_store
    if in_redis and not isinstance(inner, ConversationStore):
        raise WrongStore(f"conversations would be kept in {type(inner).__name__}")
    agent.tracker_store = inner
    agent.processor.tracker_store = inner


def answers(agent: Agent) -> bool:
    """Whether conversations can be read and written now."""
    client = getattr(agent.tracker_store, "red", None)
    if client is None:
        return True  # in memory
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def caused(error: BaseException) -> bool:
    """Whether an error goes back to Redis."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, redis.RedisError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
