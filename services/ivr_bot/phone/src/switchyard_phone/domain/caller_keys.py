"""What keys do while it is the caller's turn."""

from dataclasses import replace

from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.bot_words import CHOICE
from switchyard_phone.domain.caller_events import Heard, Output, Result
from switchyard_phone.domain.caller_moves import Moves, Step
from switchyard_phone.domain.caller_questions import NO, YES, Awaited, What
from switchyard_phone.domain.caller_session import Session
from switchyard_phone.domain.keys import Collector, Got, Keyed, Outcome
from switchyard_phone.domain.menus import END_KEY, OWN_KEYS, PERSON_KEY, REPEAT_KEY

_ALONE = {PERSON_KEY: Got.PERSON, REPEAT_KEY: Got.STAR, END_KEY: Got.END}


class KeyTurn:
    """Answers by key to whatever is asked."""

    def __init__(self, moves: Moves) -> None:
        self._moves = moves

    def pressed(self, session: Session, key: str, now: float) -> Step:
        """A key wins: nothing is listened for any more, and what is being said ends."""
        assert session.collector is not None
        silenced: tuple[Output, ...] = (ev.Stop(),) if session.telling else ()
        session = replace(session, voice=session.voice.for_question())
        assert session.collector is not None
        after, outputs = self._collected(session, session.collector.pressed(key, now))
        return after, (*silenced, *outputs)

    def waited(self, session: Session, now: float) -> Step:
        """Time has passed."""
        assert session.collector is not None
        return self._collected(session, session.collector.waited(now))

    def stands_for(self, session: Session, key: str) -> Step:
        """The caller said what this key alone stands for."""
        got = _ALONE.get(key)
        return self._collected(session, Outcome(got) if got else Outcome(Got.DIGITS, Keyed(key)))

    def _collected(self, session: Session, found: Collector | Outcome) -> Step:
        if isinstance(found, Collector):
            return replace(session, collector=found), ()
        awaited = session.awaited
        assert awaited is not None
        match found.got:
            case Got.PERSON:
                return self._moves.person(session, ev.Handover("asked"))
            case Got.STAR:
                return self._starred(session, awaited)
            case Got.NOTHING:
                return self._silent(session, awaited)
            case Got.BAD:
                return self._moves.missed(session, "bad_number")
            case Got.END:
                return self._hash(session, awaited)
            case Got.DIGITS:
                return self._given(session, awaited, found.keyed)

    def _given(self, session: Session, awaited: Awaited, keyed: Keyed) -> Step:
        moves, digits = self._moves, keyed.reveal()
        match awaited.what:
            case What.MENU:
                option = moves.menus.menu(session.menu).option(digits)
                if option is not None:
                    return moves.follow(replace(session, misses=0), option.act)
            case What.LANGUAGE if digits in OWN_KEYS[: awaited.choices]:
                language = moves.menus.languages[OWN_KEYS.index(digits)]
                return moves.welcome(replace(session, language=language, misses=0))
            case What.GATHERED:
                return self._gather(session, awaited.slot, keyed)
            case What.YES_NO if digits in (YES, NO):
                return moves.ask(session, ev.Keys("affirm" if digits == YES else "deny"))
            case What.DOUBTED if digits in (YES, NO):
                return self._settled(session, rightly=digits == YES)
            case What.CHOICE | What.ASKED:
                return self._answer(session, awaited, keyed)
            case _:
                pass
        return moves.missed(session, "wrong_key")

    def _settled(self, session: Session, *, rightly: bool) -> Step:
        """The caller says whether words were understood rightly; if not, they are asked again."""
        doubt = session.doubt
        assert doubt is not None
        record = ev.Settled(rightly)
        session = replace(session, awaited=doubt.asked, doubt=None)
        if not rightly:
            after, outputs = self._moves.missed(session, "not_understood", unheard=True)
        elif doubt.phrase:
            after, outputs = self.stands_for(session, doubt.phrase)
        else:
            after, outputs = self._moves.ask(session, ev.Words(doubt.text))
        return after, (record, *outputs)

    def _answer(self, session: Session, awaited: Awaited, keyed: Keyed) -> Step:
        """One of the answers that the bot showed, or the value it asked for."""
        moves, digits = self._moves, keyed.reveal()
        if len(digits) == 1 and digits in OWN_KEYS[: awaited.choices]:
            return moves.ask(session, ev.Keys(slots={CHOICE: keyed}))
        if awaited.what is What.CHOICE:
            return moves.missed(session, "wrong_key")
        field = moves.menus.fields[awaited.slot]
        if len(digits) < field.least or (field.only and digits not in field.only):
            return moves.missed(session, "bad_number")
        return moves.ask(session, ev.Keys(slots={awaited.slot: keyed}))

    def _gather(self, session: Session, slot: str, keyed: Keyed) -> Step:
        gathered = {**session.gathered, slot: keyed}
        rest = session.missing[1:]
        return self._moves.next_field(replace(session, gathered=gathered, missing=rest, misses=0))

    def _hash(self, session: Session, awaited: Awaited) -> Step:
        """`#` alone: there is no such number at hand, or the main menu once nothing is open."""
        moves = self._moves
        match awaited.what:
            case What.GATHERED:
                return moves.next_field(replace(session, missing=()))
            case What.ASKED:
                number = moves.menus.fields[awaited.slot].most > 1
                return moves.ask(session, ev.Keys("no_details" if number else "deny"))
            case What.MORE:
                return moves.enter(session, moves.menus.start)
            case _:
                return moves.missed(session, "wrong_key")

    def _starred(self, session: Session, awaited: Awaited) -> Step:
        """`*` alone: once more, or in the next language where the words are the menus' own."""
        moves = self._moves
        menu = awaited.what in {What.MENU, What.GATHERED}
        if moves.menus.star_changes_language and menu:
            session = replace(session, language=moves.menus.after(session.language))
            if awaited.what is What.GATHERED:
                return moves.next_field(session)
            return moves.enter(session, session.menu)
        return moves.put(session, awaited)

    def _silent(self, session: Session, awaited: Awaited) -> Step:
        """Nobody who has got what they wanted has to press anything."""
        if awaited.what is What.MORE:
            return self._moves.goodbye(session, "goodbye")
        phrase = "nothing_said" if awaited.listen else "nothing_heard"
        after, outputs = self._moves.missed(session, phrase, unheard=True)
        return after, (Heard(Result.NO_INPUT, awaited.what), *outputs)
