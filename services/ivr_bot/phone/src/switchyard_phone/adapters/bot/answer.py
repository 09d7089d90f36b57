"""Reads the bot's answer. What is odd in it becomes harmless; what is no answer is refused."""

from collections.abc import Mapping
from typing import Any

import orjson
from switchyard_common.bot_answer import facts_of
from switchyard_common.bot_events import TurnFacts

from switchyard_phone.domain.caller_events import Answered, Handover
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import OWN_KEYS
from switchyard_phone.service.dialogue import Reply

_MOST_MESSAGES = 20
_MOST_CHARS = 2000
_NAME_CHARS = 64
_FAREWELL = "goodbye"


class NoAnswer(ValueError):
    """There is no answer in the body."""


def read_reply(content: bytes) -> Reply:
    """The answer in a body; NoAnswer."""
    try:
        body = orjson.loads(content)
        messages = [dict(message) for message in body["messages"][:_MOST_MESSAGES]]
        turn = dict(body.get("turn") or {})
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise NoAnswer from error
    facts = facts_of(turn, failed=body.get("failed") is True) or TurnFacts()
    answered = Answered(
        says=tuple(str(each["text"])[:_MOST_CHARS] for each in messages if each.get("text")),
        choices=_choices(messages),
        step=facts.step,
        language=_language(turn.get("language")),
        handover=_handover(messages),
        farewell=facts.intent == _FAREWELL,
    )
    return Reply(answered, facts)


def _choices(messages: list[dict[str, Any]]) -> tuple[str, ...]:
    """Those of the last message that shows any: keys 1 and so on pick them."""
    for message in reversed(messages):
        buttons = message.get("buttons")
        if isinstance(buttons, list):
            titles = [_name(each, "title") for each in buttons if isinstance(each, dict)]
            return tuple(title for title in titles if title)[: len(OWN_KEYS)]
    return ()


def _handover(messages: list[dict[str, Any]]) -> Handover | None:
    for message in messages:
        match message.get("custom"):
            case {"switchyard": {"type": "handover"} as notice}:
                reason = _name(notice, "reason") or "asked"
                return Handover(reason, _name(notice, "queue"), dict(notice))
    return None


def _language(value: object) -> Language | None:
    return next((language for language in Language if language == value), None)


def _name(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value.strip()[:_NAME_CHARS] if isinstance(value, str) else ""
