"""What one logged call is, once the log's traps are out of the way.

Times are whole seconds after midnight of the call's own date and pass 86,400 when a call runs over
midnight. Durations are whole seconds.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

SHORT_BELOW_SECONDS = 10
"""A service shorter than this is an agent hanging up on a caller, not a service."""

OVERLONG_ABOVE_SECONDS = 3600
"""A service longer than this is a line left open, or a clock that was wrong."""

SECONDS_PER_DAY = 86_400


class CallType(StrEnum):
    """What the caller wants, in the log's own two letters."""

    REGULAR = "PS"
    ENGLISH = "PE"
    INTERNET = "IN"
    STOCKS = "NE"
    NEW_CUSTOMER = "NW"
    LEFT_A_REQUEST = "TT"

    @property
    def language(self) -> str:
        """The caller's language: the bank kept one type for English, all others were in Hebrew."""
        return "en" if self is CallType.ENGLISH else "he"


class ServiceQuality(StrEnum):
    """How far a logged service time can be believed."""

    NONE = "none"
    SHORT = "short"
    HONEST = "honest"
    OVERLONG = "overlong"


def quality_of(service_seconds: float | None) -> ServiceQuality:
    """Class of a service time in seconds; ``None`` and 0 mean that the log recorded no service."""
    if not service_seconds:
        return ServiceQuality.NONE
    if service_seconds < SHORT_BELOW_SECONDS:
        return ServiceQuality.SHORT
    if service_seconds > OVERLONG_ABOVE_SECONDS:
        return ServiceQuality.OVERLONG
    return ServiceQuality.HONEST


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One caller who asked for a person: answered, or gone while waiting."""

    line: str
    """The voice response unit and line, e.g. ``AA0101``; with ``call_id`` it names the call."""
    call_id: int
    customer: str | None
    """Missing for most callers who did not wait: never read a cause into its absence."""
    priority: int
    """0 where unknown, 1 or 2 where the customer is known: as selective as ``customer``."""
    type: CallType
    day: dt.date
    arrival_seconds: int
    """When the caller joined the queue, or left the voice response unit for a free agent."""
    wait_seconds: int
    """Time in the queue; 0 for a caller who found a free agent."""
    answered: bool
    service_start_seconds: int | None
    """When the service began by the agent's clock; often 1 to 2 s before the queue was left."""
    service_seconds: int | None
    """As logged, honest or not; ``None`` if the caller was not answered or nothing was recorded."""
    agent: str | None
    """``None`` if not answered, or if the log names no person."""

    @property
    def name(self) -> str:
        """The call's name, unique in the whole log."""
        return f"{self.line}-{self.call_id}"

    @property
    def service_quality(self) -> ServiceQuality:
        """How far ``service_seconds`` can be believed."""
        return quality_of(self.service_seconds)
