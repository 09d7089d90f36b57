"""Please write this down and have somebody see to it."""

from typing import ClassVar, override

from switchyard_actions.domain.cases import CaseKind, CaseWish
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
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.holders import UNREACHABLE, decode_reach
from switchyard_actions.domain.other_wishes import asks_elsewhere
from switchyard_actions.domain.say import YES_NO, Say
from switchyard_actions.flows.own_words import subject_of, take_words, words_of
from switchyard_actions.flows.reaching import CONTACT, Reaching, reached
from switchyard_actions.flows.request_ids import request_id_of
from switchyard_actions.flows.told_at_once import tells_the_matter
from switchyard_actions.service.accounts import Declined
from switchyard_actions.service.cases import Cases
from switchyard_actions.service.ports import Unavailable as NoAnswer

ISSUE, ORDER = "issue", "order_number"


class TicketCreate(Flow):
    """Opens a ticket: for a verified customer, else for whoever can be reached as they say."""

    name: ClassVar[str] = "ticket_create"
    title: ClassVar[str] = "tickets.title_create"
    intents: ClassVar[frozenset[str]] = frozenset({"ticket_create"})
    slots: ClassVar[tuple[str, ...]] = (ORDER, CONTACT, ISSUE)
    personal: ClassVar[frozenset[str]] = frozenset({CONTACT, ISSUE})

    def __init__(self, cases: Cases, country: str) -> None:
        self._cases = cases
        self._reaching = Reaching(country)

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        if not task.value(ISSUE):
            return Question(ISSUE, Say("tickets.ask_issue"), Kind.TEXT)
        return self._reaching.question(task, dialogue, "tickets.ask_contact")

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        if slot == ISSUE:
            return _take_issue(heard, task)
        if slot == CONTACT:
            return noted(self._reaching.take_if_any(heard, task), task)
        return take_order(heard)

    @override
    def summary(self, task: Task) -> Say:
        if not task.value(ISSUE):
            return Say("tickets.summary_create_any")
        return Say("tickets.summary_create", {"issue": task.value(ISSUE)})

    @override
    def confirmation(self, task: Task) -> Say | None:
        reach = decode_reach(task.value(CONTACT))
        values = {"issue": task.value(ISSUE)}
        if reach is None:
            unreachable = task.value(CONTACT) == UNREACHABLE
            return Say(
                "tickets.confirm_unreachable" if unreachable else "tickets.confirm", values, YES_NO
            )
        return Say("tickets.confirm_contact", values | {"contact": reach.value}, YES_NO)

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        issue, contact = task.value(ISSUE), task.value(CONTACT)
        wish = CaseWish(subject_of(issue), issue, CaseKind.QUESTION, order_number=task.value(ORDER))
        holder = self._reaching.holder(task, scene)
        request_id = request_id_of(scene, issue, contact, wish.order_number)
        try:
            case = await self._cases.open(holder, wish, request_id)
        except NoAnswer as error:
            return Unavailable(error.what)
        except Declined:
            return OfferPerson("not_possible", (Say("tickets.not_opened", choices=YES_NO),))
        known = {"ticket_number": case.number, **reached(task)}
        unreachable = contact == UNREACHABLE and not scene.customer
        key = "tickets.opened_unreachable" if unreachable else "tickets.opened"
        return Done((Say(key, {"number": case.number}),), known)


def _take_issue(heard: Heard, task: Task) -> Taken | Refused | None:
    """The matter: as the request began with it, or as it is told when asked for."""
    if not task.asked and not task.value(ISSUE):
        words = words_of(heard)
        begins = heard.intent in TicketCreate.intents and tells_the_matter(words)
        return Taken({ISSUE: words}) if begins else None
    if asks_elsewhere(heard):
        return None
    return take_words(ISSUE, heard, task, "tickets.issue_too_short")


def noted(taken: Taken | Refused | None, task: Task) -> Taken | Refused | None:
    """A number or address that came instead of the matter is kept, and that is said."""
    if isinstance(taken, Refused):
        return taken if task.asked == CONTACT else None
    if taken is None or task.asked != ISSUE:
        return taken
    return Taken(taken.values, (Say("reaching.noted"),))


def take_order(heard: Heard) -> Taken | None:
    """An order that is named beside; eight bare digits may as well be a telephone number."""
    number = heard.first(ORDER)
    return Taken({ORDER: number}) if number and number in heard.text else None
