"""Paying a bill in parts or later."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from switchyard_crm.domain.customer import Money

MOST_INSTALMENTS = 12
LATEST_DAYS = 60


class ArrangementState(StrEnum):
    """How a request stands. What was asked for is decided in its case."""

    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """As many instalments, the first due on a day, the others monthly after it.

    `instalment` is what each comes to; the last one takes what rounding leaves.
    """

    number: str
    bill: str
    instalments: int
    instalment: Money
    first_due_date: date
    state: ArrangementState


def instalment_of(amount: Money, instalments: int) -> Money:
    """Each instalment but the last: the amount in equal parts, rounded down."""
    return Money(amount.currency, amount.minor_units // instalments)


def may_begin(first_due: date, today: date) -> bool:
    """Whether the first instalment may be due on a day: from tomorrow on, within 60 days."""
    return today < first_due <= today + timedelta(days=LATEST_DAYS)
