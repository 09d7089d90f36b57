"""What calls need of the bot."""

from dataclasses import dataclass, field
from typing import Protocol

from switchyard_common.bot_events import TurnFacts

from switchyard_phone.domain.caller_events import Answered, Happened, Keys, Words
from switchyard_phone.domain.language import Language


class BotAway(Exception):
    """The bot gave no answer, however often it was asked. `cause` is a word for metrics."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Question:
    """One turn of a caller on its way to the bot. Personal.

    The same `message_id` again gets the same answer. `caller` is the number that calls, if it is
    told: a claim, and no proof.
    """

    conversation: str
    message_id: str
    turn: Keys | Words | Happened = field(repr=False)
    language: Language
    caller: str = field(default="", repr=False)
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The bot's answer, and what it says of its own turn: words for timelines and metrics."""

    answered: Answered
    facts: TurnFacts = field(default_factory=TurnFacts)


class Dialogue(Protocol):
    """The dialogue engine."""

    async def reply(self, question: Question) -> Reply:
        """Answer; waits for a bot that restarts. BotAway."""
        ...
