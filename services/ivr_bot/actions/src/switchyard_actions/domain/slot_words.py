"""What customers gave, for people to read: words instead of the codes that flows keep. Pure."""

import re
from collections.abc import Mapping

from switchyard_actions.domain.holders import UNREACHABLE, decode_reach

_SAID_BY: Mapping[str, str] = {"branch": "branch_name", "time": "time_spoken"}
"""Values that are codes, and those that say the same in words."""

_CODES = frozenset(
    {
        *("mode", "which", "from", "after", "settled", "zone", "urgency", "each", "last"),
        *("shown", "shown_tickets", "shown_branches", "times", "method", "for", "proofs"),
        *_SAID_BY.values(),
    }
)
"""Values that mean something to their flow only, or are told under another name."""

_MOMENT = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T\S+ ")
"""Of a wish: when it was said."""


def in_words(values: Mapping[str, str]) -> dict[str, str]:
    """Values of a task, or facts of a dialogue, by name, without those that say nothing."""
    told = {name: _said(name, values) for name in values if name not in _CODES}
    return {name: words for name, words in told.items() if words}


def _said(name: str, values: Mapping[str, str]) -> str:
    value = values[name]
    if name in _SAID_BY:
        return values.get(_SAID_BY[name], value)
    if name == "contact":
        reach = decode_reach(value)
        return reach.value if reach is not None else "" if value == UNREACHABLE else value
    return _MOMENT.sub("", value) if name == "when" else value
