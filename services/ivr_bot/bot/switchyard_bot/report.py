"""What a turn came to, in words for metrics and events. Pure; holds no text of customers."""

from collections.abc import Mapping
from typing import Any

FALLBACK_INTENTS = ("nlu_fallback", "out_of_scope")
_FIELDS: Mapping[str, Any] = {
    "flow": "",
    "step": "",
    "level": "anonymous",
    "outcome": "",
    "sentiment": 0.0,
    "finished": [],
    "private": True,  # unless the engine says otherwise
    "asks_secret": False,
    "confidential": [],
}
Messages = list[dict[str, Any]]


def fold(messages: Messages, told: Mapping[str, Any]) -> tuple[Messages, dict[str, Any]]:
    """Takes the engine's notice of the turn out of the messages and into the turn.

    ``told`` is what the pipeline understood: intent, confidence, language. The engine's language
    rules, for it knows when the customer asked for another one.
    """
    report = {**told, **_FIELDS}
    kept = []
    for message in messages:
        notice = _notice(message)
        if notice.get("type") != "turn":
            kept.append(message)
            continue
        report.update({name: notice[name] for name in _FIELDS if name in notice})
        report["language"] = notice.get("language") or report["language"]
    return kept, report


def handover_reasons(answer: Mapping[str, Any]) -> list[str]:
    """Why the conversation was given to a person in this turn, if it was."""
    notices = [_notice(message) for message in answer["messages"]]
    return [notice.get("reason", "") for notice in notices if notice.get("type") == "handover"]


def outcome(answer: Mapping[str, Any]) -> str:
    """One word for metrics: error, handed_over, paused, fallback or answered."""
    if answer["failed"]:
        return "error"
    if handover_reasons(answer):
        return "handed_over"
    if answer["paused"]:
        return "paused"
    told: str = answer["turn"]["outcome"]
    if told:
        return told
    return "fallback" if answer["turn"]["intent"] in FALLBACK_INTENTS else "answered"


def _notice(message: Mapping[str, Any]) -> Mapping[str, Any]:
    custom = message.get("custom")
    notice = custom.get("switchyard") if isinstance(custom, Mapping) else None
    return notice if isinstance(notice, Mapping) else {}
