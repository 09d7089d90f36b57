"""Booking a visit: branch, day, one of the free times, what for, and who comes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from switchyard_actions.domain.branches import Appointment, Branch
from switchyard_actions.domain.dialogue import Dialogue, Task
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
from switchyard_actions.domain.say import YES_NO, Choice, Say
from switchyard_actions.domain.visit_wish import decode_wish
from switchyard_actions.domain.when.speaking import spoken_moment
from switchyard_actions.flows.branch_choice import (
    BRANCH,
    PLACE,
    SHOWN,
    ask_branch,
    choice_again,
    take_place,
)
from switchyard_actions.flows.own_words import words_of
from switchyard_actions.flows.reaching import CONTACT, Reaching
from switchyard_actions.flows.request_ids import request_id_of
from switchyard_actions.flows.visit_times import (
    BRANCH_NAME,
    SPOKEN,
    TIME,
    TIMES,
    WHEN,
    ZONE,
    VisitTimes,
)
from switchyard_actions.service.accounts import Declined
from switchyard_actions.service.visits import TIME_TAKEN, TOO_MANY, Visits

PURPOSE, NUMBER = "purpose", "appointment"
_NO_PURPOSE = "–"
SLOTS = (BRANCH, TIME, WHEN, CONTACT, PURPOSE)


class VisitBooking:
    """Half of the appointment flow."""

    def __init__(self, visits: Visits, now: Callable[[], datetime], reaching: Reaching) -> None:
        self._visits = visits
        self._now = now
        self._reaching = reaching
        self._times = VisitTimes(visits, now)

    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        """What is missing; None also while something has to be looked up first."""
        if not task.value(ZONE):
            return choice_again(task, "appointment.which_branch")
        if not task.value(TIME):
            return self._times.question(task)
        if not task.value(PURPOSE):
            say = Say("appointment.ask_purpose", choices=(_skip(),))
            return Question(PURPOSE, say, Kind.TEXT)
        return self._reaching.question(task, dialogue, "appointment.ask_contact")

    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        """A value of one slot."""
        match slot:
            case "branch":
                return _settled_anew(take_place(heard, task))
            case "time":
                return self._times.take(heard, task)
            case "when":
                return self._times.take_wish(heard, task)
            case "contact":
                return self._reaching.take(heard, task)
            case "purpose":
                return _take_purpose(heard, task)
            case _:
                return None

    def summary(self, task: Task) -> Say:
        """Branch and time, as far as they are known."""
        wish = decode_wish(task.value(WHEN))
        branch = task.value(BRANCH_NAME)
        time = task.value(SPOKEN) or (wish.said if wish is not None else "")
        if branch and time:
            return Say("appointment.summary", {"branch": branch, "time": time})
        if branch:
            return Say("appointment.summary_branch", {"branch": branch})
        return Say("appointment.summary_any")

    def confirmation(self, task: Task) -> Say | None:
        """Branch and time once more; None as long as they are not settled."""
        if not (task.value(ZONE) and task.value(TIME)):
            return None
        values = {"branch": task.value(BRANCH_NAME), "time": task.value(SPOKEN)}
        return Say("appointment.confirm", values, YES_NO)

    async def perform(self, task: Task, scene: Scene) -> Result:
        """Settles the branch, offers times, or books. Raises Unavailable and Declined."""
        if not task.value(ZONE):
            return await self._settle_branch(task, scene)
        if not task.value(TIME):
            return await self._offer_times(task, scene)
        return await self._book(task, scene)

    async def _settle_branch(self, task: Task, scene: Scene) -> Result:
        there = await self._visits.branches(task.value(PLACE), scene.language)
        every = [branch for branch in there if branch.takes_appointments]
        chosen = next((branch for branch in every if branch.id == task.value(BRANCH)), None)
        if chosen is not None or len(every) == 1:
            return await self._at(chosen or every[0], task, scene)
        if every:
            return ask_branch(every, "appointment.which_branch")
        others = await self._visits.branches("", scene.language)
        others = tuple(branch for branch in others if branch.takes_appointments)
        if not others:
            return OfferPerson("not_possible", (Say("appointment.nowhere", choices=YES_NO),))
        if not (there or task.value(SHOWN)):  # the words may be about anything but a place
            return ask_branch(others, "appointment.which_branch")
        asked = ask_branch(others, "appointment.which_branch", Say("appointment.not_there"))
        return replace(asked, again=True)

    async def _at(self, branch: Branch, task: Task, scene: Scene) -> Result:
        """On to the times, with the branch settled."""
        settled = {
            BRANCH: branch.id,
            PLACE: "",
            BRANCH_NAME: branch.name,
            ZONE: branch.zone.key,
        }
        if not task.value(WHEN):
            ask = Say("appointment.ask_when", {"branch": branch.name})
            return Ask(WHEN, (ask,), settled)
        result = await self._offer_times(task.with_values(settled), scene)
        if isinstance(result, Ask):
            return Ask(result.slot, result.says, {**settled, **result.values})
        return result

    async def _offer_times(self, task: Task, scene: Scene) -> Result:
        found = await self._times.find(task)
        if found is None:
            says = (Say("appointment.none_free", choices=YES_NO),)
            return OfferPerson("not_possible", says)
        if found.exact:
            return self._taken_at(found.times[0], task, scene)
        key = "appointment.which_time" if found.fits else "appointment.not_then"
        return self._times.ask(key, found.times, task, scene.language)

    def _taken_at(self, time: datetime, task: Task, scene: Scene) -> Ask:
        """The very time that was asked for is free: on to the next question."""
        values = self._times.settled(time, task, scene.language)
        says = [Say("appointment.is_free", {"time": values[SPOKEN]})]
        question = self.question(task.with_values(values), scene.dialogue)
        if question is None:
            confirmation = self.confirmation(task.with_values(values))
            says += [confirmation] if confirmation else []
            return Ask("confirm", tuple(says), values)
        return Ask(question.slot, (*says, question.say), values)

    async def _book(self, task: Task, scene: Scene) -> Result:
        start = datetime.fromisoformat(task.value(TIME))
        purpose = "" if task.value(PURPOSE) == _NO_PURPOSE else task.value(PURPOSE)
        holder = self._reaching.holder(task, scene)
        request_id = request_id_of(scene, task.value(BRANCH), task.value(TIME), task.value(CONTACT))
        try:
            booked = await self._visits.book(holder, task.value(BRANCH), start, purpose, request_id)
        except Declined as error:
            return await self._not_booked(error.reason, task, scene)
        return self._told(booked, task, scene)

    def _told(self, booked: Appointment, task: Task, scene: Scene) -> Done:
        now = self._now().astimezone(ZoneInfo(task.value(ZONE)))
        values = {
            "branch": task.value(BRANCH_NAME),
            "time": spoken_moment(booked.start, now, scene.language),
            "minutes": str(booked.minutes),
            "number": booked.number,
        }
        known = {NUMBER: booked.number, CONTACT: task.value(CONTACT)}
        return Done((Say("appointment.booked", values),), known)

    async def _not_booked(self, reason: str, task: Task, scene: Scene) -> Result:
        if reason == TOO_MANY:
            return OfferPerson("not_possible", (Say("appointment.too_many", choices=YES_NO),))
        taken = Say("appointment.taken" if reason == TIME_TAKEN else "appointment.not_offered")
        again = task.with_values({TIME: "", SPOKEN: "", TIMES: ""})
        result = await self._offer_times(again, scene)
        if not isinstance(result, Ask):
            return result
        forgotten = {TIME: "", SPOKEN: ""}
        return Ask(result.slot, (taken, *result.says), {**forgotten, **result.values})


def _settled_anew(taken: Taken | Refused | None) -> Taken | Refused | None:
    """Another branch: its times are not known yet."""
    if not isinstance(taken, Taken):
        return taken
    anew = dict.fromkeys((ZONE, BRANCH_NAME, TIME, SPOKEN, TIMES), "")
    return Taken({**taken.values, **anew})


def _take_purpose(heard: Heard, task: Task) -> Taken | None:
    if task.asked != PURPOSE or heard.intent == "file":
        return None
    if heard.choice or heard.intent in {"deny", "no_details"}:
        return Taken({PURPOSE: _NO_PURPOSE})
    return Taken({PURPOSE: words_of(heard)})


def _skip() -> Choice:
    return Choice(key="appointment.skip_purpose", value=_NO_PURPOSE)
