"""The survey after an agent, key by key."""

from collections.abc import Sequence

import pytest
from switchyard_phone.adapters.menu_files import load
from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.survey import Answers, SurveyScript, SurveySession

pytestmark = pytest.mark.unit

MENUS = load(None)
SCRIPT = SurveyScript(MENUS)
ENGLISH, CHINESE = Language.ENGLISH, Language.CHINESE


def said(outputs: Sequence[ev.Output]) -> list[str]:
    return [line.text for output in outputs if isinstance(output, ev.Play) for line in output.lines]


def phrase(name: str, language: Language = ENGLISH) -> str:
    return MENUS.phrase(name, language)


def played(*events: ev.Event, language: Language = ENGLISH) -> tuple[SurveySession, list[str]]:
    """The survey after these events, and all that was said."""
    session, outputs = SCRIPT.begin(language)
    words = said(outputs)
    for number, event in enumerate(events):
        session, outputs = SCRIPT.step(session, event, 100.0 * number)
        words += said(outputs)
    return session, words


@pytest.mark.parametrize("language", [CHINESE, ENGLISH])
def test_a_rating_and_whether_it_is_settled_are_asked_in_the_callers_language(
    language: Language,
) -> None:
    session, words = played(ev.Pressed("5"), ev.Pressed("1"), language=language)
    assert session.over
    assert session.answers == Answers(5, resolved=True)
    names = ("survey_rating", "survey_resolved", "survey_thanks")
    assert words == [phrase(name, language) for name in names]


def test_an_unknown_language_is_the_first_of_the_menus() -> None:
    session, _ = SCRIPT.begin(None)
    assert session.language is MENUS.languages[0]


def test_a_low_rating_hears_that_we_are_sorry() -> None:
    session, words = played(ev.Pressed("2"), ev.Pressed("2"))
    assert session.answers == Answers(2, resolved=False)
    assert words[-1] == phrase("survey_sorry")


def test_whoever_does_not_want_to_rate_is_asked_nothing_else() -> None:
    session, words = played(ev.Pressed("#"))
    assert (session.over, session.answers) == (True, Answers())
    assert words == [phrase("survey_rating"), phrase("goodbye")]


def test_a_rating_counts_without_the_second_answer() -> None:
    session, words = played(ev.Pressed("4"), ev.Pressed("#"))
    assert (session.over, session.answers) == (True, Answers(4))
    assert words[-1] == phrase("survey_thanks")


def test_silence_is_asked_once_more_and_then_let_go() -> None:
    session, words = played(ev.Played(), ev.Waited(), ev.Played(), ev.Waited())
    assert (session.over, session.answers) == (True, Answers())
    assert words == [phrase("survey_rating"), phrase("survey_rating"), phrase("goodbye")]


@pytest.mark.parametrize("key", ["6", "0", "9"])
def test_a_key_that_is_no_rating_is_asked_again_and_never_taken_for_one(key: str) -> None:
    session, words = played(ev.Pressed(key), ev.Pressed("3"), ev.Pressed("1"))
    assert session.answers == Answers(3, resolved=True)
    assert words[1:3] == [phrase("wrong_key"), phrase("survey_rating")]


def test_wrong_keys_come_to_an_end() -> None:
    session, words = played(*[ev.Pressed("8")] * (MENUS.retries + 1))
    assert (session.over, session.answers) == (True, Answers())
    assert words[-1] == phrase("goodbye")


def test_the_star_key_asks_the_same_again() -> None:
    session, words = played(ev.Pressed("4"), ev.Pressed("*"), ev.Pressed("1"))
    assert session.answers == Answers(4, resolved=True)
    assert words.count(phrase("survey_resolved")) == 2


def test_what_was_answered_before_the_caller_hung_up_is_kept() -> None:
    session, words = played(ev.Pressed("4"), ev.Gone())
    assert (session.over, session.answers) == (True, Answers(4))
    assert words == [phrase("survey_rating"), phrase("survey_resolved")]


def test_nothing_happens_after_the_end() -> None:
    session, outputs = SCRIPT.step(played(ev.Gone())[0], ev.Pressed("1"), 0.0)
    assert (session.answers, outputs) == (Answers(), ())
