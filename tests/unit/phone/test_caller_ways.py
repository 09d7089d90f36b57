"""Whatever callers press and however the bot answers: every way ends, and a person can be had."""

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switchyard_phone.adapters.menu_files import load
from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.caller import MOST_STEPS, Caller
from switchyard_phone.domain.caller_session import Phase, Session
from switchyard_phone.domain.caller_words import VoiceEvent
from switchyard_phone.domain.language import Language

pytestmark = pytest.mark.unit

MENUS = load()
OPEN_EAR = -1
"""Stands for the ear that is open when it comes to it."""
KEYS = st.sampled_from([ev.Pressed(key) for key in "0123456789*#A"])
ANSWERS = st.builds(
    ev.Answered,
    st.sampled_from([(), ("So it is.",), ("One.", "Two?")]),
    st.sampled_from([(), ("Yes", "No"), tuple("abcdefghijklm")]),
    st.sampled_from(
        ["", "done", "confirm", "offer.person"]
        + [f"ask.{slot}" for slot in (*MENUS.fields, "address", "when", "method")]
    ),
    st.sampled_from([None, *Language]),
    st.sampled_from([None, None, None, ev.Handover("asked")]),
    st.booleans(),
)
OTHERS = st.sampled_from(
    [
        ev.Played(),
        ev.Waited(),
        ev.BotFailed(),
        ev.NoPerson("queue_full"),
        ev.Back("agent_ended"),
        ev.Begun(),
        ev.Closing(last=False),
        ev.Recognised(Language.ENGLISH),
    ]
)
VOICES = st.one_of(
    st.builds(ev.SpeechBegan, st.just(OPEN_EAR)),
    st.builds(ev.NotUnderstood, st.just(OPEN_EAR)),
    st.builds(ev.Deafened, st.just(OPEN_EAR)),
    st.builds(
        ev.Spoken,
        st.sampled_from([OPEN_EAR, OPEN_EAR, OPEN_EAR, 1]),
        st.sampled_from(["", "words"]),
        st.sampled_from([0.0, 0.45, 1.0]),
        st.sampled_from(["", "", "0", "1", "2", "*", "#", "x"]),
    ),
)
EVENTS = st.lists(
    st.tuples(st.one_of(KEYS, KEYS, ANSWERS, OTHERS, VOICES, VOICES), st.floats(0, 30)),
    max_size=60,
)
CALLERS = st.builds(lambda speech: Caller(MENUS, speech=speech), st.booleans())
LANGUAGES = st.sampled_from([None, *Language])


def begun(caller: Caller, language: Language | None) -> Session:
    return caller.step(caller.new(), ev.Begun(language), 0.0)[0]


def led(
    caller: Caller, session: Session, events: list[tuple[ev.Event, float]]
) -> tuple[Session, float]:
    now = 0.0
    for event, seconds in events:
        now += seconds
        session, outputs = caller.step(session, heard_now(session, event), now)
        check(session, outputs)
    return session, now


def heard_now(session: Session, event: ev.Event) -> ev.Event:
    """A voice is heard by the ear that is open now."""
    if isinstance(event, VoiceEvent) and event.ear == OPEN_EAR and session.voice.ear is not None:
        return replace(event, ear=session.voice.ear.number)
    return event


def check(session: Session, outputs: tuple[ev.Output, ...]) -> None:
    """What holds after every step."""
    assert (session.phase is Phase.CALLER) == (session.awaited is not None)
    assert (session.phase is Phase.CALLER) == (session.collector is not None)
    assert session.menu in {"", *MENUS.menus}
    assert session.misses <= MENUS.retries
    kinds = [type(output) for output in outputs]
    assert all(kinds.count(kind) <= 1 for kind in kinds)
    if ev.Ask in kinds:
        assert session.phase is Phase.BOT
        assert session.bot_due < inf
    if ev.Transfer in kinds:
        assert session.phase is Phase.PERSON
    if ev.HangUp in kinds:
        assert session.phase is Phase.ENDED
    if ev.Collect in kinds:
        assert session.phase is Phase.CALLER
        assert ev.Play in kinds
    assert not (ev.Play in kinds and ev.Hush in kinds)
    check_ear(session)


