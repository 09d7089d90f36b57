"""Bills in words."""

from collections.abc import Sequence
from datetime import date

from switchyard_actions.domain.bills import Bill
from switchyard_actions.domain.day_text import on_day, spoken_month
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.money import spoken, totals
from switchyard_actions.domain.say import Say
from switchyard_actions.domain.texts import Texts


class BillTelling:
    """Says how bills stand. `texts` fills in the parts of a message that is put together."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def one(self, bill: Bill, today: date, language: Language) -> Say:
        """Number, month, amount and state of one bill."""
        return Say(f"bills.{_key(bill)}", self._values(bill, today, language))

    def owed(self, bills: Sequence[Bill], today: date, language: Language) -> Say:
        """The balance: the sum that is owed, and the bills it is made of, one a line."""
        gap = self._texts.render(Say("bills.and"), language)
        sums = totals(tuple(bill.amount for bill in bills))
        lines = (
            self._texts.render(
                Say(f"bills.line_{_key(bill)}", self._values(bill, today, language)), language
            )
            for bill in bills
        )
        total = gap.join(spoken(amount, language) for amount in sums)
        return Say("bills.owed", {"total": total, "lines": "\n".join(lines)})

    def _values(self, bill: Bill, today: date, language: Language) -> dict[str, str]:
        values = {"number": bill.number, "amount": spoken(bill.amount, language)}
        unnamed = Say("bills.no_period")
        values["period"] = (
            spoken_month(bill.period, today, language)
            if bill.period
            else self._texts.render(unnamed, language)
        )
        if bill.is_owed and bill.due_date is not None:
            values["day"] = on_day(bill.due_date, today, language)
        return values


def _key(bill: Bill) -> str:
    return f"{bill.state.value}_due" if bill.is_owed and bill.due_date else bill.state.value
