"""Branches in words: where they are, when they are open, whether they are open now."""

from collections.abc import Sequence
from datetime import date, datetime, time

from switchyard_actions.domain.branches import Branch, Stretch
from switchyard_actions.domain.day_text import spoken_day
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.say import Say
from switchyard_actions.domain.texts import Texts
from switchyard_actions.domain.when.speaking import spoken_clock, spoken_moment

_JOIN = {Language.CHINESE: "、", Language.ENGLISH: ", "}
_WEEKDAYS = {
    Language.CHINESE: tuple(f"周{day}" for day in "一二三四五六日"),
    Language.ENGLISH: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MOST_CLOSED_DAYS = 5


class BranchTelling:
    """Puts branches into words."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def whole(self, branch: Branch, now: datetime, day: date | None, language: Language) -> Say:
        """All of one branch; `day`: a day that was asked about, besides the week."""
        local = now.astimezone(branch.zone)
        parts = [
            self._render("branches.place", language, name=branch.name, address=branch.address),
            self._phone(branch, language),
            *self._open(branch, day, local, language),
            self._week(branch, language),
            self._closed(branch, local, language),
        ]
        return Say("branches.told", {"branch": "\n".join(part for part in parts if part)})

    def _open(
        self, branch: Branch, day: date | None, now: datetime, language: Language
    ) -> tuple[str, ...]:
        """The day that was asked about; of today, and without one, whether it is open now."""
        at_once = self.now(branch, now, language)
        if day is None:
            return (at_once,)
        hours = self._day(branch, day, now, language)
        return (hours, at_once) if day == now.date() else (hours,)

    def line(self, branch: Branch, now: datetime, day: date | None, language: Language) -> str:
        """One branch of several."""
        local = now.astimezone(branch.zone)
        hours = (
            self._day(branch, day, local, language) if day else self.now(branch, local, language)
        )
        return self._render(
            "branches.line", language, name=branch.name, address=branch.address, hours=hours
        )

    def now(self, branch: Branch, now: datetime, language: Language) -> str:
        """Open until then, or closed until then."""
        closes = branch.closes_at(now)
        if closes is not None:
            clock = self._clock(closes.hour * 60 + closes.minute, language)
            return self._render("branches.open_now", language, until=clock)
        opens = branch.opens_next(now)
        if opens is None:
            return self._render("branches.closed_for_long", language)
        return self._render(
            "branches.closed_now", language, opens=spoken_moment(opens, now, language)
        )

    def _day(self, branch: Branch, day: date, now: datetime, language: Language) -> str:
        spoken = spoken_day(day, now.date(), language)
        hours = branch.hours_on(day)
        if not hours:
            return self._render("branches.closed_on", language, day=spoken)
        return self._render(
            "branches.open_on", language, day=spoken, hours=self._hours(hours, language)
        )

    def _phone(self, branch: Branch, language: Language) -> str:
        if not branch.phone:
            return ""
        return self._render("branches.phone", language, phone=branch.phone)

    def _week(self, branch: Branch, language: Language) -> str:
        """Weekdays with the same hours together: Mon–Fri 9 am–6 pm."""
        runs: list[tuple[int, int, tuple[Stretch, ...]]] = []
        for weekday in range(1, 8):
            hours = tuple(branch.hours.get(weekday, ()))
            if runs and runs[-1][2] == hours:
                runs[-1] = (runs[-1][0], weekday, hours)
            else:
                runs.append((weekday, weekday, hours))
        week = _JOIN[language].join(self._run(*run, language) for run in runs)
        return self._render("branches.week", language, week=week)

    def _run(self, first: int, last: int, hours: Sequence[Stretch], language: Language) -> str:
        names = _WEEKDAYS[language]
        days = names[first - 1] if first == last else f"{names[first - 1]}–{names[last - 1]}"
        if not hours:
            return f"{days} {self._render('branches.closed', language)}"
        return f"{days} {self._hours(hours, language)}"

    def _closed(self, branch: Branch, now: datetime, language: Language) -> str:
        """Holidays ahead."""
        days = sorted(day for day in branch.closed_dates if day >= now.date())[:_MOST_CLOSED_DAYS]
        if not days:
            return ""
        spoken = _JOIN[language].join(spoken_day(day, now.date(), language) for day in days)
        return self._render("branches.closed_days", language, days=spoken)

    def _hours(self, hours: Sequence[Stretch], language: Language) -> str:
        join = " 和 " if language is Language.CHINESE else " and "
        return join.join(f"{_hhmm(each.opens)}–{_hhmm(each.closes)}" for each in hours)

    def _clock(self, minute: int, language: Language) -> str:
        return spoken_clock(time(minute // 60 % 24, minute % 60), language)

    def _render(self, key: str, language: Language, **values: str) -> str:
        return self._texts.render(Say(key, values), language)


def _hhmm(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
