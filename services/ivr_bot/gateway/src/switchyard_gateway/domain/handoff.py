"""What the bot passes on, and which queue it belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Handoff:
    """Why a person is needed and what is known already. Personal."""

    reason: str
    intent: str = ""
    summary: str = ""
    slots: Mapping[str, object] = field(default_factory=dict)
    verification_level: str = "anonymous"
    customer: str = ""
    queue: str = ""
    sentiment: float = 0.0
    priority: int = 0


@dataclass(frozen=True, slots=True)
class HandOver:
    """One hand-over under way.

    `id` makes its CreateContact repeatable; `node` is the gateway process that looks after it;
    contact, agent and agent_display are empty until the router has given them. `fence` is that of
    the offer by which the last agent joined: it tells old news from new. `ending` is the notice
    that the agent's way of ending it asks for, once the agent has begun to end it. `asks_number`:
    the customer wants to be called back and was asked where. `told_position` and `told` are the
    place in the queue that was last put into words, and when. `credit_seconds` is the wait that
    counts for a contact queued under this id: it stays as it is, since the router takes a request
    only once for what it is.
    """

    id: str
    node: str
    since: datetime
    handoff: Handoff
    contact: str = ""
    agent: str = ""
    agent_display: str = ""
    fence: int = 0
    ending: str = ""
    asks_number: bool = False
    requeued: bool = False
    told_position: int = 0
    told: datetime | None = None
    credit_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class QueueMap:
    """Queue ids by what the bot understood; `default` takes the rest."""

    default: str
    by_intent: Mapping[str, str] = field(default_factory=dict)

    def queue_for(self, handoff: Handoff) -> str:
        """The bot's own choice, else by intent, else by reason, else the default."""
        if handoff.queue:
            return handoff.queue
        for key in (handoff.intent, handoff.reason):
            if key in self.by_intent:
                return self.by_intent[key]
        return self.default
