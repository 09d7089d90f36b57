"""I am not content: kind words, a ticket that is looked at first, and a person if wanted."""

import re
from collections.abc import Mapping
from typing import ClassVar, override

from switchyard_actions.domain.cases import CaseKind, CaseWish, Priority
from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.flow import (
    Done,
    Flow,
    Kind,
    OfferPerson,
    Question,
    Refused,
    Result,
    Scene,
    Taken,
    Unavailable,
)
from switchyard_actions.domain.heard import FALLBACK_INTENTS, Heard
from switchyard_actions.domain.holders import UNREACHABLE
from switchyard_actions.domain.say import YES_NO, Choice, Say
from switchyard_actions.flows.own_words import MOST_CHARS, subject_of, take_words, tells, words_of
from switchyard_actions.flows.reaching import CONTACT, Reaching, reached
from switchyard_actions.flows.request_ids import request_id_of
from switchyard_actions.flows.ticket_create import ISSUE, ORDER, noted, take_order
from switchyard_actions.service.accounts import Declined
from switchyard_actions.service.cases import Cases
from switchyard_actions.service.ports import Unavailable as NoAnswer

_INTENT = "complaint"
_URGENCY = "urgency"
"""Value of a task: how angry the words were that it began with."""
_ANGRY = -0.6
_MORE_OF_IT = FALLBACK_INTENTS | {_INTENT, "abuse", "ticket_create", "give_details", "correct"}
"""What words are taken for that go on telling what happened."""
_WORD = re.compile(r"[A-Za-z0-9']+|[一-鿿]")
_TELLING_WORDS = 7
"""From so many words (or characters of Chinese) on, a complaint has said what it is about."""
_PERSON = Choice(key="dialogue.menu_ask_person", intent="ask_person")


class Complaint(Flow):
    """Opens a complaint with priority, and offers a person."""

    name: ClassVar[str] = _INTENT
    title: ClassVar[str] = "complaint.title"
    intents: ClassVar[frozenset[str]] = frozenset({_INTENT})
    slots: ClassVar[tuple[str, ...]] = (ORDER, CONTACT, ISSUE)
    personal: ClassVar[frozenset[str]] = frozenset({CONTACT, ISSUE})
    patient: ClassVar[bool] = True

    def __init__(self, cases: Cases, country: str) -> None:
        self._cases = cases
        self._reaching = Reaching(country)

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        if not task.value(ISSUE):
            return Question(ISSUE, Say("complaint.ask_issue", choices=(_PERSON,)), Kind.TEXT)
        return self._reaching.question(task, dialogue, "complaint.ask_contact")

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        if slot == CONTACT:
            return self._take_contact(heard, task)
        if slot == ORDER:
            return take_order(heard)
        if not task.value(ISSUE) and not task.asked:
            return _told_at_once(heard)
        if task.asked == CONTACT:
            return _told_besides(heard, task)
        taken = take_words(slot, heard, task, "complaint.issue_too_short")
        return _weighed(taken, heard, Say("complaint.heard")) if isinstance(taken, Taken) else taken

    def _take_contact(self, heard: Heard, task: Task) -> Taken | Refused | None:
        """How to reach them; that they will not say; or more of what happened."""
        taken = self._reaching.take_if_any(heard, task)
        if isinstance(taken, Taken) or task.asked != CONTACT:
            return noted(taken, task)
        return _told_besides(heard, task) or taken

    @override
    def left(self, task: Task) -> Mapping[str, str] | None:
        return {CONTACT: task.value(CONTACT) or UNREACHABLE} if task.value(ISSUE) else None

    @override
    def summary(self, task: Task) -> Say:
        if not task.value(ISSUE):
            return Say("complaint.summary_any")
        return Say("complaint.summary", {"issue": task.value(ISSUE)})

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        issue, contact = task.value(ISSUE), task.value(CONTACT)
        wish = CaseWish(
            subject_of(issue),
            issue,
            CaseKind.COMPLAINT,
            Priority(task.value(_URGENCY) or Priority.HIGH),
            task.value(ORDER),
        )
        request_id = request_id_of(scene, issue, contact, wish.order_number)
        try:
            case = await self._cases.open(self._reaching.holder(task, scene), wish, request_id)
        except NoAnswer as error:
            return Unavailable(error.what)
        except Declined:
            return OfferPerson("complaint", (Say("complaint.not_opened", choices=YES_NO),))
        known = {"ticket_number": case.number, **reached(task)}
        unreachable = contact == UNREACHABLE and not scene.customer
        key = "complaint.opened_unreachable" if unreachable else "complaint.opened"
        says = (
            Say(key, {"number": case.number}),
            Say("complaint.offer_person", choices=YES_NO),
        )
        return Done(says, known, then="ask_person")


def _told_at_once(heard: Heard) -> Taken | None:
    """The words that the flow began with, if they say what is wrong."""
    words = words_of(heard)
    if heard.intent != _INTENT or len(_WORD.findall(words)) < _TELLING_WORDS:
        return None
    return _weighed(Taken({ISSUE: words}), heard, Say("complaint.sorry"))


def _told_besides(heard: Heard, task: Task) -> Taken | None:
    """More of what happened, said while something else was asked for: nothing of it is lost."""
    refused = task.value(CONTACT) == UNREACHABLE
    if refused or heard.intent not in _MORE_OF_IT or not tells(heard):
        return None
    words = words_of(heard)
    before = task.value(ISSUE)
    if words in before:
        return None
    joined = f"{before}\n{words}"[:MOST_CHARS]
    return _weighed(Taken({ISSUE: joined}), heard, Say("complaint.added"))


def _weighed(taken: Taken, heard: Heard, say: Say) -> Taken:
    """With how urgent it is, and a kind word."""
    urgent = {_URGENCY: Priority.URGENT.value} if heard.sentiment <= _ANGRY else {}
    return Taken({**taken.values, **urgent}, (say,))
