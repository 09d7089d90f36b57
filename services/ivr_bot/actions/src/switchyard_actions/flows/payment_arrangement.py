"""May I pay in parts, or later?"""

from collections.abc import Callable
from datetime import date
from typing import ClassVar, override

from switchyard_actions.domain.bills import Arrangement, ArrangementState, Bill
from switchyard_actions.domain.day_text import on_day
from switchyard_actions.domain.dialogue import CONFIRM, Dialogue, Task
from switchyard_actions.domain.flow import (
    Ask,
    Done,
    Flow,
    OfferPerson,
    Question,
    Refused,
    Result,
    Scene,
    Taken,
    Unavailable,
    Unproven,
)
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.money import in_parts, spoken
from switchyard_actions.domain.say import YES_NO, Choice, Say
from switchyard_actions.domain.verification import VerificationLevel
from switchyard_actions.flows.bill_balance import incomplete
from switchyard_actions.flows.bill_number import (
    BILL,
    PERIOD,
    ask_which,
    choice_question,
    take_bill,
)
from switchyard_actions.flows.payment_terms import (
    FIRST_DUE,
    FIRST_DUE_WORDS,
    INSTALMENTS,
    take_first_due,
    take_instalments,
)
from switchyard_actions.flows.request_ids import request_id_of
from switchyard_actions.service.accounts import Accounts, BillList, Declined, Refusal
from switchyard_actions.service.ports import Unavailable as NoAnswer

_SETTLED, _EACH, _LAST = "settled", "each", "last"
"""The bill that was found to be owed; each part in words, and the last one if rounding leaves it
another amount: what the customer confirms."""
_OFFERED = ("2", "3", "6", "12")


class PaymentArrangement(Flow):
    """Asks to pay a bill in 1 to 12 monthly parts from a day on; the company decides."""

    name: ClassVar[str] = "payment_arrangement"
    title: ClassVar[str] = "bills.title_arrangement"
    intents: ClassVar[frozenset[str]] = frozenset({"payment_arrangement"})
    slots: ClassVar[tuple[str, ...]] = (BILL, PERIOD, INSTALMENTS, FIRST_DUE)
    level: ClassVar[VerificationLevel] = VerificationLevel.VERIFIED

    def __init__(self, accounts: Accounts, today: Callable[[], date]) -> None:
        self._accounts = accounts
        self._today = today

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        if not task.value(_SETTLED) or task.value(_SETTLED) != task.value(BILL):
            return choice_question(task)
        if not task.value(INSTALMENTS):
            return _instalments_question()
        if not task.value(FIRST_DUE):
            return _first_due_question(task)
        return None

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        today = self._today()
        if slot == INSTALMENTS:
            return _replanned(take_instalments(heard, task))
        if slot == FIRST_DUE:
            return _replanned(take_first_due(heard, task, today, heard.language))
        return take_bill(slot, heard, task, today)

    @override
    def summary(self, task: Task) -> Say:
        number, parts = task.value(BILL), task.value(INSTALMENTS)
        if number and parts and task.value(FIRST_DUE):
            values = {"number": number, "parts": parts, "day": task.value(FIRST_DUE)}
            return Say("bills.summary_arrangement", values)
        if number:
            return Say("bills.summary_arrangement_of", {"number": number})
        return Say("bills.summary_arrangement_any")

    @override
    def confirmation(self, task: Task) -> Say | None:
        if not task.value(_EACH) or task.value(_SETTLED) != task.value(BILL):
            return None  # the bill has to be looked at first
        return _confirmation(task)

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        try:
            found = await self._accounts.bills(scene.customer, scene.language)
            bill = self._settle(task, scene, found)
            if not isinstance(bill, Bill):
                return bill
            if task.confirmed and task.value(_EACH):
                return await self._arrange(task, scene)
            return self._next(task, scene.language, bill)
        except NoAnswer as error:
            return Unavailable(error.what)
        except Declined as error:
            return _declined(error)

    def _settle(self, task: Task, scene: Scene, found: BillList) -> Bill | Result:
        """The bill that is meant, of those that are owed; or what to do to find out."""
        number = task.value(BILL) or scene.dialogue.fact(BILL)
        if number and not task.value(PERIOD):
            bill = next((bill for bill in found.items if bill.number == number), None)
            if bill is not None and bill.is_owed:
                return bill
            if task.value(BILL):
                return self._not_that(bill, found, scene.language)
        owed = tuple(bill for bill in found.items if bill.is_owed)
        period = task.value(PERIOD)
        meant = tuple(bill for bill in owed if bill.period == period)
        if not meant and period == f"{self._today():%Y-%m}":
            period = ""  # what is to be paid this month, not for it
        among = meant or owed
        if not among:
            key = "bills.nothing_owed" if found.complete else "bills.nothing_owed_found"
            return Done((Say(key),))
        if len(among) == 1 and (meant or not period):
            return among[0]
        key = "bills.which" if meant or not period else "bills.not_owed_period"
        return ask_which(among, self._today(), scene.language, key, *incomplete(found))

    def _not_that(self, bill: Bill | None, found: BillList, language: Language) -> Result:
        """Paid already, or none of theirs: then it is as if it did not exist."""
        key = "bills.unknown_number" if bill is None else "bills.already_paid"
        owed = tuple(other for other in found.items if other.is_owed)
        if not owed:
            return Done((Say(key), *incomplete(found)))
        told = (Say(key), *incomplete(found))
        return ask_which(owed, self._today(), language, "bills.which", *told)

    def _next(self, task: Task, language: Language, bill: Bill) -> Result:
        """The bill can be arranged: on to what is still to be asked, then to the question."""
        values = {BILL: bill.number, PERIOD: "", _SETTLED: bill.number}
        settled = task.with_values(values)
        question = self.question(settled, Dialogue())
        if question is not None:
            return Ask(question.slot, (question.say,), values)
        # The terms may have been given on another day than this.
        due = date.fromisoformat(task.value(FIRST_DUE))
        values[FIRST_DUE_WORDS] = on_day(due, self._today(), language)
        each, last = in_parts(bill.amount, int(task.value(INSTALMENTS)))
        values[_EACH] = spoken(each, language)
        values[_LAST] = spoken(last, language) if last != each else ""
        return Ask(CONFIRM, (_confirmation(task.with_values(values)),), values)

    async def _arrange(self, task: Task, scene: Scene) -> Result:
        number, parts, day = task.value(BILL), task.value(INSTALMENTS), task.value(FIRST_DUE)
        arranged = await self._accounts.arrange_payment(
            scene.customer,
            number,
            int(parts),
            date.fromisoformat(day),
            request_id_of(scene, number, parts, day),
        )
        known = {BILL: number, "ticket_number": arranged.case_number}
        return Done((self._told(arranged, scene.language),), known)

    def _told(self, made: Arrangement, language: Language) -> Say:
        values = {
            "number": made.bill,
            "parts": str(made.instalments),
            "amount": spoken(made.instalment, language),
            "day": on_day(made.first_due_date, self._today(), language),
            "case": made.case_number,
        }
        if made.state is ArrangementState.REFUSED:
            return Say("bills.arrangement_refused", {"number": made.bill, "case": made.case_number})
        state = "agreed" if made.state is ArrangementState.AGREED else "asked"
        once = "_once" if made.instalments == 1 else ""
        return Say(f"bills.arrangement_{state}{once}", values)


