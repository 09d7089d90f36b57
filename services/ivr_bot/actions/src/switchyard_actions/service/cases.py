"""What flows need of the system that keeps tickets. All of it is personal."""

from dataclasses import dataclass
from typing import Protocol

from switchyard_actions.domain.cases import Case, CaseHistory, CaseWish
from switchyard_actions.domain.holders import Holder


@dataclass(frozen=True, slots=True)
class CaseList:
    """Cases that are not closed, newest first. `complete`: no source failed that may have more."""

    items: tuple[Case, ...]
    complete: bool = True


class Cases(Protocol):
    """Tickets and complaints.

    All raise Unavailable when there is no answer, after which the request may or may not have been
    carried out: the same `request_id` makes repeating harmless. All raise Declined; NOT_THEIRS also
    for a number that does not exist.
    """

    async def open(self, holder: Holder, wish: CaseWish, request_id: str) -> Case:
        """Opens a case."""
        ...

    async def live(self, customer: str) -> CaseList:
        """The customer's cases that somebody still works on."""
        ...

    async def read(self, customer: str, number: str) -> CaseHistory:
        """One case of the customer, whatever its state."""
        ...

    async def comment(
        self, customer: str, case: Case, text: str, request_id: str, *, reopen: bool
    ) -> Case:
        """Adds the customer's words to a case; with `reopen` it is worked on again."""
        ...
