"""Which ticket is meant, of those that a verified customer has."""

import re
from collections.abc import Sequence

from switchyard_actions.domain.cases import Case
from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.flow import Ask, Question, Refused, Taken
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.say import Choice, Say

NUMBER, SHOWN = "ticket_number", "shown_tickets"
"""Values of a task: the ticket; those that were put up for choice."""

_MOST_SHOWN = 5
_DIGITS = re.compile(r"[0-9]{6,12}")


def take_ticket(heard: Heard, task: Task) -> Taken | Refused | None:
    """A number, or which of those shown."""
    named = heard.first(NUMBER)
    if named:
        return Taken({NUMBER: named})
    if task.asked != NUMBER:
        return None
    if heard.choice:
        return Taken({NUMBER: heard.choice})
    nth = _nth(heard, task)
    if nth:
        return Taken({NUMBER: nth})
    found = _DIGITS.fullmatch(heard.first("digits") or "")
    if found:
        return Taken({NUMBER: found[0]})
    if any(char.isdigit() for char in heard.text):
        return Refused(Say("tickets.bad_number"))
    return None


def choice_again(task: Task) -> Question | None:
    """The choice once more; None while there is something to look up."""
    if task.value(NUMBER) or not task.value(SHOWN):
        return None
    return Question(NUMBER, Say("tickets.which", choices=_choices(_shown(task))))


def ask_which(cases: Sequence[Case], *before: Say) -> Ask:
    """Puts tickets up for choice."""
    shown = [(case.number, case.subject) for case in cases[:_MOST_SHOWN]]
    kept = "\n".join(f"{number}\t{' '.join(subject.split())}" for number, subject in shown)
    says = (*before, Say("tickets.which", choices=_choices(shown)))
    return Ask(NUMBER, says, {SHOWN: kept, NUMBER: ""})


def in_question(task: Task, dialogue: Dialogue, cases: Sequence[Case]) -> str:
    """The number that was given; else of the only case, or of the one spoken of before."""
    if task.value(NUMBER):
        return task.value(NUMBER)
    numbers = [case.number for case in cases]
    if dialogue.fact(NUMBER) in numbers:
        return dialogue.fact(NUMBER)
    return numbers[0] if len(numbers) == 1 else ""


def _nth(heard: Heard, task: Task) -> str:
    shown = _shown(task)
    ordinal = heard.first("ordinal") or ""
    if not re.fullmatch(r"-?[0-9]{1,2}", ordinal):
        return ""
    place = int(ordinal)
    index = place - 1 if place > 0 else len(shown) + place
    return shown[index][0] if 0 <= index < len(shown) else ""


def _shown(task: Task) -> list[tuple[str, str]]:
    pairs = (line.partition("\t") for line in task.value(SHOWN).split("\n") if line)
    return [(number, subject) for number, _, subject in pairs]


def _choices(shown: Sequence[tuple[str, str]]) -> tuple[Choice, ...]:
    return tuple(
        Choice(title=f"{number} {subject}".strip(), value=number) for number, subject in shown
    )
