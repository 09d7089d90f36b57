"""Bill numbers in what customers say, and bills put up for choice."""

import re
from collections.abc import Sequence
from datetime import date

from switchyard_actions.domain.bills import Bill
from switchyard_actions.domain.day_text import spoken_month
from switchyard_actions.domain.dialogue import Task
from switchyard_actions.domain.flow import Ask, Question, Refused, Taken
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.money import spoken
from switchyard_actions.domain.periods import period_in
from switchyard_actions.domain.say import Choice, Say
from switchyard_actions.flows.shown import nth

BILL, PERIOD, SHOWN = "bill_number", "period", "shown"
"""Values of a task: the bill; the month named instead; those that were put up for choice."""

_MOST_SHOWN = 5
_ALL = re.compile(r"全部|都要|都分|两张都|所有|\b(?:all|both)\b", re.IGNORECASE)
_FORM = re.compile(r"B?([0-9]{12})", re.IGNORECASE)


def take_bill(slot: str, heard: Heard, task: Task, today: date) -> Taken | Refused | None:
    """A bill's number or month; a new one takes the place of the other."""
    if slot == PERIOD:
        return _take_period(heard, task, today)
    found = _FORM.fullmatch((heard.choice or heard.first("bill_number") or "").strip())
    if found is not None:
        return Taken({BILL: f"B{found[1]}", PERIOD: ""})
    if task.asked != BILL:
        return None
    if heard.intent == "no_details":
        return Refused(Say("bills.no_number_needed"))
    if _ALL.search(heard.text):
        return Refused(Say("bills.one_at_a_time"))
    chosen = nth(heard, [number for number, _ in _shown(task)])
    if chosen:
        return Taken({BILL: chosen, PERIOD: ""})
    period = _take_period(heard, task, today)
    if period is not None:
        return period
    return Refused(Say("bills.bad_number")) if re.search(r"[0-9]{5,}", heard.text) else None


def choice_question(task: Task) -> Question | None:
    """The choice once more; None while there is something to look up."""
    if task.value(BILL) or task.value(PERIOD) or not task.value(SHOWN):
        return None
    return Question(BILL, Say("bills.which", choices=_choices(_shown(task))))


def ask_which(
    bills: Sequence[Bill], today: date, language: Language, key: str, *before: Say
) -> Ask:
    """Puts bills up for choice."""
    shown = [
        (
            bill.number,
            f"{spoken_month(bill.period, today, language)} {spoken(bill.amount, language)}",
        )
        for bill in bills[:_MOST_SHOWN]
    ]
    kept = "\n".join(f"{number}\t{title}" for number, title in shown)
    values = {SHOWN: kept, BILL: "", PERIOD: ""}
    return Ask(BILL, (*before, Say(key, choices=_choices(shown))), values)


def _take_period(heard: Heard, task: Task, today: date) -> Taken | None:
    if task.asked not in {"", BILL} and heard.intent not in {"correct", "bill_balance"}:
        return None  # a month to begin paying in is no month billed
    period = period_in(heard.text, today)
    return Taken({PERIOD: period, BILL: ""}) if period and not heard.first("bill_number") else None


def _shown(task: Task) -> list[tuple[str, str]]:
    pairs = (line.partition("\t") for line in task.value(SHOWN).split("\n") if line)
    return [(number, title) for number, _, title in pairs]


def _choices(shown: Sequence[tuple[str, str]]) -> tuple[Choice, ...]:
    return tuple(Choice(title=title.strip() or number, value=number) for number, title in shown)
