"""Order numbers in what customers say."""

import re

from switchyard_actions.domain.details import parse_order_number
from switchyard_actions.domain.dialogue import Task
from switchyard_actions.domain.flow import Refused, Taken
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.say import Say

_BARE = re.compile(r"(?<![A-Za-z0-9])(?:SY)?[0-9]{8}(?![0-9])", re.IGNORECASE)


def take_order_number(slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
    """An order number: chosen, named anywhere, or asked for and given in bare digits."""
    named = heard.choice or heard.first("order_number") or ""
    number = parse_order_number(named)
    if number is None and task.asked == slot:
        bare = _BARE.search(heard.text)
        number = parse_order_number(bare[0]) if bare else None
        if number is None and re.search(r"[0-9]{3,}", heard.text):
            return Refused(Say("verification.bad_order_number"))
    return Taken({slot: number}) if number else None
