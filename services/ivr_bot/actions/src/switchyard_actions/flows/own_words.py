"""Answers in the customer's own words, and when words are one."""

import re

from switchyard_common.secret_words import without_named_secrets

from switchyard_actions.domain.dialogue import CORRECT, Task
from switchyard_actions.domain.flow import Refused, Taken
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.say import Say

MOST_CHARS = 1_000
_LEAST_CHARS = 4
_SUBJECT_CHARS = 60
_NO_WORDS = frozenset({"affirm", "deny", "file"})
_ADDRESSES = ("email", "phone", "digits")
_DETAILS = (
    *("email", "phone", "phone_digits", "digits", "number", "ordinal"),
    *("order_number", "bill_number", "ticket_number", "date", "time"),
)
_NUMBER = re.compile(r"[\w.+\-]+@[\w.\-]+|\+?[A-Za-z]{0,2}[0-9][0-9 \-]*")
_AROUND_DETAILS = re.compile(
    r"\b(?:no|yes|it|its|it's|is|my|the|a|at|on|in|by|for|or|please|thanks|mail|e-?mail|address|phone"
    r"|mobile|number|order|ticket|bill|call|me|around|about|you|can|reach|use|here)\b"
    r"|我的?|是|的|邮箱|邮件|地址|手机|电话|号码?|订单|工单|账单|单号|请|吧|呢|左右|在|打|联系|用|这个",
    re.IGNORECASE,
)


def take_words(slot: str, heard: Heard, task: Task, too_short: str) -> Taken | Refused | None:
    """What was said, when it was asked for or is to be corrected.

    A mere number, address or day is no story; `too_short` is the text that asks for more.
    """
    if heard.intent in _NO_WORDS:
        return None
    if task.asked != slot:
        new = task.asked == CORRECT and not heard.first(*_ADDRESSES) and tells(heard)
        return Taken({slot: words_of(heard)}) if new else None
    if tells(heard):
        return Taken({slot: words_of(heard)})
    # An address or number may be an answer to what is asked next.
    return None if heard.first(*_ADDRESSES, "order_number") else Refused(Say(too_short))


def words_of(heard: Heard) -> str:
    """The words as written, in one line, without PINs and codes: they are told to others."""
    return without_named_secrets(" ".join((heard.said or heard.text).split()))[:MOST_CHARS]


def tells(heard: Heard) -> bool:
    """Whether words say more than a number, an address or a day."""
    rest = heard.text or heard.said
    for name in _DETAILS:
        for value in heard.entities.get(name, ()):
            rest = rest.replace(value, " ")
    if rest != heard.text:
        rest = _AROUND_DETAILS.sub(" ", _NUMBER.sub(" ", rest))
    return sum(char.isalnum() for char in rest) >= _LEAST_CHARS


def subject_of(words: str) -> str:
    """One line of them."""
    if len(words) <= _SUBJECT_CHARS:
        return words
    return words[: _SUBJECT_CHARS - 1].rstrip() + "…"
