"""I would like to come to a branch, or rather not."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import ClassVar, override

from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.flow import (
    Flow,
    OfferPerson,
    Question,
    Refused,
    Result,
    Scene,
    Taken,
    Unavailable,
)
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.say import YES_NO, Say
from switchyard_actions.flows.reaching import CONTACT, Reaching
from switchyard_actions.flows.visit_booking import PURPOSE, SLOTS, VisitBooking
from switchyard_actions.flows.visit_cancelling import NUMBER, VisitCancelling
from switchyard_actions.service.accounts import Declined
from switchyard_actions.service.ports import Unavailable as NoAnswer
from switchyard_actions.service.visits import Visits

_MODE, _CANCEL, _BOOK = "mode", "cancel", "book"
_GIVES_UP = re.compile(
    r"取消|退掉|不去了|不来了|去不了|来不了|\bcancel|\bcall(?:ing)? off\b"
    r"|can(?:no|')t (?:make|come)|\bnot coming\b",
    re.IGNORECASE,
)


class Appointment(Flow):
    """Books a visit, or gives one up."""

    name: ClassVar[str] = "appointment"
    title: ClassVar[str] = "appointment.title"
    intents: ClassVar[frozenset[str]] = frozenset({"appointment"})
    slots: ClassVar[tuple[str, ...]] = (_MODE, NUMBER, *SLOTS)
    personal: ClassVar[frozenset[str]] = frozenset({CONTACT, PURPOSE})

    def __init__(self, visits: Visits, now: Callable[[], datetime], country: str) -> None:
        reaching = Reaching(country)
        self._booking = VisitBooking(visits, now, reaching)
        self._cancelling = VisitCancelling(visits, reaching)

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        return self._part(task).question(task, dialogue)

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        if slot != _MODE:
            return self._part(task).take(slot, heard, task)
        if task.value(_MODE) or heard.intent != "appointment":
            return None
        return Taken({_MODE: _CANCEL if _GIVES_UP.search(heard.text) else _BOOK})

    @override
    def summary(self, task: Task) -> Say:
        if self._part(task) is self._booking:
            return self._booking.summary(task)
        return Say("appointment.summary_cancel", {"number": task.value(NUMBER) or "–"})

    @override
    def confirmation(self, task: Task) -> Say | None:
        return self._part(task).confirmation(task)

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        try:
            return await self._part(task).perform(task, scene)
        except NoAnswer as error:
            return Unavailable(error.what)
        except Declined:
            return OfferPerson("not_possible", (Say("appointment.not_possible", choices=YES_NO),))

    def _part(self, task: Task) -> VisitBooking | VisitCancelling:
        return self._cancelling if task.value(_MODE) == _CANCEL else self._booking
