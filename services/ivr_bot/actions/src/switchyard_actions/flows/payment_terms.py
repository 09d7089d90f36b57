"""In how many parts, and from when: what customers say of paying later."""

import re
from datetime import date, timedelta

from switchyard_actions.domain.bills import (
    FIRST_DUE_WITHIN_DAYS,
    MAX_INSTALMENTS,
    MIN_INSTALMENTS,
)
from switchyard_actions.domain.day_text import on_day, spoken_day
from switchyard_actions.domain.dialogue import CONFIRM, CORRECT, Task
from switchyard_actions.domain.due_days import due_day_in
from switchyard_actions.domain.flow import Refused, Taken
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.say import Say

INSTALMENTS, FIRST_DUE, FIRST_DUE_WORDS = "instalments", "first_due", "first_due_words"
"""Values of a task: how many parts; the day of the first, ISO 8601 and as it is said."""

_LATER = re.compile(
    r"延期|延后|延长|延一延|往后延|宽限|推迟|晚点|晚些|拖到|再交|再付|一次性|一次付清"
    r"|\blater\b|\bpostpone\b|\bdefer\b|\bexten(?:d|sion|tion)\b|\bmore time\b"
    r"|\bin one go\b|\ball at once\b",
    re.IGNORECASE,
)
_IN_PARTS = re.compile(
    r"分期|拆|几期|按月|每个?月|\bparts?\b|\binstal|\bsplit\b|\bspread\b|\bmonthly\b|\bhalf\b|\bcan'?t\b"
    r"|\bcannot\b|不出|一半",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"(?:不对?[，, ]*|no[, ]+|sorry[, ]+|rather )*(?:改成|换成|要|是|make (?:it|that) |i meant )?"
    r"([0-9]{1,2})(?: please| instead|吧)?[.。!！]?",
    re.IGNORECASE,
)
_HALVES = re.compile(r"先付一半|一半.{0,8}一半|\bhalf now\b|\bhalf and half\b", re.IGNORECASE)


def take_instalments(heard: Heard, task: Task) -> Taken | Refused | None:
    """How many parts; a plain "later" is one part, a plain number only if it was asked for."""
    asked = task.asked == INSTALMENTS
    if asked and heard.intent == "no_details":
        return Refused(Say("bills.undecided"))
    said = heard.choice if asked else _said_instead(heard, task)
    count = said or heard.first("instalments") or (heard.first("number", "digits") if asked else "")
    if not count:
        return _without_number(heard, task, asked)
    if not re.fullmatch(r"[0-9]{1,4}", count):
        return Refused(Say("bills.bad_instalments")) if asked else None
    if MIN_INSTALMENTS <= int(count) <= MAX_INSTALMENTS:
        return Taken({INSTALMENTS: str(int(count))})
    return Refused(Say("bills.bad_instalments"))


def _said_instead(heard: Heard, task: Task) -> str:
    """A bare number in the place of the one that was to be confirmed: "no, make it 12"."""
    if task.asked not in {CONFIRM, CORRECT} or heard.intent not in {"correct", "give_details"}:
        return ""
    found = _ALONE.fullmatch(heard.text.strip())
    return found[1] if found else ""


def _without_number(heard: Heard, task: Task, asked: bool) -> Taken | None:
    if task.value(INSTALMENTS) and not asked:
        return None
    if _HALVES.search(heard.text):
        return Taken({INSTALMENTS: "2"})
    later = _LATER.search(heard.text) and not _IN_PARTS.search(heard.text)
    return Taken({INSTALMENTS: "1"}) if later else None


def take_first_due(
    heard: Heard, task: Task, today: date, language: Language
) -> Taken | Refused | None:
    """The day from tomorrow to sixty days from now on which the first part is due."""
    asked = task.asked == FIRST_DUE
    if asked and heard.intent == "no_details":
        return Refused(Say("bills.undecided"))
    if not asked and task.asked not in {"", CONFIRM, CORRECT, INSTALMENTS}:
        return None
    try:
        day = date.fromisoformat(heard.choice) if heard.choice else due_day_in(heard.text, today)
    except ValueError:  # a choice that belongs to another question
        return None
    if day is None or (not asked and _is_past(day, today)):
        return None
    first, last = today + timedelta(days=1), today + timedelta(days=FIRST_DUE_WITHIN_DAYS)
    if not first <= day <= last:
        bounds = {
            "first": spoken_day(first, today, language),
            "last": spoken_day(last, today, language),
        }
        return Refused(Say("bills.bad_first_due", bounds))
    words = on_day(day, today, language)
    return Taken({FIRST_DUE: day.isoformat(), FIRST_DUE_WORDS: words})


def _is_past(day: date, today: date) -> bool:
    """Said in passing, a day gone by is no wish to pay then."""
    return day <= today
