"""What customers owe, and how they may pay it later."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from switchyard_actions.domain.money import Money

MIN_INSTALMENTS, MAX_INSTALMENTS = 1, 12
FIRST_DUE_WITHIN_DAYS = 60
"""The first part is due from tomorrow to so many days from today."""


class BillState(StrEnum):
    """Whether a bill is settled. OTHER: a state this bot has no words for."""

    OPEN = "open"
    PAID = "paid"
    OVERDUE = "overdue"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Bill:
    """One bill; `period` is the month billed, YYYY-MM, and empty if it is not for a month."""

    number: str
    state: BillState
    amount: Money
    due_date: date | None = None
    period: str = ""

    @property
    def is_owed(self) -> bool:
        """Whether it still has to be paid."""
        return self.state in {BillState.OPEN, BillState.OVERDUE}


class ArrangementState(StrEnum):
    """asked: somebody decides; OTHER: a state this bot has no words for."""

    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How a bill is paid in parts or later.

    `instalment` is each part but the last, which takes what rounding leaves; parts follow monthly.
    """

    bill: str
    instalments: int
    instalment: Money
    first_due_date: date
    state: ArrangementState
    case_number: str = ""
