"""What the bot says: names of texts and what to fill in, in no language yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Choice:
    """A quick reply.

    Its title is the text `key`, or `title` as it is. Choosing it means `intent` for certain, or
    answers the open question with `value`; with neither, the title is read like any words.
    """

    key: str = ""
    title: str = ""
    intent: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Say:
    """One message: a text's key, the values of its placeholders, and quick replies beside it.

    `once`: holds something, for instance a link, that is neither kept nor repeated.
    """

    key: str
    values: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    once: bool = False


YES_NO = (
    Choice(key="dialogue.yes", intent="affirm"),
    Choice(key="dialogue.no", intent="deny"),
)
"""Beside every question that yes or no answers."""
