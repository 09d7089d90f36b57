"""What a customer is worth, from recency, frequency and monetary value of the orders.

The three measures are those of direct marketing (J. R. Bult and T. Wansbeek, "Optimal selection
for direct mail", Marketing Science 14, 1995). They are held against thresholds that people can
read, level by level, instead of being scored against other customers: so nobody's tier changes
because somebody else ordered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from switchyard_crm.domain.customer import Money, Provenance, SourcedText
from switchyard_crm.domain.names import CustomerId

COMPUTED_SOURCE = "computed"
"""The source of a tier that no source gave."""

# Orders in these states brought no money.
WORTHLESS_STATES = frozenset(("cancelled", "returned"))

_NOTHING: Mapping[str, int] = MappingProxyType({})


class TierWinner(StrEnum):
    """Which tier counts when a source gives one and the orders give another."""

    SOURCE = "source"
    COMPUTED = "computed"


@dataclass(frozen=True, slots=True)
class Purchases:
    """What a customer bought within the rules' window: the last order's time, the number of
    orders, and the money spent by currency (ISO 4217), each in its smallest unit.
    """

    last_time: datetime | None = None
    orders: int = 0
    spent: Mapping[str, int] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class TierLevel:
    """One tier and what it takes; of what is not given, nothing is asked.

    `within_days` is how long ago the last order may be. `spent` holds the least to be spent by
    currency: reaching it in one currency is enough, and amounts of different ones are never added.
    """

    tier: str
    within_days: int | None = None
    orders: int = 0
    spent: Mapping[str, int] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class TierRules:
    """The levels, best first; the first that fits is the tier. Orders older than `window_days`
    count for nothing.
    """

    wins: TierWinner
    window_days: int
    levels: tuple[TierLevel, ...]


def purchases(orders: Iterable[tuple[datetime, str, Money]], since: datetime) -> Purchases:
    """The measures of orders, each given as time, state and total, from `since` on."""
    last_time, count, spent = None, 0, dict[str, int]()
    for placed, state, total in orders:
        if placed < since or state in WORTHLESS_STATES:
            continue
        last_time = placed if last_time is None else max(last_time, placed)
        count += 1
        spent[total.currency] = spent.get(total.currency, 0) + total.minor_units
    return Purchases(last_time, count, spent)


def computed_tier(bought: Purchases, rules: TierRules, now: datetime) -> str:
    """The tier by the rules, or an empty text when no level fits."""
    return next((level.tier for level in rules.levels if _fits(bought, level, now)), "")


def customer_tier(
    given: SourcedText | None,
    bought: Purchases,
    rules: TierRules,
    customer: CustomerId,
    now: datetime,
) -> SourcedText | None:
    """The tier that counts: the one a source gave, or the computed one, whichever wins.

    If only one of the two is there, it counts.
    """
    if given is not None and rules.wins is TierWinner.SOURCE:
        return given
    tier = computed_tier(bought, rules, now)
    if not tier:
        return given
    return SourcedText(tier, Provenance(COMPUTED_SOURCE, customer, bought.last_time or now))


def _fits(bought: Purchases, level: TierLevel, now: datetime) -> bool:
    if level.within_days is not None:
        oldest = now - timedelta(days=level.within_days)
        if bought.last_time is None or bought.last_time < oldest:
            return False
    if bought.orders < level.orders:
        return False
    return not level.spent or any(
        bought.spent.get(currency, 0) >= least for currency, least in level.spent.items()
    )
