"""Where somebody can be reached who is not verified."""

import re
from collections.abc import Mapping

from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.flow import Question, Refused, Scene, Taken
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.holders import (
    EMAIL,
    HANDLE,
    PHONE,
    UNREACHABLE,
    Holder,
    Reach,
    decode_reach,
    read_email,
    read_phone,
)
from switchyard_actions.domain.say import Choice, Say

CONTACT = "contact"
"""Value of a task, and fact that is kept for later: `Reach.encode`."""

_SHORT_CHARS = 25
_WILL_NOT = re.compile(
    r"\b(?:rather not|(?:don.t|do not|won.t|will not) (?:want|wish|like|give|share|tell|need|have)"
    r"|no need|not necessary|none of your|don.t (?:contact|call|mail) me)\b"
    r"|不想(?:留|给|说|告诉)|不(?:愿意?|方便|必|需要|用|要)(?:留|给|说|联系|透露|告诉)|不留|不给|不方便|没必要|别联系",
    re.IGNORECASE,
)


class Reaching:
    """Shared by flows that keep something for a customer, verified or not.

    `country` (ISO 3166-1 alpha-2) is where numbers without a country code are at home. With
    `phone_only` e-mail addresses will not do.
    """

    def __init__(self, country: str, *, phone_only: bool = False) -> None:
        self._country = country
        self._phone_only = phone_only

    def question(self, task: Task, dialogue: Dialogue, key: str) -> Question | None:
        """Asks with the text `key`, unless it is known who they are."""
        if task.value(CONTACT) or (dialogue.customer and not self._phone_only):
            return None
        known = self._usable(decode_reach(_given(dialogue)))
        choices = (Choice(title=known.value, value=known.encode()),) if known else ()
        return Question(CONTACT, Say(key, choices=choices))

    def take(self, heard: Heard, task: Task) -> Taken | Refused | None:
        """A number or address in the message, or one that the channel vouches for."""
        asked = task.asked == CONTACT
        if asked and heard.choice:
            chosen = self._usable(decode_reach(heard.choice))
            return Taken({CONTACT: chosen.encode()}) if chosen else None
        named = self._named(heard, asked=asked)
        if named is not None:
            return Taken({CONTACT: named.encode()})
        if asked and any(char.isdigit() or char == "@" for char in heard.text):
            return Refused(Say("reaching.bad_phone" if self._phone_only else "reaching.bad"))
        if task.value(CONTACT) or asked:
            return None
        vouched = self._vouched(heard)
        return Taken({CONTACT: vouched.encode()}) if vouched else None

    def take_if_any(self, heard: Heard, task: Task) -> Taken | Refused | None:
        """The same, for what is done also for somebody who will not say: UNREACHABLE then."""
        if task.asked == CONTACT and _gives_none(heard):
            return Taken({CONTACT: UNREACHABLE})
        return self.take(heard, task)

    def holder(self, task: Task, scene: Scene) -> Holder:
        """The verified customer; else who can be reached as given; else who writes here."""
        if scene.customer:
            return Holder(customer=scene.customer)
        return Holder(reach=decode_reach(task.value(CONTACT)) or _writer(scene))

    def _named(self, heard: Heard, *, asked: bool) -> Reach | None:
        if not self._phone_only:
            email = read_email(heard.first("email") or heard.said or heard.text)
            if email is not None:
                return email
        words = heard.first(PHONE, "digits") if asked else heard.first(PHONE)
        return read_phone(words or (heard.text if asked else ""), self._country)

    def _vouched(self, heard: Heard) -> Reach | None:
        for one in heard.identifiers:
            if one.proven and one.kind == PHONE:
                return read_phone(one.value, self._country)
            if one.proven and one.kind == EMAIL and not self._phone_only:
                return read_email(one.value)
        return None

    def _usable(self, reach: Reach | None) -> Reach | None:
        if reach is None or (self._phone_only and reach.kind != PHONE):
            return None
        return reach


def _gives_none(heard: Heard) -> bool:
    """Whether an answer says that there is no number or address to be had."""
    if heard.first(PHONE, EMAIL, "digits") or heard.choice:
        return False
    bare_no = heard.intent == "deny" and len(heard.text) <= _SHORT_CHARS
    return bare_no or heard.intent == "no_details" or _WILL_NOT.search(heard.text) is not None


def reached(task: Task) -> Mapping[str, str]:
    """The number or address of a task, to be kept for what comes later; none if none was given."""
    contact = task.value(CONTACT)
    return {CONTACT: contact} if decode_reach(contact) is not None else {}


def _writer(scene: Scene) -> Reach:
    """Somebody without a number: as the channel knows them, else this conversation."""
    for one in scene.heard.identifiers:
        if one.kind == HANDLE and one.namespace:
            return Reach(HANDLE, f"{one.namespace}:{one.value}")
    return Reach(HANDLE, f"{_CONVERSATION}:{scene.conversation}")


_CONVERSATION = "conversation"
"""Namespace of the ids of conversations."""


def _given(dialogue: Dialogue) -> str:
    """What was given last, be it for something that still waits."""
    waiting = (task.value(CONTACT) for task in reversed(dialogue.suspended))
    return dialogue.fact(CONTACT) or next(filter(None, waiting), "")
