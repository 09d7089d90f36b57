"""What a voice does while it is the caller's turn: barge-in, the ladder, nothing usable."""

from dataclasses import replace

from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.caller_events import By, Heard, Output, Result, Stop
from switchyard_phone.domain.caller_keys import KeyTurn
from switchyard_phone.domain.caller_moves import Moves, Step
from switchyard_phone.domain.caller_questions import NUMBERS, OPEN, Awaited, What
from switchyard_phone.domain.caller_session import Session
from switchyard_phone.domain.caller_voice import LONGEST_SPEECH_SECONDS, Doubt
from switchyard_phone.domain.ladder import Ladders, Rung

VoiceEvent = ev.SpeechBegan | ev.Spoken | ev.NotUnderstood | ev.Deafened

_TO_BOT = OPEN | {What.MENU, What.CHOICE, What.YES_NO}
_NO_SECOND_DOUBT = frozenset({What.YES_NO, What.DOUBTED})


class WordTurn:
    """Answers by voice to whatever is asked."""

    def __init__(self, moves: Moves, keys: KeyTurn, ladders: Ladders) -> None:
        self._moves = moves
        self._keys = keys
        self._ladders = ladders

    def step(self, session: Session, event: VoiceEvent, now: float) -> Step:
        """What an ear tells; one that is closed is not believed."""
        awaited = session.awaited
        if awaited is None or not session.voice.hears(event.ear):
            return session, ()
        match event:
            case ev.SpeechBegan():
                return self._began(session, now)
            case ev.Spoken():
                return self._spoken(session, awaited, event)
            case ev.NotUnderstood():
                return self.unusable(session, awaited)
            case ev.Deafened():
                return self._deafened(session, awaited, now)

    def _began(self, session: Session, now: float) -> Step:
        voice = replace(session.voice, due=now + LONGEST_SPEECH_SECONDS)
        if session.telling and voice.may_hush:
            return replace(session, voice=replace(voice, hushed=True)), (ev.Hush(),)
        return replace(session, voice=voice), ()

    # How far it is believed.

    def _spoken(self, session: Session, awaited: Awaited, spoken: ev.Spoken) -> Step:
        rung = self._rung(awaited, spoken)
        if rung is Rung.NO_MATCH:
            return self.unusable(session, awaited, spoken.confidence)
        telling, after = session.telling, replace(session, voice=session.voice.for_question())
        if rung is Rung.ACCEPT:
            after, outputs = self._accepted(after, spoken)
        else:
            after, outputs = self._doubted(after, awaited, spoken)
        result = Result.ACCEPTED if rung is Rung.ACCEPT else Result.DOUBTED
        record = Heard(result, awaited.what, spoken.confidence, spoken.phrase)
        return after, (*_silenced(telling), record, *outputs)

    def _rung(self, awaited: Awaited, spoken: ev.Spoken) -> Rung:
        if spoken.phrase:
            rung = self._ladders.phrases.rung(spoken.confidence)
            known = spoken.phrase in awaited.phrases
        else:
            rung = self._ladders.words.rung(spoken.confidence)
            known = awaited.what in _TO_BOT and bool(spoken.text.strip())
        if not known:
            return Rung.NO_MATCH
        if rung is not Rung.CONFIRM:
            return rung
        if awaited.what is What.DOUBTED:
            return Rung.ACCEPT  # whoever is asked twice must not be asked a third time
        sure = awaited.what not in _NO_SECOND_DOUBT and (spoken.phrase or awaited.what in OPEN)
        return Rung.CONFIRM if sure else Rung.NO_MATCH

    def _accepted(self, session: Session, spoken: ev.Spoken) -> Step:
        if spoken.phrase:
            return self._keys.stands_for(session, spoken.phrase)
        return self._moves.ask(session, ev.Words(spoken.text))

    def _doubted(self, session: Session, awaited: Awaited, spoken: ev.Spoken) -> Step:
        text = spoken.text.strip()
        words = awaited.phrases[spoken.phrase][0] if spoken.phrase else text
        doubt = Doubt(awaited, spoken.phrase, "" if spoken.phrase else text)
        question = self._moves.questions(session).doubted(words, session.language)
        return self._moves.put(replace(session, doubt=doubt), question)

    # Nothing usable.

    def unusable(self, session: Session, awaited: Awaited, confidence: float = 0.0) -> Step:
        """Noise, or words of no meaning here. A prompt that fell silent for it goes on."""
        record = Heard(Result.NO_MATCH, awaited.what, confidence)
        number = awaited.what in NUMBERS
        if session.telling and not number:
            return self._go_on(session, awaited, record)
        phrase = "numbers_by_keys" if number else "not_understood"
        after, outputs = self._moves.missed(session, phrase, unheard=True)
        return after, (*_silenced(session.telling), record, *outputs)

    def _go_on(self, session: Session, awaited: Awaited, record: Output) -> Step:
        before = session.voice
        voice = before.listening(session.language, awaited)
        if not before.hushed:
            return replace(session, voice=voice), (record,)
        voice = replace(voice, resumed=before.resumed + 1)
        return replace(session, voice=voice), (record, ev.Resume())

    def _deafened(self, session: Session, awaited: Awaited, now: float) -> Step:
        """Keys go on. What keys cannot give, a person has to."""
        if awaited.what is What.WORDS:
            after, outputs = self._moves.person(
                session, ev.Handover("not_possible"), "needs_person"
            )
            return after, (*_silenced(session.telling), *outputs)
        assert session.collector is not None
        hushed = session.voice.hushed
        collector = session.collector
        if not session.telling:
            # Whoever was speaking has all the time for a key.
            collector = replace(collector, due=now + awaited.rule.first_seconds)
        voice = replace(session.voice.closed(), hushed=False)
        after = replace(session, voice=voice, collector=collector)
        return after, (ev.Resume(),) if hushed else ()


def _silenced(telling: bool) -> tuple[Output, ...]:
    return (Stop(By.VOICE),) if telling else ()
