"""Where are you, and are you open?"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import ClassVar, override

from switchyard_actions.domain.branches import Branch
from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.flow import (
    Done,
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
from switchyard_actions.domain.say import YES_NO, Choice, Say
from switchyard_actions.domain.when.reading import read_when
from switchyard_actions.flows.branch_choice import BRANCH, PLACE, take_place
from switchyard_actions.flows.branch_telling import BranchTelling
from switchyard_actions.service.accounts import Declined
from switchyard_actions.service.ports import Unavailable as NoAnswer
from switchyard_actions.service.visits import Visits

_DAY = "day"
_MOST_LISTED = 5


class Branches(Flow):
    """Tells one branch whole, or several in a line each, with today's hours or another day's."""

    name: ClassVar[str] = "branches"
    title: ClassVar[str] = "branches.title"
    intents: ClassVar[frozenset[str]] = frozenset({"branches", "opening_hours"})
    slots: ClassVar[tuple[str, ...]] = (PLACE, _DAY)

    def __init__(self, visits: Visits, telling: BranchTelling, now: Callable[[], datetime]) -> None:
        self._visits = visits
        self._telling = telling
        self._now = now

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        return None

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        if slot == PLACE:
            return take_place(heard, task)
        span = read_when(heard.text, self._now())
        if span is None or not span.has_day:
            return None
        return Taken({_DAY: span.start.date().isoformat()})

    @override
    def summary(self, task: Task) -> Say:
        return Say("branches.summary")

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        query = task.value(PLACE) or scene.dialogue.fact(BRANCH)
        try:
            found = await self._visits.branches(query, scene.language)
            everywhere = found or await self._visits.branches("", scene.language)
        except NoAnswer as error:
            return Unavailable(error.what)
        except Declined:
            everywhere = found = ()
        if not everywhere:
            return OfferPerson("not_found", (Say("branches.none", choices=YES_NO),))
        day = date.fromisoformat(task.value(_DAY)) if task.value(_DAY) else None
        if len(found) == 1:
            told = self._telling.whole(found[0], self._now(), day, scene.language)
            return Done((told,), {BRANCH: found[0].name})
        key = "branches.list" if found else "branches.not_there"
        return Done((self._list(key, everywhere, day, scene),))

    def _list(self, key: str, branches: Sequence[Branch], day: date | None, scene: Scene) -> Say:
        shown = branches[:_MOST_LISTED]
        now = self._now()
        lines = (self._telling.line(branch, now, day, scene.language) for branch in shown)
        choices = tuple(Choice(title=branch.name, intent="branches") for branch in shown)
        return Say(key, {"branches": "\n".join(lines)}, choices)
