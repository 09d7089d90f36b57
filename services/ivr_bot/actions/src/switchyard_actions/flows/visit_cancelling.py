"""Giving up a visit that was booked."""

import re

from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.flow import (
    Ask,
    Done,
    OfferPerson,
    Question,
    Refused,
    Result,
    Scene,
    Taken,
)
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.holders import Holder, decode_reach
from switchyard_actions.domain.say import YES_NO, Choice, Say
from switchyard_actions.flows.reaching import CONTACT, Reaching
from switchyard_actions.flows.request_ids import request_id_of
from switchyard_actions.service.accounts import Declined, Refusal
from switchyard_actions.service.visits import Visits

NUMBER = "appointment"
"""Value of a task, and fact that is kept: the number of a visit."""

_NUMBER = re.compile(r"(?<![A-Za-z0-9+])([0-9]{4})[ -]?([0-9]{4})(?![0-9])")


class VisitCancelling:
    """The other half of the appointment flow."""

    def __init__(self, visits: Visits, reaching: Reaching) -> None:
        self._visits = visits
        self._reaching = reaching

    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        """The number, then who booked it."""
        if not task.value(NUMBER):
            known = dialogue.fact(NUMBER)
            choices = (Choice(title=known, value=known),) if known else ()
            return Question(NUMBER, Say("appointment.ask_number", choices=choices))
        return self._reaching.question(task, dialogue, "appointment.ask_booked_with")

    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        """A value of one slot."""
        if slot == CONTACT:
            return self._reaching.take(heard, task) if task.asked != NUMBER else None
        if slot != NUMBER or task.asked not in {"", NUMBER}:
            return None
        found = _NUMBER.search(heard.choice or heard.text)
        if found:
            return Taken({NUMBER: found[1] + found[2]})
        if task.asked == NUMBER and heard.intent not in {"affirm", "deny", "no_details"}:
            return Refused(Say("appointment.bad_number"))
        return None

    def confirmation(self, task: Task) -> Say:
        """Whether to give it up."""
        return Say("appointment.confirm_cancel", {"number": task.value(NUMBER)}, YES_NO)

    async def perform(self, task: Task, scene: Scene) -> Result:
        """Gives it up. Raises Unavailable."""
        number = task.value(NUMBER)
        try:
            await self._cancel(number, task, scene)
        except Declined as error:
            if error.refusal is not Refusal.NOT_THEIRS:
                say = Say("appointment.not_cancelled_person", choices=YES_NO)
                return OfferPerson("not_possible", (say,))
            if task.value(CONTACT):  # which of the two is wrong is not told
                says = (Say("appointment.not_found"),)
                return Ask(NUMBER, says, {NUMBER: "", CONTACT: ""})
            # Before they proved who they are it was booked with a number or address.
            return Ask(CONTACT, (Say("appointment.ask_booked_with"),))
        return Done((Say("appointment.cancelled", {"number": number}),), {NUMBER: ""})

    async def _cancel(self, number: str, task: Task, scene: Scene) -> None:
        """As who books now would have booked it, else with the number or address that is given.

        Raises Declined and Unavailable.
        """
        request_id = request_id_of(scene, "cancel", number)
        try:
            await self._visits.cancel(self._reaching.holder(task, scene), number, request_id)
        except Declined as error:
            reach = decode_reach(task.value(CONTACT))
            if error.refusal is not Refusal.NOT_THEIRS or not (scene.customer and reach):
                raise
            await self._visits.cancel(Holder(reach=reach), number, f"{request_id}.reach")
