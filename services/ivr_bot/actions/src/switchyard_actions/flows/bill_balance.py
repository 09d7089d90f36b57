"""What do I owe?"""

from collections.abc import Callable
from datetime import date
from typing import ClassVar, override

from switchyard_actions.domain.bills import Bill, BillState
from switchyard_actions.domain.dialogue import Dialogue, Task
from switchyard_actions.domain.flow import (
    Done,
    Question,
    Refused,
    Result,
    Scene,
    Taken,
)
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.say import YES_NO, Say
from switchyard_actions.flows.bill_number import BILL, PERIOD, choice_question, take_bill
from switchyard_actions.flows.bill_telling import BillTelling
from switchyard_actions.flows.of_account import OfAccount
from switchyard_actions.service.accounts import Accounts, BillList


class BillBalance(OfAccount):
    """Tells what is owed in all, or how one bill stands; offers to pay an overdue one in parts."""

    name: ClassVar[str] = "bill_balance"
    title: ClassVar[str] = "bills.title_balance"
    intents: ClassVar[frozenset[str]] = frozenset({"bill_balance"})
    slots: ClassVar[tuple[str, ...]] = (BILL, PERIOD)

    def __init__(self, accounts: Accounts, telling: BillTelling, today: Callable[[], date]) -> None:
        self._accounts = accounts
        self._telling = telling
        self._today = today

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        return choice_question(task)

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        return take_bill(slot, heard, task, self._today())

    @override
    def summary(self, task: Task) -> Say:
        number = task.value(BILL)
        if not number:
            return Say("bills.summary_balance")
        return Say("bills.summary_bill", {"number": number})

    @override
    async def look_up(self, task: Task, scene: Scene) -> Result:
        found = await self._accounts.bills(scene.customer, scene.language)
        if task.value(BILL) or task.value(PERIOD):
            return self._one(task, found, scene)
        return self._balance(found, scene)

    def _one(self, task: Task, found: BillList, scene: Scene) -> Result:
        bills = tuple(bill for bill in found.items if _is_meant(bill, task))
        if not bills and task.value(PERIOD) == f"{self._today():%Y-%m}":
            return self._balance(found, scene)  # what is to be paid this month, not for it
        if not bills:
            # The same whether it is somebody else's or does not exist.
            key = "bills.unknown_number" if task.value(BILL) else "bills.none_of_period"
            return Done((Say(key), *incomplete(found)))
        told = tuple(self._telling.one(bill, self._today(), scene.language) for bill in bills)
        known = {BILL: bills[0].number} if len(bills) == 1 else {}
        return self._with_offer((*told, *incomplete(found)), bills, known)

    def _balance(self, found: BillList, scene: Scene) -> Result:
        owed = tuple(bill for bill in found.items if bill.is_owed)
        if not owed:
            # Without every source nobody can say that nothing is owed.
            key = "bills.nothing_owed" if found.complete else "bills.nothing_owed_found"
            return Done((Say(key),))
        told = self._telling.owed(owed, self._today(), scene.language)
        known = {BILL: owed[0].number} if len(owed) == 1 else {}
        return self._with_offer((told, *incomplete(found)), owed, known)

    @staticmethod
    def _with_offer(says: tuple[Say, ...], bills: tuple[Bill, ...], known: dict[str, str]) -> Done:
        if not any(bill.state is BillState.OVERDUE for bill in bills):
            return Done(says, known)
        offer = Say("bills.offer_arrangement", choices=YES_NO)
        return Done((*says, offer), known, then="payment_arrangement")


def incomplete(found: BillList) -> tuple[Say, ...]:
    """That there may be more than is known, if so."""
    return () if found.complete else (Say("bills.incomplete"),)


def _is_meant(bill: Bill, task: Task) -> bool:
    if task.value(BILL):
        return bill.number == task.value(BILL)
    return bill.period == task.value(PERIOD)
