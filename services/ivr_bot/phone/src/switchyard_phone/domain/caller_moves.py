"""The moves that a caller's way is made of: to a menu, a question, the bot, a person, the end."""

from dataclasses import replace

from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.caller_events import Line, Output
from switchyard_phone.domain.caller_questions import Awaited, Questions, What
from switchyard_phone.domain.caller_session import Phase, Session
from switchyard_phone.domain.keys import Collector, Keyed
from switchyard_phone.domain.menus import (
    Act,
    GiveSlot,
    InLanguage,
    Menus,
    ToBot,
    ToMenu,
    ToPerson,
)

Step = tuple[Session, tuple[Output, ...]]

_KEYS_FROM = 2  # silences or words that nobody understood; then keys are all that is left


class Moves:
    """Each takes a caller from where they are to where they are next. `speech`: they may speak."""

    def __init__(self, menus: Menus, *, speech: bool) -> None:
        self.menus = menus
        self._by_keys = Questions(menus, speech=False)
        self._by_voice = Questions(menus, speech=speech)

    def questions(self, session: Session) -> Questions:
        """Who puts questions to this caller."""
        return self._by_voice if session.voice.works else self._by_keys

    def put(self, session: Session, awaited: Awaited, said: tuple[Line, ...] = ()) -> Step:
        """Asks, after these words if there are any, and waits for keys."""
        voice = session.voice.for_question()
        if awaited.listen and awaited.barge_in:
            voice = voice.listening(session.language, awaited)
        session = replace(
            session,
            phase=Phase.CALLER,
            awaited=awaited,
            collector=Collector(awaited.rule),
            voice=voice,
        )
        lines = said + awaited.again if said else awaited.lines
        return session, (ev.Play(lines), ev.Collect(awaited.rule, awaited.listen))

    # Menus, and the values that they ask for.

    def welcome(self, session: Session) -> Step:
        """To the first menu, with a greeting."""
        greeting = Line(self.menus.greeting[session.language], session.language)
        return self.enter(session, self.menus.start, (greeting,))

    def enter(self, session: Session, menu: str, before: tuple[Line, ...] = ()) -> Step:
        """To a menu."""
        awaited = self.questions(session).menu(menu, session.language, before)
        return self.put(replace(session, menu=menu, misses=0), awaited)

    def follow(self, session: Session, act: Act) -> Step:
        """To where an option leads."""
        match act:
            case ToMenu(menu):
                return self.enter(session, menu)
            case ToPerson(reason, queue):
                return self.person(session, ev.Handover(reason, queue))
            case GiveSlot(slot, value):
                return self.ask(session, ev.Keys(slots={slot: Keyed(value)}))
            case InLanguage(language):
                spoken = language or self.menus.after(session.language)
                return self.enter(replace(session, language=spoken), session.menu)
            case ToBot(intent, fields):
                return self.next_field(replace(session, wish=intent, missing=fields, gathered={}))

    def next_field(self, session: Session) -> Step:
        """To the next value that is missing, or to the bot with all of them."""
        if not session.missing:
            keys = ev.Keys(session.wish, session.gathered)
            return self.ask(replace(session, wish="", gathered={}), keys)
        question = self.questions(session).gathered(session.missing[0], session.language)
        return self.put(session, question)

    # The bot, a person, the end.

    def ask(self, session: Session, turn: ev.Keys | ev.Words | ev.Happened) -> Step:
        """To the bot."""
        return session.asking(), (ev.Ask(turn, session.language),)

    def person(
        self,
        session: Session,
        handover: ev.Handover,
        phrase: str = "to_person",
        said: tuple[Line, ...] = (),
    ) -> Step:
        """To a person, after what was said."""
        lines = said + ((self.say(session, phrase),) if phrase else ())
        transfer = ev.Transfer(handover, session.language)
        return session.with_person(), (ev.Play(lines), transfer)

    def goodbye(self, session: Session, phrase: str, said: tuple[Line, ...] = ()) -> Step:
        """To the end."""
        lines = said + ((self.say(session, phrase),) if phrase else ())
        return replace(session.with_person(), phase=Phase.ENDED), (ev.Play(lines), ev.HangUp())

    def missed(self, session: Session, phrase: str, *, unheard: bool = False) -> Step:
        """To the same question, to keys alone, or to a person; `unheard`: it was not for a key."""
        awaited = session.awaited
        assert awaited is not None
        misses = session.misses + 1
        if misses > self.menus.retries:
            if awaited.what is What.LANGUAGE:
                return self.welcome(replace(session, misses=0))
            return self.person(session, ev.Handover("tries"))
        if unheard and awaited.listen and misses >= _KEYS_FROM:
            if awaited.what is What.WORDS:
                return self.person(session, ev.Handover("tries"))
            awaited, phrase = awaited.deaf, "use_keys"
        return self.put(replace(session, misses=misses), awaited, (self.say(session, phrase),))

    def say(self, session: Session, phrase: str) -> Line:
        """One of the menus' phrases."""
        return Line(self.menus.phrase(phrase, session.language), session.language)
