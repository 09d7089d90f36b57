"""What a call with the bot comes to, told to the history: turns, hand-over, end; never a word."""

from dataclasses import replace
from typing import Protocol

from switchyard_common import bot_events
from switchyard_common.bot_answer import outcome_of
from switchyard_common.bot_events import Event, Tally, TurnFacts, measured
from switchyard_common.clock import Clock

from switchyard_phone.domain.language import Language
from switchyard_phone.service.dialogue import Reply

_CHANNEL = "phone"


class BotEvents(Protocol):
    """Where events about conversations go."""

    def add(self, event: Event) -> None:
        """Report it, soon and in order. Never waits."""
        ...


class Unreported:
    """Where nothing outlives the process."""

    def add(self, event: Event) -> None:
        """Nobody hears of it."""


class BotAccount:
    """Keeps account of one call's conversation, from when it is made."""

    def __init__(self, events: BotEvents, clock: Clock, conversation: str) -> None:
        self._events = events
        self._clock = clock
        self._conversation = conversation
        self._began = clock.monotonic()
        self._tally = Tally()
        self._turns = 0

    def answered(self, reply: Reply | None, language: Language, seconds: float) -> None:
        """The bot answered the caller after so long; None: it did not."""
        self._turns += 1
        facts, outcome = TurnFacts(), "error"
        if reply is not None:
            facts = reply.facts
            outcome = outcome_of(facts, handed_over=reply.answered.handover is not None)
        self._tally = self._tally.with_finished(facts.finished, facts.flow)
        told = bot_events.turn(self._conversation, facts, outcome, language, _CHANNEL, self._turns)
        self._events.add(measured(told, round(1000 * seconds)))

    def queued(self, contact: str, reason: str, language: Language) -> None:
        """The caller waits for a person, as this contact."""
        self._tally = replace(self._tally, wanted=True)
        self._events.add(bot_events.handed_over(self._conversation, reason, contact, language))

    def served(self) -> None:
        """A person has the caller, will have them at the PBX, or calls back."""
        self._tally = replace(self._tally, served=True)

    def over(self, language: Language) -> None:
        """The call is over."""
        told = bot_events.ended(self._conversation, self._tally, self._turns, language, _CHANNEL)
        self._events.add(measured(told, round(1000 * (self._clock.monotonic() - self._began))))
