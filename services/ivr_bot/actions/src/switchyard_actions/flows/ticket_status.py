"""What has become of my ticket?"""

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar, override

from switchyard_actions.domain.cases import FINISHED_STATES, Case, CaseHistory
from switchyard_actions.domain.day_text import spoken_day
from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.flow import (
    Done,
    Question,
    Refused,
    Result,
    Scene,
    Taken,
)
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.say import Say
from switchyard_actions.flows.of_account import OfAccount
from switchyard_actions.flows.ticket_choice import (
    NUMBER,
    SHOWN,
    ask_which,
    choice_again,
    in_question,
    take_ticket,
)
from switchyard_actions.service.accounts import Declined
from switchyard_actions.service.cases import CaseList, Cases

_COMMENT_CHARS = 300


class TicketStatus(OfAccount):
    """Tells how a ticket stands, with the last entry; without a number, lists what is open."""

    name: ClassVar[str] = "ticket_status"
    title: ClassVar[str] = "tickets.title_status"
    intents: ClassVar[frozenset[str]] = frozenset({"ticket_status"})
    slots: ClassVar[tuple[str, ...]] = (NUMBER,)

    def __init__(self, cases: Cases, now: Callable[[], datetime]) -> None:
        self._cases = cases
        self._now = now

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        return choice_again(task)

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        return take_ticket(heard, task)

    @override
    def summary(self, task: Task) -> Say:
        if not task.value(NUMBER):
            return Say("tickets.summary_status_any")
        return Say("tickets.summary_status", {"number": task.value(NUMBER)})

    @override
    async def look_up(self, task: Task, scene: Scene) -> Result:
        if task.value(NUMBER):
            return await self._one(task.value(NUMBER), scene, asked=bool(task.value(SHOWN)))
        found = await self._cases.live(scene.customer)
        number = in_question(task, scene.dialogue, found.items)
        if number:
            return await self._one(number, scene, asked=True)
        if found.items:
            return ask_which(found.items, *incomplete(found))
        return Done((Say("tickets.none"), *incomplete(found)))

    async def _one(self, number: str, scene: Scene, *, asked: bool) -> Result:
        try:
            history = await self._cases.read(scene.customer, number)
        except Declined:
            return await self._not_theirs(number, scene, asked=asked)
        return Done(told(history, self._now(), scene.language), {NUMBER: history.case.number})

    async def _not_theirs(self, number: str, scene: Scene, *, asked: bool) -> Result:
        """No such ticket in their name: whether it is somebody else's is not told."""
        unknown = Say("tickets.unknown", {"number": number})
        found = await self._cases.live(scene.customer)
        if found.items and not asked:
            return ask_which(found.items, unknown)
        return Done((unknown,), {NUMBER: ""})


def told(history: CaseHistory, now: datetime, language: Language) -> tuple[Say, ...]:
    """State and last entry of a case."""
    case = history.case
    values = {"number": case.number, "subject": case.subject, "day": _day(case, now, language)}
    says = [Say(f"tickets.state_{case.state.value}", values)]
    if history.comments:
        last = " ".join(history.comments[0].split())[:_COMMENT_CHARS]
        says.append(Say("tickets.last_entry", {"entry": last}))
    if case.state in FINISHED_STATES:
        says.append(Say("tickets.reopen_hint"))
    return tuple(says)


def incomplete(found: CaseList) -> tuple[Say, ...]:
    """That there may be more than is known, if so."""
    return () if found.complete else (Say("tickets.incomplete"),)


def _day(case: Case, now: datetime, language: Language) -> str:
    changed = case.changed_at or case.opened_at or now
    return spoken_day(changed.astimezone(now.tzinfo).date(), now.date(), language)
