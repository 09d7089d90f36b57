"""What the live table shows of the router: figures of queues and the last events."""

from collections import deque
from dataclasses import dataclass, field

from switchyard.events.v1.event_pb2 import Event
from switchyard.router.v1.queue_pb2 import QueueStats

_KEPT_EVENTS = 200
# Each of these comes with an event of its contact that says the same.
_ECHOES = {"contact.context_attached", "offer.created", "offer.accepted", "offer.rescinded"}


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """Figures of one queue at one time."""

    name: str
    waiting: int
    longest_wait_seconds: float
    available: int
    staffed: int
    connected: int
    offered: int
    answered: int
    abandoned: int
    mean_wait_seconds: float
    service_level: float | None


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event in words."""

    clock: str
    kind: str
    subject: str
    words: str


@dataclass(slots=True)
class Board:
    """The newest of everything; the feed writes it, the screen reads it."""

    queues: dict[str, QueueFigures] = field(default_factory=dict)
    events: deque[EventLine] = field(default_factory=lambda: deque(maxlen=_KEPT_EVENTS))
    event_count: int = 0
    trouble: str = ""

    def add_figures(self, stats: QueueStats) -> None:
        """Takes over new figures of a queue."""
        figures = figures_of(stats)
        self.queues[figures.name] = figures

    def add_event(self, event: Event) -> None:
        """Counts an event, and shows it unless it only repeats another."""
        self.event_count += 1
        if is_news(event):
            self.events.append(line_of(event))


def figures_of(stats: QueueStats) -> QueueFigures:
    """The part of a queue's figures that a person watches."""
    return QueueFigures(
        name=stats.queue.rpartition("/")[2],
        waiting=stats.waiting,
        longest_wait_seconds=stats.longest_wait.ToTimedelta().total_seconds(),
        available=stats.available,
        staffed=stats.staffed,
        connected=stats.connected,
        offered=stats.offered,
        answered=stats.answered,
        abandoned=stats.abandoned,
        mean_wait_seconds=stats.average_speed_of_answer.ToTimedelta().total_seconds(),
        service_level=stats.service_level if stats.offered else None,
    )


def is_news(event: Event) -> bool:
    """Whether an event tells a person something that those around it do not."""
    if event.WhichOneof("data") == "agent":
        return event.agent.presence != event.agent.previous_presence
    return event.type not in _ECHOES


def line_of(event: Event) -> EventLine:
    """An event as a line: when, what, about whom, and what is worth knowing."""
    return EventLine(
        clock=event.time.ToDatetime().strftime("%H:%M:%S"),
        kind=event.type,
        subject=event.subject,
        words=_words(event),
    )


def _words(event: Event) -> str:
    match event.WhichOneof("data"):
        case "contact":
            contact = event.contact
            parts = [contact.queue, contact.agent and f"→ {contact.agent}", contact.reason]
        case "offer":
            offer = event.offer
            parts = [f"→ {offer.agent}", offer.reason]
        case "agent":
            agent = event.agent
            parts = [f"{agent.previous_presence} → {agent.presence}", agent.reason]
        case "decided":
            found = event.decided
            parts = [f"→ {found.agent or 'nobody'}", f"of {found.eligible_count}", found.policy]
        case _:
            parts = []
    return " ".join(part for part in parts if part)
