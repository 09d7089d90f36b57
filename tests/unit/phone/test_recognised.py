"""It becomes known whose number calls while the greeting plays."""

import pytest
from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.caller_questions import What
from switchyard_phone.domain.language import Language

from tests.fakes.phone.led_caller import Call, one

pytestmark = pytest.mark.unit

ZH, EN = Language.CHINESE, Language.ENGLISH
GREETING = {ZH: "您好，欢迎致电本公司。", EN: "Welcome to our service line."}


@pytest.mark.parametrize("language", [ZH, EN])
def test_who_is_recognised_during_the_greeting_is_greeted_in_their_language(
    language: Language,
) -> None:
    call = Call(language=None)
    call.tell(ev.Recognised(language))
    assert (
        call.said[0] == {ZH: "您好，欢迎致电本公司。", EN: "Welcome to our service line."}[language]
    )
    assert call.session.menu == "main"
    assert call.session.language is language
    # Nobody has pressed a key: it is no barge-in.
    assert one(call.outputs, ev.Stop) == ev.Stop(by=None)


def test_the_customers_language_goes_before_that_of_the_number_dialled() -> None:
    call = Call(language=ZH)
    call.tell(ev.Recognised(EN))
    assert call.said[0] == GREETING[EN]


def test_who_is_already_greeted_in_their_language_hears_nothing_twice() -> None:
    call = Call(language=EN)
    assert call.tell(ev.Recognised(EN)) == ()


@pytest.mark.parametrize("key", ["1", "9"])
def test_a_key_goes_before_what_is_known(key: str) -> None:
    call = Call(language=None)
    call.press(key)
    before = call.session
    assert call.tell(ev.Recognised(EN)) == ()
    assert call.session.language is before.language


def test_who_was_silent_and_is_asked_again_is_not_interrupted() -> None:
    call = Call(language=None)
    call.wait()
    assert call.tell(ev.Recognised(EN)) == ()
    assert call.session.awaited is not None
    assert call.session.awaited.what is What.LANGUAGE