def check_ear(session: Session) -> None:
    """Nobody listens to a secret, to whom nothing was asked, or after a key."""
    if session.awaited is None or not session.awaited.listen or session.awaited.rule.secret:
        assert session.voice.ear is None
    if session.voice.ear is None:
        assert session.voice.due == inf
    if session.voice.hushed:
        assert session.telling


@given(CALLERS, LANGUAGES, EVENTS)
def test_every_sequence_ends_in_a_state_that_is_allowed(
    caller: Caller, language: Language | None, events: list[tuple[ev.Event, float]]
) -> None:
    led(caller, begun(caller, language), events)


@given(CALLERS, LANGUAGES, EVENTS)
def test_silence_always_ends_with_a_person_or_with_goodbye(
    caller: Caller, language: Language | None, events: list[tuple[ev.Event, float]]
) -> None:
    session, now = led(caller, begun(caller, language), events)
    for _ in range(20):
        if session.phase in {Phase.PERSON, Phase.ENDED}:
            break
        if not session.voice.hushed:  # what fell silent is not heard to its end
            session, _ = caller.step(session, ev.Played(), now)
        assert session.due < inf
        now = max(now, session.due)
        session, outputs = caller.step(session, ev.Waited(), now)
        check(session, outputs)
    assert session.phase in {Phase.PERSON, Phase.ENDED}


@given(CALLERS, LANGUAGES, EVENTS, st.sampled_from([0.0, 0.45]))
def test_noise_always_ends_with_a_person_or_with_goodbye(
    caller: Caller, language: Language | None, events: list[tuple[ev.Event, float]], sure: float
) -> None:
    """Whatever it is taken for, as long as nobody is sure; the bot may ask again and again."""
    session, now = led(caller, begun(caller, language), events)
    for _ in range(40):
        if session.phase in {Phase.PERSON, Phase.ENDED}:
            break
        ear = session.voice.ear
        heard: list[ev.Event] = [ev.Waited()]
        if ear is not None:
            phrase = next(iter(ear.phrases), "")
            heard = [ev.SpeechBegan(ear.number), ev.Spoken(ear.number, "noise", sure, phrase)]
            heard = heard if sure else [heard[0], ev.NotUnderstood(ear.number)]
        for event in heard:
            session, outputs = caller.step(session, event, now)
            check(session, outputs)
        if not session.voice.hushed:
            session, _ = caller.step(session, ev.Played(), now)
        now = max(now, min(session.due, now + 1000))
    assert session.phase in {Phase.PERSON, Phase.ENDED}


@given(CALLERS, LANGUAGES, EVENTS)
def test_zero_always_reaches_a_person(
    caller: Caller, language: Language | None, events: list[tuple[ev.Event, float]]
) -> None:
    """In the middle of a number, after `*` took back what was keyed in."""
    session, now = led(caller, begun(caller, language), events)
    if session.phase in {Phase.ENDED, Phase.PERSON}:
        return
    if session.collector is not None and session.collector.begun:
        session, _ = caller.step(session, ev.Pressed("*"), now)
    session, outputs = caller.step(session, ev.Pressed("0"), now)
    if session.phase is Phase.CALLER:
        session, outputs = caller.step(session, ev.Pressed("#"), now)
    assert session.phase is Phase.PERSON
    assert any(isinstance(output, ev.Transfer) for output in outputs)


@given(CALLERS, st.lists(KEYS, min_size=1, max_size=6), ANSWERS)
@settings(max_examples=5)
def test_nobody_goes_round_in_circles_for_ever(
    caller: Caller, pressed: list[ev.Event], answer: ev.Answered
) -> None:
    session, now = begun(caller, Language.ENGLISH), 0.0
    for _ in range(MOST_STEPS):
        for event in (*pressed, answer, ev.Back("agent_ended")):
            now += 1
            session, outputs = caller.step(session, event, now)
            check(session, outputs)
    session, _ = caller.step(session, ev.NoPerson("nobody"), now)
    assert session.phase is Phase.ENDED


@given(CALLERS, EVENTS)
def test_who_hangs_up_is_gone_at_once(caller: Caller, events: list[tuple[ev.Event, float]]) -> None:
    session, now = led(caller, begun(caller, None), events)
    session, outputs = caller.step(session, ev.Gone(), now)
    assert (session.phase, outputs) == (Phase.ENDED, ())
    assert caller.step(session, ev.Pressed("0"), now) == (session, ())
