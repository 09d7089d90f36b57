"""How was it? Two questions after an agent; nobody has to answer. A machine without sound."""

from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.caller_events import Line, Output
from switchyard_phone.domain.keys import Collector, Got, Outcome, Rule
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import Menus

_YES, _NO = "1", "2"
_LOW = 2  # a rating for which one says sorry
_RATINGS = frozenset("12345")


class Asked(StrEnum):
    """What is being asked; the values are names of phrases."""

    RATING = "survey_rating"
    RESOLVED = "survey_resolved"


@dataclass(frozen=True, slots=True)
class Answers:
    """Satisfaction from 1 to 5, 0 if it was not given; whether the matter is settled, if told."""

    csat: int = 0
    resolved: bool | None = None


@dataclass(frozen=True, slots=True)
class SurveySession:
    """Where a caller is in the survey. `misses`: silences and wrong keys at this question."""

    language: Language
    asked: Asked
    collector: Collector
    answers: Answers = Answers()
    misses: int = 0
    over: bool = False

    @property
    def due(self) -> float:
        """When `Waited` has to be told at the latest; infinity: nothing is waited for."""
        return inf if self.over else self.collector.due


Step = tuple[SurveySession, tuple[Output, ...]]


class SurveyScript:
    """The script of surveys. Has no state.

    `1` to `5` rate, `1` and `2` say whether it is settled, `#` leaves a question out, `*` asks it
    again. Whoever is silent twice has answered enough.
    """

    def __init__(self, menus: Menus) -> None:
        self._menus = menus

    def begin(self, language: Language | None) -> Step:
        """The first question; in the first language if the caller's is not known."""
        spoken = language if language in self._menus.languages else None
        first = SurveySession(
            spoken or self._menus.languages[0], Asked.RATING, self._collector(Asked.RATING)
        )
        return first, self._ask(first)

    def step(self, session: SurveySession, event: ev.Event, now: float) -> Step:
        """What becomes of the survey, and what is to be done."""
        if session.over:
            return session, ()
        match event:
            case ev.Gone():
                return replace(session, over=True), ()
            case ev.Played():
                return replace(session, collector=session.collector.armed(now)), ()
            case ev.Pressed(key):
                after, outputs = self._collected(session, session.collector.pressed(key, now))
                return after, (ev.Stop(), *outputs)
            case ev.Waited():
                return self._collected(session, session.collector.waited(now))
            case _:
                return session, ()

    def _collected(self, session: SurveySession, found: Collector | Outcome) -> Step:
        if isinstance(found, Collector):
            return replace(session, collector=found), ()
        match found.got:
            case Got.DIGITS:
                return self._given(session, found.keyed.reveal())
            case Got.END:
                return self._left_out(session)
            case Got.STAR:
                return self._again(session)
            case Got.NOTHING if session.misses:
                return self._left_out(session)
            case Got.NOTHING:
                return self._again(replace(session, misses=session.misses + 1))
            case _:
                return self._wrong(session)

    def _given(self, session: SurveySession, key: str) -> Step:
        if session.asked is Asked.RATING:
            rated = replace(
                session,
                asked=Asked.RESOLVED,
                answers=Answers(csat=int(key)),
                collector=self._collector(Asked.RESOLVED),
                misses=0,
            )
            return rated, self._ask(rated)
        return self._end(replace(session, answers=replace(session.answers, resolved=key == _YES)))

    def _left_out(self, session: SurveySession) -> Step:
        """Who will not rate is not asked for more; a rating counts without the second answer."""
        return self._end(session)

    def _wrong(self, session: SurveySession) -> Step:
        if session.misses >= self._menus.retries:
            return self._left_out(session)
        sorry = self._say("wrong_key", session.language)
        return self._again(replace(session, misses=session.misses + 1), sorry)

    def _again(self, session: SurveySession, *before: Line) -> Step:
        session = replace(session, collector=self._collector(session.asked))
        return session, self._ask(session, *before)

    def _ask(self, session: SurveySession, *before: Line) -> tuple[Output, ...]:
        asks = self._say(session.asked, session.language)
        return (ev.Play((*before, asks)), ev.Collect(session.collector.rule, listen=False))

    def _end(self, session: SurveySession) -> Step:
        rated = session.answers.csat
        phrase = "goodbye" if not rated else "survey_sorry" if rated <= _LOW else "survey_thanks"
        said = ev.Play((self._say(phrase, session.language),))
        return replace(session, over=True), (said, ev.HangUp())

    def _collector(self, asked: Asked) -> Collector:
        timing = self._menus.timing
        only = _RATINGS if asked is Asked.RATING else frozenset((_YES, _NO))
        seconds = (timing.first_digit_seconds, timing.between_digits_seconds)
        return Collector(Rule(1, 1, *seconds, only=only))

    def _say(self, phrase: str, language: Language) -> Line:
        return Line(self._menus.phrase(phrase, language), language)
