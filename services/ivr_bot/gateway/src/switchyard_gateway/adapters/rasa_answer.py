"""Reads the bot's answer. Whatever is odd in it becomes harmless; what is no answer is refused."""

from collections.abc import Mapping
from typing import Any

import orjson

from switchyard_gateway.domain.errors import BotFailed
from switchyard_gateway.domain.events import Survey, TurnFacts
from switchyard_gateway.domain.handoff import VERIFICATION_LEVELS, Handoff
from switchyard_gateway.domain.text import MAX_CHARS
from switchyard_gateway.service.bot import Reply, Said

_LANGUAGES = ("zh", "en")
_MOST_MESSAGES = 20
_MOST_CHOICES = 12
_CHOICE_CHARS = 80
_NAME_CHARS = 64
_MOST_FLOWS = 20
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
        facts=_facts(turn, failed=body.get("failed") is True),
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
    titles = [_text(each, "title").strip() for each in buttons if isinstance(each, dict)]
    return tuple(title[:_CHOICE_CHARS] for title in titles if title)[:_MOST_CHOICES]


def _facts(turn: Mapping[str, object], *, failed: bool) -> TurnFacts | None:
    if not turn:
        return None
    return TurnFacts(
        intent=_name(turn, "intent"),
        confidence=_number(turn, "confidence", 0.0, 1.0),
        level=_level(turn.get("level"), ""),
        flow=_name(turn, "flow"),
        step=_name(turn, "step"),
        outcome="error" if failed else _name(turn, "outcome"),
        sentiment=_number(turn, "sentiment", -1.0, 1.0),
        finished=_names(turn.get("finished"), _name(turn, "flow")),
        private=turn.get("private") is not False,
        asks_secret=turn.get("asks_secret") is True,
    )


def _names(value: object, flow: str) -> tuple[str, ...]:
    """Flows by name; a mere yes means the one that the turn was in."""
    if value is True:
        return (flow,) if flow else ()
    if isinstance(value, str):
        return (value[:_NAME_CHARS],) if value else ()
    if not isinstance(value, list):
        return ()
    return tuple(each[:_NAME_CHARS] for each in value if isinstance(each, str))[:_MOST_FLOWS]


def _handoff(fields: Mapping[str, object]) -> Handoff:
    slots = fields.get("slots")
    return Handoff(
        reason=_name(fields, "reason") or "asked",
        intent=_name(fields, "intent"),
        summary=_text(fields, "summary")[:MAX_CHARS],
        slots=slots if isinstance(slots, dict) else {},
        verification_level=_level(fields.get("verification_level"), "anonymous"),
        customer=_text(fields, "customer"),
        queue=_name(fields, "queue"),
        sentiment=_number(fields, "sentiment", -1.0, 1.0),
        priority=round(_number(fields, "priority", -10, 10)),
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
        csat=round(_number(fields, "csat", 0, _MOST_CSAT)),
        resolved=resolved_text,
        agent=_text(fields, "agent").rpartition("/")[2][:_NAME_CHARS],
    )


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _name(fields: Mapping[str, object], name: str) -> str:
    return _text(fields, name)[:_NAME_CHARS]


def _level(value: object, otherwise: str) -> str:
    return value if isinstance(value, str) and value in VERIFICATION_LEVELS else otherwise


def _number(fields: Mapping[str, object], name: str, least: float, most: float) -> float:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return max(least, min(most, float(value)))
