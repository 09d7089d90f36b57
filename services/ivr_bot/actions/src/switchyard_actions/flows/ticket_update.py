"""Please add this to my ticket."""

from typing import ClassVar, override

from switchyard_actions.domain.cases import FINISHED_STATES
from switchyard_actions.domain.dialogue import CONFIRM, Dialogue, Task
from switchyard_actions.domain.flow import (
    Ask,
    Done,
    Kind,
    OfferPerson,
    Question,
    Refused,
    Result,
    Scene,
    Taken,
)
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.other_wishes import asks_elsewhere
from switchyard_actions.domain.say import YES_NO, Say
from switchyard_actions.flows.of_account import OfAccount
from switchyard_actions.flows.own_words import take_words, words_of
from switchyard_actions.flows.request_ids import request_id_of
from switchyard_actions.flows.ticket_choice import (
    NUMBER,
    ask_which,
    choice_again,
    in_question,
    take_ticket,
)
from switchyard_actions.flows.ticket_status import incomplete
from switchyard_actions.flows.told_at_once import tells_the_matter
from switchyard_actions.service.accounts import Declined
from switchyard_actions.service.cases import Cases

_COMMENT, _SETTLED = "comment", "settled"
"""What to add; the ticket that was found to be theirs."""


class TicketUpdate(OfAccount):
    """Adds the customer's words to a ticket; one that was finished is worked on again."""

    name: ClassVar[str] = "ticket_update"
    title: ClassVar[str] = "tickets.title_update"
    intents: ClassVar[frozenset[str]] = frozenset({"ticket_update"})
    slots: ClassVar[tuple[str, ...]] = (NUMBER, _COMMENT)
    personal: ClassVar[frozenset[str]] = frozenset({_COMMENT})

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        if not _is_settled(task):
            return choice_again(task)
        return None if task.value(_COMMENT) else _ask_comment(task.value(NUMBER))

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        if slot == _COMMENT:
            return _take_comment(heard, task)
        if task.asked == _COMMENT and heard.intent not in {"correct", "ticket_update"}:
            return None  # a number within the words belongs to them
        return take_ticket(heard, task)

    @override
    def summary(self, task: Task) -> Say:
        number, comment = task.value(NUMBER), task.value(_COMMENT)
        if number and comment:
            return Say("tickets.summary_update", {"number": number, "comment": comment})
        return Say("tickets.summary_update_any")

    @override
    def confirmation(self, task: Task) -> Say | None:
        return _confirmation(task) if _is_settled(task) and task.value(_COMMENT) else None

    @override
    async def look_up(self, task: Task, scene: Scene) -> Result:
        if task.confirmed:
            return await self._add(task, scene)
        if task.value(NUMBER):
            return await self._settle(task, scene)
        found = await self._cases.live(scene.customer)
        number = in_question(task, scene.dialogue, found.items)
        if number:
            return _next(task, number)
        if found.items:
            return ask_which(found.items, *incomplete(found))
        return Done((Say("tickets.none_to_update"), *incomplete(found)))

    async def _settle(self, task: Task, scene: Scene) -> Result:
        """Looks whether there is such a ticket in their name."""
        try:
            await self._cases.read(scene.customer, task.value(NUMBER))
        except Declined:
            return _unknown(task.value(NUMBER))
        return _next(task, task.value(NUMBER))

    async def _add(self, task: Task, scene: Scene) -> Result:
        number, comment = task.value(NUMBER), task.value(_COMMENT)
        try:
            case = (await self._cases.read(scene.customer, number)).case
            reopen = case.state in FINISHED_STATES
            await self._cases.comment(
                scene.customer,
                case,
                comment,
                request_id_of(scene, number, comment),
                reopen=reopen,
            )
        except Declined:
            return _unknown(number)
        key = "tickets.reopened" if reopen else "tickets.updated"
        return Done((Say(key, {"number": case.number}),), {NUMBER: case.number})


def _take_comment(heard: Heard, task: Task) -> Taken | Refused | None:
    """What to add: as the request began with it, or as it is told when asked for."""
    if not task.asked and not task.value(_COMMENT):
        words = words_of(heard)
        begins = heard.intent in TicketUpdate.intents and tells_the_matter(words)
        return Taken({_COMMENT: words}) if begins else None
    if asks_elsewhere(heard):
        return None
    return take_words(_COMMENT, heard, task, "tickets.comment_too_short")


def _is_settled(task: Task) -> bool:
    return bool(task.value(NUMBER)) and task.value(_SETTLED) == task.value(NUMBER)


def _next(task: Task, number: str) -> Ask:
    """The ticket is theirs: on to what is still to be asked."""
    settled = {NUMBER: number, _SETTLED: number}
    if task.value(_COMMENT):
        return Ask(CONFIRM, (_confirmation(task.with_values(settled)),), settled)
    return Ask(_COMMENT, (_ask_comment(number).say,), settled)


def _confirmation(task: Task) -> Say:
    values = {"number": task.value(NUMBER), "comment": task.value(_COMMENT)}
    return Say("tickets.confirm_update", values, YES_NO)


def _unknown(number: str) -> OfferPerson:
    unknown = Say("tickets.unknown_update", {"number": number}, choices=YES_NO)
    return OfferPerson("not_possible", (unknown,))


def _ask_comment(number: str) -> Question:
    return Question(_COMMENT, Say("tickets.ask_comment", {"number": number}), Kind.TEXT)
