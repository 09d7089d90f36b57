"""Counting attempts where several processes try at the same time.

An attempt is counted as a wrong one before anything is compared, in one transaction with the look
whether it may be made at all, and given back when it was right. So of any number of guesses at the
same moment no more are compared than are free, and a process that dies in between has counted one
too many rather than one too few.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from switchyard_crm.domain.attempts import AttemptRule
from switchyard_crm.domain.names import TenantId


@dataclass(frozen=True, slots=True)
class Count:
    """What an attempt counts towards: something that was named, known or not, and its rule.

    `what` is kept as a blind index only. A lock of one that is not `told` is kept from the caller,
    since it would tell that what was named belongs to somebody who is locked. `starts_over`: an
    attempt that was right takes all wrong ones back, not just itself.
    """

    what: str
    rule: AttemptRule
    told: bool = True
    starts_over: bool = False


@dataclass(frozen=True, slots=True)
class Reserved:
    """Whether an attempt may be made. `left` are the free ones after it, in the order of counts.

    `locked_seconds` above 0: nothing was counted, nothing may be compared, and the caller is told.
    `hushed`: nothing may be compared either, and the caller is told that it did not match.
    """

    left: tuple[int, ...]
    locked_seconds: float = 0.0
    hushed: bool = False


class Attempts(Protocol):
    """Keeps the counts. All methods raise StoreUnavailable."""

    async def reserve(self, tenant: TenantId, counts: Sequence[Count], now: datetime) -> Reserved:
        """Count one attempt towards each of `counts`, unless one that is told is locked."""
        ...

    async def give_back(self, tenant: TenantId, counts: Sequence[Count], now: datetime) -> None:
        """The attempt that was reserved was right, or did not take place."""
        ...

    async def sweep(self, before: datetime, limit: int) -> int:
        """Forget at most `limit` counts whose last attempt was before a time; how many."""
        ...
