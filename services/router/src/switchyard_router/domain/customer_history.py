"""What is known of customers from their earlier services: how often, how long, and how long ago.

Bounded: who has not been heard of for longest is forgotten first.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass

MOST_CUSTOMERS = 50_000
"""About 250 bytes each."""
NEVER_STEP = 15.0
"""Above every gap: 2^15 hours are four years."""
_CREDIT = 4.0
"""Services after which half of a customer's mean residual is believed."""
_HOUR_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class CustomerPast:
    """A customer before a contact begins; the defaults are somebody never seen."""

    services: int = 0
    effect: float = 0.0
    """Shrunk mean residual of the log of handle times, ln ratio."""
    gap_step: float = NEVER_STEP
    """Floor of log2(1 + hours since the last service ended)."""


NEVER_SEEN = CustomerPast()


@dataclass(slots=True)
class _Seen:
    services: int = 0
    residuals: float = 0.0
    ended_seconds: float = 0.0


class CustomerHistory:
    """Sums by customer key. Both calls O(1); an empty key is nobody."""

    def __init__(self, most: int = MOST_CUSTOMERS) -> None:
        self._most = most
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seen)

    def observe(self, key: str, residual: float, ended_seconds: float) -> None:
        """A service ended; `residual`: log of its time beyond what agent and type explain."""
        if not key:
            return
        seen = self._seen.setdefault(key, _Seen())
        self._seen.move_to_end(key)
        seen.services += 1
        seen.residuals += residual
        seen.ended_seconds = max(seen.ended_seconds, ended_seconds)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)

    def recall(self, key: str, now_seconds: float) -> CustomerPast:
        """What is known now; shrunk by credibility (Buehlmann 1967) with a fixed credit of 4."""
        seen = self._seen.get(key)
        if seen is None:
            return NEVER_SEEN
        hours = max(0.0, now_seconds - seen.ended_seconds) / _HOUR_SECONDS
        return CustomerPast(
            seen.services,
            seen.residuals / (seen.services + _CREDIT),
            min(NEVER_STEP - 1, float(math.floor(math.log2(1 + hours)))),
        )
