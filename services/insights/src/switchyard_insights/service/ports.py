"""What the use cases need from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from switchyard_common.errors import DomainError, ErrorKind

from switchyard_insights.domain.events import Fact

_RETRY_SECONDS = 1.0


class HistoryUnavailable(DomainError):
    """The history's store does not answer, or is locked by somebody else."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.UNAVAILABLE,
            reason="HISTORY_UNAVAILABLE",
            message="the history's store does not answer or is locked; nothing is lost, try again",
            retry_after_seconds=_RETRY_SECONDS,
        )


class LogUnavailable(DomainError):
    """The log that is read does not answer."""

    def __init__(self) -> None:
        super().__init__(
            kind=ErrorKind.UNAVAILABLE,
            reason="LOG_UNAVAILABLE",
            message="the event log does not answer; it is read on as soon as it does",
            retry_after_seconds=_RETRY_SECONDS,
        )


class Unstorable(ValueError):
    """The tables do not take a value: too long, out of range. Nothing of the call is stored."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of facts: kept, older than what was pruned, or refused by the tables."""

    kept: int
    pruned: int
    refused: int = 0


class History(Protocol):
    """Keeps facts. All of a call are kept, or none."""

    async def store(self, facts: Sequence[Fact]) -> Stored:
        """Merge facts into the tables; raises HistoryUnavailable or Unstorable."""
        ...


class Progress(Protocol):
    """Knows how far logs were read before this process began."""

    async def read_until_ms(self, tenant: str, source: str) -> int:
        """The time of the newest entry that is stored, 0: none. Raises HistoryUnavailable."""
        ...
