"""Notices to the gateway as the JSON objects that the bot's channel passes on."""

from typing import Any

from switchyard_actions.domain.notice import Account, HandOver, Notice


def to_json(notice: Notice) -> dict[str, Any]:
    """A hand-over or an answered survey."""
    if isinstance(notice, HandOver):
        return {
            "type": "handover",
            "reason": notice.reason,
            "intent": notice.intent,
            "language": notice.language.value,
            "slots": dict(notice.slots),
            "verification_level": notice.level.value,
            "customer": notice.customer,
            "summary": notice.summary,
            "sentiment": round(notice.sentiment, 3),
            "queue": notice.queue,
            "priority": notice.priority,
        }
    return {
        "type": "survey",
        "csat": notice.csat,
        "resolved": notice.resolved,
        "agent": notice.agent,
    }


def account_to_json(account: Account) -> dict[str, Any]:
    """What the turn came to: one such notice a turn."""
    return {
        "type": "turn",
        "flow": account.flow,
        "step": account.step,
        "level": account.level.value,
        "outcome": account.outcome,
        "finished": list(account.finished),
        "sentiment": round(account.sentiment, 3),
        "language": account.language,
        "private": account.private,
        "asks_secret": account.asks_secret,
        "confidential": list(account.confidential),
    }
