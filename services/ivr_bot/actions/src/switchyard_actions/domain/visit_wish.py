"""When somebody would like to come, kept until the branch, and so the time zone, is known."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from switchyard_actions.domain.when.reading import read_when
from switchyard_actions.domain.when.span import Span

_MOST_CHARS = 120


@dataclass(frozen=True, slots=True)
class VisitWish:
    """What was said, and when (aware): "tomorrow" means another day tomorrow."""

    said: str
    at: datetime

    def span(self, zone: ZoneInfo) -> Span | None:
        """What it means at a branch in that zone."""
        return read_when(self.said, self.at.astimezone(zone), hour_alone=True)

    def encode(self) -> str:
        """As one value of a task."""
        return f"{self.at.isoformat()} {self.said}"


def wish_from(text: str, now: datetime, *, hour_alone: bool) -> VisitWish | None:
    """The wish in a message; None if no time is named."""
    words = text[:_MOST_CHARS]
    if read_when(words, now, hour_alone=hour_alone) is None:
        return None
    return VisitWish(words, now)


def decode_wish(value: str) -> VisitWish | None:
    """What `encode` made; None for an empty value."""
    at, _, said = value.partition(" ")
    return VisitWish(said, datetime.fromisoformat(at)) if said else None
