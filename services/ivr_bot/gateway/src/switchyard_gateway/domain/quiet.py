"""What is done about a conversation in which nobody says anything. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from switchyard_gateway.domain.conversation import HANDED_OVER, Conversation, State

_QUESTIONS = 2


class Measure(StrEnum):
    """What to do now."""

    NOTHING = "nothing"
    REMIND = "remind"
    WARN = "warn"
    CLOSE = "close"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Quiet:
    """A measure, and when to look again if it is none."""

    measure: Measure
    again_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class QuietRules:
    """After how long the bot asks whether anybody is there, and the conversation is closed.

    It asks twice. As long before the end it learns that this is the last that it will hear, so that
    it can see to what must not be lost.
    """

    remind_seconds: float
    close_seconds: float

    def apply(self, conversation: Conversation, quiet_seconds: float) -> Quiet:
        """The measure for a conversation whose customer was last heard so long ago.

        Who was asked nothing is not reminded; who waits for a person or talks to one is left alone.
        """
        if conversation.state is State.CLOSED:
            return Quiet(Measure.FORGET)
        if conversation.state in HANDED_OVER:
            return Quiet(Measure.NOTHING, self.close_seconds)
        left = self.close_seconds - quiet_seconds
        if left <= 0:
            return Quiet(Measure.CLOSE)
        if not conversation.tally.at or conversation.reminders > _QUESTIONS:
            return Quiet(Measure.NOTHING, left)
        if conversation.reminders == _QUESTIONS:
            measure, due = Measure.WARN, left - self.remind_seconds
        else:
            measure = Measure.REMIND
            due = self.remind_seconds * (conversation.reminders + 1) - quiet_seconds
        return Quiet(measure) if due <= 0 else Quiet(Measure.NOTHING, min(left, due))
