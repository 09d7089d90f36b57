"""One caller's way through menus, numbers to key in and the bot's answers: a machine without sound.

It is told what happens and when, and says what is to be done. Every wait ends by itself, and every
way ends with a person, with goodbye, or with the caller hanging up.
"""

from dataclasses import replace
from math import inf

from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.caller_events import Line
from switchyard_phone.domain.caller_keys import KeyTurn
from switchyard_phone.domain.caller_moves import Moves, Step
from switchyard_phone.domain.caller_questions import What
from switchyard_phone.domain.caller_session import BOT_SECONDS, PATIENCE_SECONDS, Phase, Session
from switchyard_phone.domain.caller_words import VoiceEvent, WordTurn
from switchyard_phone.domain.ladder import USUAL, Ladders
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import Menus

MOST_STEPS = 400
"""Keys, answers and silences of one call; whoever needs more is served by a person."""

_BETWEEN = frozenset({What.LANGUAGE, What.MENU, What.MORE})  # nothing is under way there
_UNTOUCHED = 2  # the beginning, and what is just being told
_MOST_FAILED = 2  # times that nobody could take over, before goodbye is all that is left


class Caller:
    """The script of calls. Has no state; `speech`: callers may speak."""

    def __init__(self, menus: Menus, *, speech: bool, ladders: Ladders = USUAL) -> None:
        self._menus = menus
        self._moves = Moves(menus, speech=speech)
        self._keys = KeyTurn(self._moves)
        self._words = WordTurn(self._moves, self._keys, ladders)

    def new(self) -> Session:
        """A call that is not answered yet."""
        return Session(self._menus.languages[0])

    def step(self, session: Session, event: ev.Event, now: float) -> Step:
        """What becomes of a call, and what is to be done. `now` is of any clock that only rises."""
        if session.phase is Phase.ENDED:
            return session, ()
        if isinstance(event, ev.Gone):
            return replace(session.with_person(), phase=Phase.ENDED), ()
        if isinstance(event, ev.Closing):
            voice = replace(session.voice, hushed=False)  # nothing will go on
            return self._closing(replace(session, closing=True, voice=voice), event)
        after, outputs = self._step(session.counted(event), event, now)
        if after.phase is Phase.BOT and after.bot_due == inf:
            after = replace(after, bot_due=now + PATIENCE_SECONDS)
        return after, outputs

    def _step(self, session: Session, event: ev.Event, now: float) -> Step:
        match session.phase:
            case Phase.NEW:
                return self._begin(session, event)
            case Phase.CALLER | Phase.BOT if session.steps > MOST_STEPS:
                return self._moves.person(session, ev.Handover("tries"))
            case Phase.CALLER:
                return self._caller(session, event, now)
            case Phase.BOT:
                return self._bot(session, event, now)
            case _:
                return self._with_person(session, event)

    def _begin(self, session: Session, event: ev.Event) -> Step:
        if not isinstance(event, ev.Begun):
            return session, ()
        if session.closing:
            return self._moves.goodbye(session, "closing")
        dialled = "".join(filter(str.isdigit, event.dialled))
        language = event.language or self._menus.numbers.get(dialled)
        if language is None and len(self._menus.languages) > 1:
            return self._moves.put(session, self._moves.questions(session).language())
        if language in self._menus.languages:
            session = replace(session, language=language)
        return self._moves.welcome(session)

    # While it is the caller's turn.

    def _caller(self, session: Session, event: ev.Event, now: float) -> Step:
        match event:
            case ev.Recognised(language):
                return self._recognised(session, language)
            case ev.Played():
                return self._played(session, now)
            case ev.Pressed(key):
                return self._keys.pressed(session, key, now)
            case ev.Waited():
                return self._waited(session, now)
            case _ if isinstance(event, VoiceEvent):
                return self._words.step(session, event, now)
            case _:
                return session, ()

    def _recognised(self, session: Session, language: Language) -> Step:
        """Greeted anew in their own language, unless they have already done something."""
        asked = session.awaited is not None and session.awaited.what is What.LANGUAGE
        served = not asked and language is session.language
        if session.steps > _UNTOUCHED or served or language not in self._menus.languages:
            return session, ()
        after, outputs = self._moves.welcome(replace(session, language=language))
        return after, (ev.Stop(by=None), *outputs)

    def _played(self, session: Session, now: float) -> Step:
        """All was said: from now on time runs, and a prompt that nobody interrupts is answered."""
        collector, awaited = session.collector, session.awaited
        assert collector is not None
        assert awaited is not None
        voice = replace(session.voice, hushed=False)
        if session.telling and awaited.listen and not awaited.barge_in:
            voice = voice.listening(session.language, awaited)
        return replace(session, collector=collector.armed(now), voice=voice), ()

    def _waited(self, session: Session, now: float) -> Step:
        """Whoever speaks is not silent, but for a time only."""
        awaited, due = session.awaited, session.voice.due
        assert awaited is not None
        if now >= due:
            return self._words.unusable(session, awaited)
        return self._keys.waited(session, now) if due == inf else (session, ())

    # While it is the bot's turn.

    def _bot(self, session: Session, event: ev.Event, now: float) -> Step:
        moves = self._moves
        match event:
            case ev.Answered():
                return self._answered(session, event)
            case ev.BotFailed():
                return moves.person(session, ev.Handover("bot_failed"), "bot_down")
            case ev.Pressed("0"):
                after, outputs = moves.person(session, ev.Handover("asked"))
                return after, (ev.Stop(), *outputs)
            case ev.Waited() if now >= session.bot_due and session.told_to_wait:
                return moves.person(session, ev.Handover("bot_failed"), "bot_down")
            case ev.Waited() if now >= session.bot_due:
                due = now + BOT_SECONDS - PATIENCE_SECONDS
                session = replace(session, told_to_wait=True, bot_due=due)
                return session, (ev.Play((moves.say(session, "one_moment"),)),)
            case _:
                return session, ()

    def _answered(self, session: Session, answer: ev.Answered) -> Step:
        moves = self._moves
        if answer.language in self._menus.languages:
            session = replace(session, language=answer.language)
        said = tuple(Line(text, session.language) for text in answer.says)
        if answer.handover is not None:
            return moves.person(session, answer.handover, "" if said else "to_person", said)
        if answer.farewell and not answer.step:
            return moves.goodbye(session, "", said)
        awaited = moves.questions(session).after(answer, session.language)
        if awaited is None:
            return moves.person(session, ev.Handover("not_possible"), "needs_person")
        return moves.put(replace(session, misses=0), awaited)

    # While a person is wanted.

    def _with_person(self, session: Session, event: ev.Event) -> Step:
        moves = self._moves
        match event:
            case ev.NoPerson() | ev.Back() if session.closing:
                return moves.goodbye(session, "closing")
            case ev.NoPerson(reason):
                failed = session.failed + 1
                session = replace(session, failed=failed)
                if failed > _MOST_FAILED or session.steps > MOST_STEPS:
                    return moves.goodbye(session, "nobody")
                return moves.ask(session, ev.Happened("hand_over_failed", {"reason": reason}))
            case ev.Back() if session.steps > MOST_STEPS:
                return moves.goodbye(session, "goodbye")
            case ev.Back(after, agent, note):
                facts = {"after": after, "agent": agent, "note": note}
                happened = ev.Happened("hand_back", {k: v for k, v in facts.items() if v})
                return moves.ask(replace(session, failed=0), happened)
            case _:
                return session, ()

    # The process is to stop.

    def _closing(self, session: Session, event: ev.Closing) -> Step:
        """Who is in the middle of something gets a person; who waits for one goes on waiting."""
        moves, awaited = self._moves, session.awaited
        if event.last:
            after, outputs = moves.goodbye(session, "closing")
        elif session.phase in (Phase.NEW, Phase.PERSON):
            return session, ()
        elif awaited is not None and awaited.what in _BETWEEN:
            after, outputs = moves.goodbye(session, "closing")
        else:
            after, outputs = moves.person(session, ev.Handover("closing"), "closing_person")
        return after, (ev.Stop(by=None), *outputs)
