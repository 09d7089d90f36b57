"""The event log as a reader sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it stands in the log: its id and fields."""

    id: str
    fields: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Page:
    """What a look into the log gave.

    `lost`: entries that were trimmed before anybody had read them, found out just now.
    `behind`: entries that no reader has been given yet.
    """

    entries: Sequence[Entry] = ()
    again: bool = False
    """They were given to a reader before, who may or may not have stored them."""
    lost: int = 0
    behind: int = 0
    behind_seconds: float = 0.0


class EventLog(Protocol):
    """A log that several readers share: each entry is given to one of them until it is done."""

    @property
    def name(self) -> str:
        """`router` or `bot`."""
        ...

    async def read(self) -> Page:
        """What is next, at most a batch; empty when there is nothing. Raises LogUnavailable."""
        ...

    async def wait(self) -> None:
        """Returns when there may be something new, or after a while. Raises LogUnavailable."""
        ...

    async def done(self, entries: Sequence[Entry]) -> None:
        """These are stored: give them to nobody again. Raises LogUnavailable."""
        ...
