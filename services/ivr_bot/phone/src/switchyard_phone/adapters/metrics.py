"""What the phone counts."""

from collections.abc import Callable
from typing import override

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from switchyard_phone.adapters.sip.door import DoorMeter
from switchyard_phone.domain.caller_events import By, Result
from switchyard_phone.domain.calls import Ended, Quality, Transfer
from switchyard_phone.service.meter import CallMeter

_PREFIX = "switchyard_phone"
_SETUP = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)
_CALL = (5, 15, 30, 60, 120, 300, 600, 1800, 3600)
_TURN = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 12.0, 24.0)
_MOS = (1.0, 2.0, 2.5, 3.0, 3.5, 3.8, 4.0, 4.1, 4.2, 4.3, 4.4)


class PhoneMetrics(CallMeter, DoorMeter):
    """Series of one process, on its own registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(name, text, buckets=buckets, registry=registry)

        self._registry = registry
        self._calls = counter(f"{_PREFIX}_calls_total", "Calls let in", "line")
        self._refused = counter(
            f"{_PREFIX}_refused_total", "Requests refused at the door", "reason"
        )
        self._ended = counter(f"{_PREFIX}_calls_ended_total", "Calls that are over", "cause")
        self._setup = histogram(
            f"{_PREFIX}_setup_seconds", "From a call's arrival to its answer", _SETUP
        )
        self._call = histogram(f"{_PREFIX}_call_seconds", "From a call's arrival to its end", _CALL)
        self._digits = counter(f"{_PREFIX}_digits_total", "Keys pressed")
        self._barge_ins = counter(f"{_PREFIX}_barge_ins_total", "Prompts silenced", "by")
        self._heard = counter(f"{_PREFIX}_heard_total", "What became of words", "result")
        self._confirmed = counter(
            f"{_PREFIX}_confirmations_total", "Answers to: did you say this?", "answer"
        )
        self._recognized = Histogram(
            f"{_PREFIX}_recognition_seconds",
            "From the end of speech to what was said",
            ("outcome",),
            buckets=_TURN,
            registry=registry,
        )
        self._deafened = counter(
            f"{_PREFIX}_recognizer_down_total", "Times that the recogniser did not answer"
        )
        self._turns = counter(f"{_PREFIX}_bot_turns_total", "Turns of the bot", "outcome")
        self._turn = histogram(f"{_PREFIX}_bot_turn_seconds", "How long the bot took", _TURN)
        self._transfers = counter(f"{_PREFIX}_transfers_total", "Transfers", "outcome", "status")
        self._persons = counter(
            f"{_PREFIX}_persons_total", "Ends of waiting for a person", "outcome"
        )
        self._unspoken = counter(f"{_PREFIX}_unspoken_total", "Lines that no voice could say")
        self._received = counter(f"{_PREFIX}_packets_received_total", "Packets of sound that came")
        self._lost = counter(f"{_PREFIX}_packets_lost_total", "Packets of sound that never came")
        self._mos = histogram(f"{_PREFIX}_mos", "Estimated opinion score of calls", _MOS)
        self._missed = counter(
            f"{_PREFIX}_missed_total", "Questions that callers did not answer", "why"
        )
        self._lookups = counter(
            f"{_PREFIX}_lookups_total", "Calls whose number was looked up", "outcome"
        )
        self._surveys = counter(
            f"{_PREFIX}_surveys_total", "Surveys after an agent, answered or why not", "outcome"
        )
        self._events_lost = counter(
            f"{_PREFIX}_bot_events_lost_total",
            "Reports of conversations that the store did not take in time",
        )
        self._active = Gauge(f"{_PREFIX}_calls_active", "Calls now", registry=registry)
        self._attached = Gauge(
            f"{_PREFIX}_router_attached", "1 while the router answers", registry=registry
        )

    def event_lost(self) -> None:
        """A report of a conversation was lost."""
        self._events_lost.inc()

    def watch(self, calls: Callable[[], float], attached: Callable[[], float]) -> None:
        """Read these when asked for."""
        self._active.set_function(calls)
        self._attached.set_function(attached)

    @override
    def refused(self, why: str) -> None:
        """A request was refused at the door."""
        self._refused.labels(why).inc()

    @override
    def arrived(self, line: str) -> None:
        """A call was let in."""
        self._calls.labels(line).inc()

    @override
    def answered(self, seconds: float) -> None:
        """It was answered."""
        self._setup.observe(seconds)

    @override
    def ended(self, cause: Ended, seconds: float, quality: Quality | None) -> None:
        """It is over."""
        self._ended.labels(cause).inc()
        self._call.observe(seconds)
        if quality is not None:
            self._received.inc(quality.received)
            self._lost.inc(quality.lost)
            self._mos.observe(quality.mos)

    @override
    def key(self) -> None:
        """A caller pressed a key."""
        self._digits.inc()

    @override
    def barge_in(self, by: By = By.KEY) -> None:
        """A key or a voice silenced what was being said."""
        self._barge_ins.labels(by).inc()

    @override
    def heard(self, result: Result) -> None:
        """What became of words."""
        self._heard.labels(result).inc()

    @override
    def confirmed(self, answer: str) -> None:
        """A caller was asked whether words were understood rightly."""
        self._confirmed.labels(answer).inc()

    @override
    def recognized(self, outcome: str, seconds: float) -> None:
        """From the end of speech to what was said."""
        self._recognized.labels(outcome).observe(seconds)

    @override
    def deafened(self) -> None:
        """The recogniser did not answer."""
        self._deafened.inc()

    @override
    def turn(self, outcome: str, seconds: float) -> None:
        """The bot answered, or did not."""
        self._turns.labels(outcome).inc()
        self._turn.observe(seconds)

    @override
    def transfer(self, outcome: Transfer, status: int | None) -> None:
        """A transfer came to its end."""
        self._transfers.labels(outcome, str(status or "")).inc()

    @override
    def person(self, outcome: str) -> None:
        """A wish for a person came to its end."""
        self._persons.labels(outcome).inc()

    @override
    def unspoken(self) -> None:
        """No voice for a line."""
        self._unspoken.inc()

    @override
    def missed(self, why: str) -> None:
        """A question went unanswered."""
        self._missed.labels(why).inc()

    @override
    def looked_up(self, outcome: str) -> None:
        """Whose number it is."""
        self._lookups.labels(outcome).inc()

    @override
    def survey(self, outcome: str) -> None:
        """A survey ended."""
        self._surveys.labels(outcome).inc()
