"""How was it? After self-service and after an agent; nobody has to answer."""

import re
from collections.abc import Mapping
from typing import ClassVar, override

from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.flow import (
    SURVEY,
    Done,
    Flow,
    Kind,
    Question,
    Refused,
    Result,
    Scene,
    Taken,
)
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.notice import Survey
from switchyard_actions.domain.say import YES_NO, Choice, Say
from switchyard_actions.domain.when.numerals import in_digits

_RATING, _RESOLVED, _AGENT = "rating", "resolved", "agent"
_SKIPPED, _YES, _NO = "skipped", "yes", "no"
_LOW = 2
_SKIP = Choice(key="survey.skip", value=_SKIPPED)
_RATINGS = tuple(Choice(key=f"survey.rating_{n}", value=str(n)) for n in range(5, 0, -1))
_DIGIT = re.compile(r"(?<![0-9.,/])([0-9]{1,2})(?![0-9.,%])(?:\s?/\s?5\b)?")
_WORDS: Mapping[str, str] = {
    r"非常不满意|很不满意|太差|极差|terrible|awful|horrible|very (?:bad|dissatisfied|unhappy)": "1",
    r"不满意|不太满意|较差|dissatisfied|unhappy|not (?:good|great|happy)|\bbad\b|\bpoor\b": "2",
    r"一般|还行|凑合|马马虎虎|average|so-so|\bokay?\b|neutral": "3",
    r"[非很特十][常别分]?满意|excellent|very (?:good|satisfied|happy)|perfect|\bgreat\b": "5",
    r"满意|不错|挺好|\bgood\b|satisfied|\bhappy\b": "4",
}


class SurveyFlow(Flow):
    """Asks for satisfaction (1 to 5) and whether it is resolved, and reports both."""

    name: ClassVar[str] = SURVEY
    title: ClassVar[str] = "survey.title"
    slots: ClassVar[tuple[str, ...]] = (_RATING, _RESOLVED)
    patient: ClassVar[bool] = True

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        if not task.value(_RATING):
            key = "survey.ask_agent" if task.value(_AGENT) else "survey.ask_bot"
            return Question(_RATING, Say(key, choices=(*_RATINGS, _SKIP)))
        if not task.value(_RESOLVED):
            return Question(_RESOLVED, Say("survey.ask_resolved", choices=YES_NO), Kind.YES_NO)
        return None

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        if task.asked != slot:
            return None
        return _resolved(heard) if slot == _RESOLVED else _rating(heard)

    @override
    def summary(self, task: Task) -> Say:
        return Say("survey.summary")

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        rating, resolved = task.value(_RATING), task.value(_RESOLVED)
        if rating == _SKIPPED:
            return Done((Say("survey.skipped"),))
        notice = Survey(int(rating), {_YES: True, _NO: False}.get(resolved), task.value(_AGENT))
        if resolved == _NO and not task.value(_AGENT):
            says = (Say("survey.sorry_person", choices=YES_NO),)
            return Done(says, notices=(notice,), then="ask_person")
        low = notice.csat <= _LOW
        return Done((Say("survey.sorry" if low else "survey.thanks"),), notices=(notice,))


def _rating(heard: Heard) -> Taken | Refused | None:
    if heard.choice:
        return _rated(heard.choice)
    named = heard.first("rating")
    found = _DIGIT.search(in_digits(heard.text))
    if named or found:
        figure = int(named or (found[1] if found else 0))
        return _rated(str(figure)) if 1 <= figure <= 5 else Refused(Say("survey.bad_rating"))
    for pattern, rating in _WORDS.items():
        if re.search(pattern, heard.text, re.IGNORECASE):
            return _rated(rating)
    return _rated(_SKIPPED) if heard.intent == "deny" else None


def _rated(rating: str) -> Taken:
    return Taken({_RATING: rating} | ({_RESOLVED: _SKIPPED} if rating == _SKIPPED else {}))


def _resolved(heard: Heard) -> Taken | None:
    if heard.choice == _SKIPPED:
        return Taken({_RESOLVED: _SKIPPED})
    answers = {"affirm": _YES, "deny": _NO, "thank": _YES}
    answer = answers.get(heard.intent)
    return Taken({_RESOLVED: answer}) if answer else None
