"""Reads the bot's answer. Whatever is odd in it becomes harmless; what is no answer is refused."""

from collections.abc import Mapping
from typing import Any

import orjson
from switchyard_common.bot_answer import facts_of, level_of, name_in, number_in, text_in
from switchyard_common.bot_events import Survey

from switchyard_gateway.domain.errors import BotFailed
from switchyard_gateway.domain.handoff import Handoff
from switchyard_gateway.domain.text import MAX_CHARS
from switchyard_gateway.service.bot import Reply, Said

_LANGUAGES = ("zh", "en")
_MOST_MESSAGES = 20
_MOST_CHOICES = 12
_CHOICE_CHARS = 80
_NAME_CHARS = 64
_MOST_CSAT = 5


def to_reply(content: bytes) -> Reply:
    """The answer in a body; BotFailed (bad_answer) if there is none in it."""
    try:
        body = orjson.loads(content)
        messages = [dict(message) for message in body["messages"][:_MOST_MESSAGES]]
        turn = dict(body.get("turn") or {})
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BotFailed("bad_answer") from error
    notices = [notice for message in messages if (notice := _notice(message))]
    language = turn.get("language")
    return Reply(
        says=_says(messages, turn.get("confidential")),
        handoff=_first(notices, "handover", _handoff),
        language=language if language in _LANGUAGES else "",
        facts=facts_of(turn, failed=body.get("failed") is True),
        survey=_first(notices, "survey", _survey),
    )


def _says(messages: list[dict[str, Any]], confidential: object) -> tuple[Said, ...]:
    """What is shown; `confidential` are places among the texts, from 0."""
    hushed = confidential if isinstance(confidential, list) else []
    shown = [message for message in messages if message.get("text")]
    return tuple(
        Said(str(message["text"])[:MAX_CHARS], _choices(message.get("buttons")), place in hushed)
        for place, message in enumerate(shown)
    )


def _notice(message: Mapping[str, Any]) -> dict[str, object]:
    match message.get("custom"):
        case {"switchyard": {"type": str()} as fields}:
            return dict(fields)
    return {}


def _first[T](notices: list[dict[str, object]], kind: str, read: Any) -> T | None:
    return next((read(notice) for notice in notices if notice["type"] == kind), None)


def _choices(buttons: object) -> tuple[str, ...]:
    if not isinstance(buttons, list):
        return ()
    titles = [text_in(each, "title").strip() for each in buttons if isinstance(each, dict)]
    return tuple(title[:_CHOICE_CHARS] for title in titles if title)[:_MOST_CHOICES]


def _handoff(fields: Mapping[str, object]) -> Handoff:
    slots = fields.get("slots")
    return Handoff(
        reason=name_in(fields, "reason") or "asked",
        intent=name_in(fields, "intent"),
        summary=text_in(fields, "summary")[:MAX_CHARS],
        slots=slots if isinstance(slots, dict) else {},
        verification_level=level_of(fields.get("verification_level"), "anonymous"),
        customer=text_in(fields, "customer"),
        queue=name_in(fields, "queue"),
        sentiment=number_in(fields, "sentiment", -1.0, 1.0),
        priority=round(number_in(fields, "priority", -10, 10)),
    )


def _survey(fields: Mapping[str, object]) -> Survey:
    resolved = fields.get("resolved")
    answers = {True: "YES", False: "NO"}
    if isinstance(resolved, str):
        said = resolved.upper()
        resolved_text = said if said in ("YES", "NO") else ""
    else:
        resolved_text = answers.get(resolved, "") if isinstance(resolved, bool) else ""
    return Survey(
        csat=round(number_in(fields, "csat", 0, _MOST_CSAT)),
        resolved=resolved_text,
        agent=text_in(fields, "agent").rpartition("/")[2][:_NAME_CHARS],
    )
