"""What a call's timeline and the counters are told: never a key, never a word."""

from switchyard_common.clock import Clock

from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.caller_session import Session
from switchyard_phone.domain.timeline import Timeline
from switchyard_phone.service.meter import CallMeter


class CallRecord:
    """Keeps account of one call."""

    def __init__(self, timeline: Timeline, meter: CallMeter, clock: Clock) -> None:
        self._timeline = timeline
        self._meter = meter
        self._clock = clock

    def tell(self, what: str, **facts: str | int | float) -> None:
        """Something happened."""
        self._timeline.add(what, self._clock.monotonic(), **facts)

    def step(self, before: Session, after: Session, event: ev.Event) -> None:
        """What a caller did."""
        if after.language is not before.language:
            self.tell("language", language=after.language)
        if after.menu != before.menu:
            self.tell("menu", menu=after.menu)
        if after.misses > before.misses:
            why = "no_input" if isinstance(event, ev.Waited) else "no_match"
            self._meter.missed(why)
            self.tell("missed", at=before.awaited.what if before.awaited else "", why=why)
        self._event(before, after, event)

    def _event(self, before: Session, after: Session, event: ev.Event) -> None:
        match event:
            case ev.BotFailed():
                self.tell("bot_failed")
            case ev.Deafened():
                self.tell("recognizer_down")
            case ev.SpeechBegan(ear) if after.voice.hears(ear):
                self.tell("spoke")
            case ev.Played() if before.telling and before.awaited is not None:
                self.tell("waiting", at=before.awaited.what)

    def barge_in(self, by: ev.By) -> None:
        """A prompt was silenced."""
        self._meter.barge_in(by)
        self.tell("barge_in", by=by)

    def heard(self, heard: ev.Heard | ev.Settled) -> None:
        """What became of words: the phrase is told by its key."""
        if isinstance(heard, ev.Settled):
            self._meter.confirmed("yes" if heard.rightly else "no")
            self.tell("confirmed", rightly=int(heard.rightly))
            return
        self._meter.heard(heard.result)
        self.tell(
            "heard",
            result=heard.result,
            at=heard.at,
            phrase=heard.phrase,
            confidence=round(heard.confidence, 2),
        )
