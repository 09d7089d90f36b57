"""Tickets in memory."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from switchyard_actions.domain.cases import (
    FINISHED_STATES,
    Case,
    CaseHistory,
    CaseState,
    CaseWish,
)
from switchyard_actions.domain.holders import Holder
from switchyard_actions.service.accounts import Declined, Refusal
from switchyard_actions.service.cases import CaseList
from switchyard_actions.service.ports import Unavailable

_FIRST_NUMBER = 48_210_937


@dataclass
class FakeCases:
    """Keeps cases; can be down, or lack a source. `opened` are the wishes, each request once."""

    available: bool = True
    complete: bool = True
    opened: dict[str, tuple[Holder, CaseWish, Case]] = field(default_factory=dict)
    comments: dict[str, list[str]] = field(default_factory=dict)
    _requests: set[str] = field(default_factory=set)

    async def open(self, holder: Holder, wish: CaseWish, request_id: str) -> Case:
        """See Cases."""
        self._answer()
        if request_id not in self.opened:
            now = datetime.now(UTC)
            number = str(_FIRST_NUMBER + len(self.opened))
            case = Case(number, CaseState.OPEN, wish.subject, now, now, "local")
            self.opened[request_id] = (holder, wish, case)
            self.comments[number] = [wish.description]
        return self.opened[request_id][2]

    async def live(self, customer: str) -> CaseList:
        """See Cases."""
        self._answer()
        cases = [case for holder, _, case in self.opened.values() if holder.customer == customer]
        live = [case for case in reversed(cases) if case.state is not CaseState.CLOSED]
        return CaseList(tuple(live), self.complete)

    async def read(self, customer: str, number: str) -> CaseHistory:
        """See Cases."""
        self._answer()
        case = self._of(customer, number)
        return CaseHistory(case, tuple(reversed(self.comments[number])))

    async def comment(
        self, customer: str, case: Case, text: str, request_id: str, *, reopen: bool
    ) -> Case:
        """See Cases."""
        self._answer()
        kept = self._of(customer, case.number)
        if request_id not in self._requests:
            self._requests.add(request_id)
            self.comments[case.number].append(text)
        if reopen and kept.state in FINISHED_STATES:
            self.settle(case.number, CaseState.OPEN)
        return self._of(customer, case.number)

    def settle(self, number: str, state: CaseState) -> None:
        """Somebody at the company changes the state of a case."""
        for request, (holder, wish, case) in self.opened.items():
            if case.number == number:
                self.opened[request] = (holder, wish, replace(case, state=state))

    @property
    def wishes(self) -> list[CaseWish]:
        """All that was opened, in order."""
        return [wish for _, wish, _ in self.opened.values()]

    @property
    def holders(self) -> list[Holder]:
        """Whose they are, in the same order."""
        return [holder for holder, _, _ in self.opened.values()]

    def _of(self, customer: str, number: str) -> Case:
        for holder, _, case in self.opened.values():
            if case.number == number and holder.customer == customer:
                return case
        raise Declined(Refusal.NOT_THEIRS, "CASE_NOT_FOUND")

    def _answer(self) -> None:
        if not self.available:
            raise Unavailable("crm")
