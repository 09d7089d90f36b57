"""Which of the free times at a branch: wished for, offered, chosen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from switchyard_actions.domain.dialogue import CONFIRM, CORRECT, Task
from switchyard_actions.domain.flow import Ask, Question, Refused, Taken
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.say import Choice, Say
from switchyard_actions.domain.visit_wish import VisitWish, decode_wish, wish_from
from switchyard_actions.domain.when.reading import read_when
from switchyard_actions.domain.when.speaking import moment_title, spoken_moment
from switchyard_actions.flows.branch_choice import BRANCH
from switchyard_actions.service.visits import Visits

WHEN, TIME, TIMES, SPOKEN = "when", "time", "times", "time_spoken"
"""Values of a task: the wish; the time (UTC, ISO 8601); those offered; the time in words."""
BRANCH_NAME, ZONE = "branch_name", "zone"
_AFTER = "after"
"""Value of a task: only times after this moment are wanted, on whatever day."""
_MOST_OFFERED = 5
_ASKED_FOR = 20
_LATER = "later"


@dataclass(frozen=True, slots=True)
class FoundTimes:
    """Free times, at least one. `fits`: they are what was wished; `exact`: the first is the one."""

    times: tuple[datetime, ...]
    fits: bool
    exact: bool


class VisitTimes:
    """Leads to a time at a branch that is settled."""

    def __init__(self, visits: Visits, now: Callable[[], datetime]) -> None:
        self._visits = visits
        self._now = now

    def question(self, task: Task) -> Question | None:
        """The offer once more; None while times have to be looked up."""
        language, _, kept = task.value(TIMES).partition(" ")
        if kept:
            choices = _time_choices(kept, ZoneInfo(task.value(ZONE)), Language(language))
            values = {"branch": task.value(BRANCH_NAME)}
            return Question(TIME, Say("appointment.which_time", values, choices))
        if task.value(WHEN) or task.value(_AFTER):
            return None
        return Question(WHEN, Say("appointment.ask_when", {"branch": task.value(BRANCH_NAME)}))

    def take(self, heard: Heard, task: Task) -> Taken | Refused | None:
        """One of the times offered, or another day."""
        if task.asked != TIME:
            return None
        _, _, kept = task.value(TIMES).partition(" ")
        offered = [datetime.fromisoformat(time) for time in kept.split()]
        if not offered:
            return None
        if heard.choice == _LATER:
            later = offered[-1] + timedelta(minutes=1)
            return Taken({WHEN: "", _AFTER: later.isoformat(), TIMES: ""})
        time = self._which(heard, offered, ZoneInfo(task.value(ZONE)))
        if time is not None:
            return Taken(self.settled(time, task, heard.language))
        return self._other_day(heard, offered, task)

    def take_wish(self, heard: Heard, task: Task) -> Taken | Refused | None:
        """When the customer would like to come."""
        if task.asked not in {"", BRANCH, WHEN, CONFIRM, CORRECT}:
            return None
        asked = task.asked == WHEN
        wish = wish_from(heard.text, self._now(), hour_alone=asked)
        if wish is None:
            unclear = asked and heard.intent not in {"deny", "affirm"}
            return Refused(Say("appointment.bad_when")) if unclear else None
        span = wish.span(ZoneInfo(task.value(ZONE))) if task.value(ZONE) else None
        if span is not None and span.is_over(self._now()):
            return Refused(Say("appointment.in_the_past"))
        return Taken({WHEN: wish.encode(), _AFTER: "", TIMES: "", TIME: "", SPOKEN: ""})

    async def find(self, task: Task) -> FoundTimes | None:
        """The free times that fit the wish, else the next ones; None: there are none at all.

        Raises Unavailable and Declined.
        """
        zone = ZoneInfo(task.value(ZONE))
        now = self._now().astimezone(zone)
        wish = decode_wish(task.value(WHEN))
        span = wish.span(zone) if wish else None
        start = max(span.start, now) if span else now
        if task.value(_AFTER):
            start = datetime.fromisoformat(task.value(_AFTER))
        free = await self._visits.free_times(task.value(BRANCH), start, _ASKED_FOR)
        if not free.starts:
            return None
        fitting = tuple(time for time in free.starts if span is None or span.holds(time))
        exact = span is not None and span.is_moment and bool(fitting)
        return FoundTimes(fitting or free.starts, bool(fitting), exact)

    def settled(self, time: datetime, task: Task, language: Language) -> dict[str, str]:
        """Values of a task whose time is this one."""
        now = self._now().astimezone(ZoneInfo(task.value(ZONE)))
        spoken = spoken_moment(time, now, language)
        return {TIME: time.astimezone(UTC).isoformat(), SPOKEN: spoken}

    def ask(self, key: str, times: Sequence[datetime], task: Task, language: Language) -> Ask:
        """Puts times up for choice."""
        kept = " ".join(time.astimezone(UTC).isoformat() for time in times[:_MOST_OFFERED])
        zone = ZoneInfo(task.value(ZONE))
        say = Say(key, {"branch": task.value(BRANCH_NAME)}, _time_choices(kept, zone, language))
        return Ask(TIME, (say,), {TIMES: f"{language.value} {kept}"})

    def _which(self, heard: Heard, offered: Sequence[datetime], zone: ZoneInfo) -> datetime | None:
        if heard.choice:
            return next((one for one in offered if one.isoformat() == heard.choice), None)
        nth = heard.first("ordinal") or ""
        if nth.removeprefix("-").isdigit():
            index = int(nth) - 1 if int(nth) > 0 else len(offered) + int(nth)
            return offered[index] if 0 <= index < len(offered) else None
        day = offered[0].astimezone(zone)
        morning = day.replace(hour=0, minute=0)  # "at 10" means the day that is spoken of
        span = read_when(heard.text, morning, hour_alone=True)
        if span is None:
            return None
        fitting = [one for one in offered if span.holds(one)]
        return fitting[0] if len(fitting) == 1 or (span.is_moment and fitting) else None

    def _other_day(
        self, heard: Heard, offered: Sequence[datetime], task: Task
    ) -> Taken | Refused | None:
        zone = ZoneInfo(task.value(ZONE))
        wish = wish_from(heard.text, self._now(), hour_alone=True)
        span = wish.span(zone) if wish else None
        if wish is None or span is None:
            return Refused(Say("appointment.which_please")) if heard.text else None
        if not span.has_day:  # another time of the day that is spoken of
            day = offered[0].astimezone(zone).date()
            wish = VisitWish(f"{day} {wish.said}", wish.at)
        return Taken({WHEN: wish.encode(), _AFTER: "", TIMES: "", TIME: ""})


def _time_choices(kept: str, zone: ZoneInfo, language: Language) -> tuple[Choice, ...]:
    times = [datetime.fromisoformat(time).astimezone(zone) for time in kept.split()]
    offered = [
        Choice(title=moment_title(time, language), value=time.astimezone(UTC).isoformat())
        for time in times
    ]
    return (*offered, Choice(key="appointment.later", value=_LATER))