def _replanned(taken: Taken | Refused | None) -> Taken | Refused | None:
    """New terms make the confirmed words void."""
    return Taken({**taken.values, _EACH: "", _LAST: ""}) if isinstance(taken, Taken) else taken


def _instalments_question() -> Question:
    choices = tuple(Choice(key=f"bills.parts_{count}", value=count) for count in _OFFERED)
    return Question(INSTALMENTS, Say("bills.ask_instalments", choices=choices))


def _first_due_question(task: Task) -> Question:
    once = "_once" if task.value(INSTALMENTS) == "1" else ""
    return Question(FIRST_DUE, Say(f"bills.ask_first_due{once}"))


def _confirmation(task: Task) -> Say:
    values = {
        "number": task.value(BILL),
        "parts": task.value(INSTALMENTS),
        "each": task.value(_EACH),
        "last": task.value(_LAST),
        "day": task.value(FIRST_DUE_WORDS),
    }
    kind = "_once" if task.value(INSTALMENTS) == "1" else "_uneven" if task.value(_LAST) else ""
    return Say(f"bills.confirm_arrangement{kind}", values, choices=YES_NO)


def _declined(declined: Declined) -> Result:
    if declined.refusal is Refusal.NOT_THEIRS:
        return Unproven()
    if declined.refusal is Refusal.INVALID:  # its day may have begun earlier or later than ours
        return Ask(FIRST_DUE, (Say("bills.terms_refused"),), {FIRST_DUE: "", _EACH: ""}, again=True)
    exists = declined.reason == "ARRANGEMENT_EXISTS"
    key = "bills.arrangement_exists" if exists else "bills.not_possible"
    return OfferPerson("not_possible", (Say(key, choices=YES_NO),))
