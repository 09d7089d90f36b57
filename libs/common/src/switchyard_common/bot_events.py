"""What is reported of conversations with the bot, as in switchyard/events/v1/bot.proto. Pure.

No texts, unless they are kept on purpose, and no personal data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

ENDED = "bot.ended"


@dataclass(frozen=True, slots=True)
class Event:
    """One event about a conversation; the store adds position, time and sequence.

    `data` has the field names of the contract. Where `measures` names a field, the store fills it
    with the milliseconds since `since`, by its own clock; without `since` whoever reports it does.
    """

    type: str
    data: Mapping[str, object]
    measures: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """What the bot says of its own turn. `finished`: flows that ended with it.

    `private`: the customer's words may hold what redaction cannot find, such as a street or a
    name, and are not kept. So it is unless the bot says otherwise. `asks_secret`: the bot's open
    question is answered by a PIN or a code.
    """

    intent: str = ""
    confidence: float = 0.0
    level: str = ""
    flow: str = ""
    step: str = ""
    outcome: str = ""
    sentiment: float = 0.0
    finished: tuple[str, ...] = ()
    private: bool = True
    asks_secret: bool = False


@dataclass(frozen=True, slots=True)
class Survey:
    """An answered survey: 1 to 5 or 0, YES or NO or empty, and who had served, if a person had."""

    csat: int = 0
    resolved: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a conversation has come to so far.

    `flows` were finished, in order, each once; `at` is the flow under way. `wanted`: a person was
    asked for, and the bot has settled nothing since; `served`: one came, or calls back.
    """

    flows: tuple[str, ...] = ()
    at: str = ""
    wanted: bool = False
    served: bool = False

    @property
    def outcome(self) -> str:
        """What it is in the end."""
        if self.served:
            return "handed_over"
        if self.wanted:
            return "failed"
        return "self_served" if any(flow not in _SETTLE_NOTHING for flow in self.flows) else "left"

    def with_finished(self, finished: Sequence[str], at: str) -> "Tally":
        """After a turn that finished these flows and left the customer in `at`.

        Who asked for a person, did not wait, and got something done with the bot was served by the
        bot; a ticket or a complaint is no such thing then, but what is left when nobody comes.
        """
        settled = any(flow not in _SETTLE_NOTHING | _FOR_A_PERSON for flow in finished)
        return replace(
            self,
            flows=tuple(dict.fromkeys((*self.flows, *finished)))[:_MOST_FLOWS],
            at=at,
            wanted=self.wanted and not settled,
            served=self.served or _CALLBACK in finished,
        )


_CALLBACK = "callback"
_SETTLE_NOTHING = frozenset({"survey", "verification"})
"""Flows of the bot that nobody comes for."""
_FOR_A_PERSON = frozenset({"ticket_create", "complaint", _CALLBACK})
"""Flows of the bot whose matter a person settles later."""
_MOST_FLOWS = 50


def turn(
    conversation: str,
    facts: TurnFacts,
    outcome: str,
    language: str,
    channel: str,
    number: int,
    since: datetime | None = None,
    text: str = "",
) -> Event:
    """bot.turn: the customer's message `number` of time `since` was answered."""
    data: dict[str, object] = {
        "conversation": conversation,
        "intent": facts.intent,
        "confidence": round(facts.confidence, 4),
        "language": language,
        "verification_level": facts.level,
        "outcome": outcome,
        "flow": facts.flow,
        "step": facts.step,
        "sentiment": round(facts.sentiment, 3),
        "channel": channel,
        "turn": number,
    }
    if text:
        data["text"] = text
    return Event("bot.turn", data, "latency_ms", since)


def handed_over(conversation: str, reason: str, contact: str, language: str) -> Event:
    """bot.handed_over: the router has a contact for the conversation."""
    return _hand_over("bot.handed_over", conversation, reason, contact, language)


def handed_back(conversation: str, reason: str, contact: str, language: str) -> Event:
    """bot.handed_back: the bot serves again, whatever came of the hand-over."""
    return _hand_over("bot.handed_back", conversation, reason, contact, language)


def ended(
    conversation: str,
    tally: Tally,
    turns: int,
    language: str,
    channel: str,
    since: datetime | None = None,
) -> Event:
    """bot.ended: it is over; `since` is the time of the first message."""
    data = {
        "conversation": conversation,
        "outcome": tally.outcome,
        "turns": turns,
        "language": language,
        "channel": channel,
        "flows": tally.flows,
    }
    return Event(ENDED, data, "duration_ms", since)


def measured(event: Event, milliseconds: int) -> Event:
    """With what it measures filled in, by the clock of who reports it."""
    return replace(event, data={**event.data, event.measures: milliseconds}, measures="")


def surveyed(conversation: str, survey: Survey, contact: str = "") -> Event:
    """survey.answered; `contact`: whom it is about, where that is not the conversation."""
    about = {"contact": contact.rpartition("/")[2]} if contact else {}
    return Event("survey.answered", {"conversation": conversation, **asdict(survey), **about})


def _hand_over(kind: str, conversation: str, reason: str, contact: str, language: str) -> Event:
    data = {
        "conversation": conversation,
        "reason": reason,
        "contact": contact.rpartition("/")[2],
        "language": language,
    }
    return Event(kind, data)
