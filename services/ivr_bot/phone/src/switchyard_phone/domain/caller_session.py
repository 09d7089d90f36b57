"""Where one caller is, between two things that happen."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import inf

from switchyard_phone.domain.caller_events import Event, Played
from switchyard_phone.domain.caller_questions import Awaited
from switchyard_phone.domain.caller_voice import Doubt, Voice
from switchyard_phone.domain.keys import Collector, Keyed
from switchyard_phone.domain.language import Language

PATIENCE_SECONDS, BOT_SECONDS = 3.0, 20.0
"""After which a caller hears that the bot is at work, and after which it is given up."""


class Phase(StrEnum):
    """Who has to act next."""

    NEW = "new"
    CALLER = "caller"
    BOT = "bot"
    PERSON = "person"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Session:
    """Where a caller is. No repr of it shows what was keyed in or said.

    `awaited` is what keys mean now. `wish` and `gathered` are what the bot will be told once all
    the `missing` values are there. `misses` are silences, words that nobody understood and keys
    without a meaning in a row, `failed` are persons who could not be had in a row. `doubt` is what
    the caller is asked to confirm. `closing`: the process is about to stop.
    """

    language: Language
    phase: Phase = Phase.NEW
    menu: str = ""
    awaited: Awaited | None = None
    collector: Collector | None = None
    wish: str = ""
    missing: tuple[str, ...] = ()
    gathered: Mapping[str, Keyed] = field(default_factory=dict)
    misses: int = 0
    failed: int = 0
    steps: int = 0
    bot_due: float = inf
    told_to_wait: bool = False
    voice: Voice = field(default_factory=Voice)
    doubt: Doubt | None = None
    closing: bool = False

    @property
    def telling(self) -> bool:
        """Whether the caller is still being told what to do."""
        return self.collector is not None and self.collector.due == inf

    @property
    def due(self) -> float:
        """When `Waited` has to be told at the latest; infinity: nothing is waited for."""
        if self.phase is Phase.BOT:
            return self.bot_due
        if self.phase is Phase.CALLER and self.collector is not None:
            # Nobody is silent who speaks.
            return self.voice.due if self.voice.due < inf else self.collector.due
        return inf

    def heard_by(self, works: bool) -> "Session":
        """With or without somebody who could listen, from the next question on."""
        if works == self.voice.works:
            return self
        return replace(self, voice=replace(self.voice, works=works))

    @property
    def at(self) -> str:
        """Where the caller is, in a word that tells nothing personal: a question, or whose turn."""
        if self.phase is Phase.CALLER and self.awaited is not None:
            return self.awaited.slot or self.awaited.what
        return self.phase

    def counted(self, event: Event) -> "Session":
        """With one more step; that something was played to its end is none."""
        return self if isinstance(event, Played) else replace(self, steps=self.steps + 1)

    def asking(self) -> "Session":
        """The bot's turn; nothing is waited for from the caller."""
        return replace(
            self,
            phase=Phase.BOT,
            awaited=None,
            collector=None,
            missing=(),
            bot_due=inf,
            told_to_wait=False,
            voice=self.voice.closed(),
            doubt=None,
        )

    def with_person(self) -> "Session":
        """A person's turn; what was keyed in is forgotten."""
        return replace(self.asking(), phase=Phase.PERSON, wish="", gathered={}, misses=0)
