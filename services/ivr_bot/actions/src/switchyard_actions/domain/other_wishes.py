"""Words that ask for something else than what was asked of the customer."""

import re

from switchyard_actions.domain.heard import Heard

_ELSEWHERE = frozenset(
    {
        *("order_status", "change_address", "bill_balance", "payment_arrangement"),
        *("ticket_status", "pin_reset", "opening_hours", "branches", "appointment", "callback"),
        "faq",
    }
)
_CLEARLY = 0.9
_ASKS = re.compile(
    r"[?？]|(?:^|[,;.!] )(?:please |and |but |ok |first )*(?:where|when|how|what|which|who"
    r"|can|could|do|does|is|are|show|check|track|tell|look|i(?:'d| would) like|i want|let me)\b"
    r"|吗|呢$|到哪|看一?下|看看|多少|哪里|哪儿|哪个|什么时候|几点|怎么|查一?下?|(?:^|[，,])(?:请|帮我|先|我想|我要)",
    re.IGNORECASE,
)


def asks_elsewhere(heard: Heard) -> bool:
    """Whether words that were to tell something clearly ask for something else instead."""
    if heard.intent not in _ELSEWHERE or heard.confidence < _CLEARLY:
        return False
    return _ASKS.search(heard.text.strip()) is not None
