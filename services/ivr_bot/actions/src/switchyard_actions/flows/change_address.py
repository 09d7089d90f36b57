"""Please deliver it somewhere else."""

from collections.abc import Callable
from datetime import date
from typing import ClassVar, override

from switchyard_actions.domain.addresses import (
    given_address,
    is_plainly_address,
    named_address,
)
from switchyard_actions.domain.dialogue import CONFIRM, CORRECT, Dialogue, Task
from switchyard_actions.domain.flow import (
    Ask,
    Done,
    Flow,
    Kind,
    OfferPerson,
    Question,
    Refused,
    Result,
    Scene,
    Taken,
    Unavailable,
    Unproven,
)
from switchyard_actions.domain.heard import FALLBACK_INTENTS, Heard
from switchyard_actions.domain.orders import Order, OrderState
from switchyard_actions.domain.say import YES_NO, Say
from switchyard_actions.domain.verification import VerificationLevel
from switchyard_actions.flows.order_choice import NUMBER, WHICH, OrderChoice
from switchyard_actions.flows.order_status import incomplete
from switchyard_actions.flows.request_ids import request_id_of
from switchyard_actions.service.accounts import Accounts, Declined, OrderList, Refusal
from switchyard_actions.service.ports import Unavailable as NoAnswer

ADDRESS = "address"
_SETTLED = "settled"
"""The order that was found to be theirs and still here; other values may say anything."""
_ASKED = frozenset({ADDRESS, CONFIRM, CORRECT})
_MAY_BE_ADDRESS = frozenset({"give_details", "change_address", "correct", *FALLBACK_INTENTS})
"""What words are taken for that are nothing but an address."""
_STILL_HERE = frozenset({OrderState.PLACED, OrderState.PACKED})


class ChangeAddress(Flow):
    """Changes where an order is delivered to, once more after a look at its state."""

    name: ClassVar[str] = "change_address"
    title: ClassVar[str] = "orders.title_address"
    intents: ClassVar[frozenset[str]] = frozenset({"change_address"})
    slots: ClassVar[tuple[str, ...]] = (NUMBER, WHICH, ADDRESS)
    personal: ClassVar[frozenset[str]] = frozenset({ADDRESS})
    level: ClassVar[VerificationLevel] = VerificationLevel.VERIFIED

    def __init__(self, accounts: Accounts, today: Callable[[], date]) -> None:
        self._accounts = accounts
        self._choice = OrderChoice(today)

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        if not task.value(_SETTLED) or task.value(_SETTLED) != task.value(NUMBER):
            return self._choice.question(task)
        if not task.value(ADDRESS):
            return _address_question(task.value(NUMBER))
        return None

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        words = heard.said or heard.text
        if slot == ADDRESS:
            return _take_address(words, heard, task)
        if task.asked == ADDRESS and heard.intent not in {"correct", "change_address"}:
            return None  # the figures of an address are no order
        if slot == WHICH and task.asked == ADDRESS and is_plainly_address(words):
            return None  # neither is its house number a day
        # Days are looked for only beside the address: "No. 3" is no third of the month.
        address = named_address(words)
        rest = words.replace(address, " ") if address else heard.text
        return self._choice.take(slot, heard, task, rest)

    @override
    def summary(self, task: Task) -> Say:
        number, address = task.value(NUMBER), task.value(ADDRESS)
        if number and address:
            return Say("orders.summary_address", {"number": number, "address": address})
        if number:
            return Say("orders.summary_address_of", {"number": number})
        return Say("orders.summary_address_any")

    @override
    def confirmation(self, task: Task) -> Say | None:
        number = task.value(NUMBER)
        if not (number and task.value(ADDRESS)) or task.value(_SETTLED) != number:
            return None  # the order has to be looked at first
        return _confirmation(number, task.value(ADDRESS))

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        try:
            found = await self._accounts.orders(scene.customer, scene.language)
            open_ones = tuple(order for order in found.items if order.state in _STILL_HERE)
            chosen = self._choice.settle(task, scene, found, open_ones)
            if chosen is None:
                return _nothing_to_change(found)
            if not isinstance(chosen, Order):
                return chosen
            if chosen.state not in _STILL_HERE:
                return _too_late(chosen)
            if not task.confirmed:
                return _next(task, chosen)
            return await self._change(task, scene)
        except NoAnswer as error:
            return Unavailable(error.what)
        except Declined as error:
            return _declined(error.refusal, task)

    async def _change(self, task: Task, scene: Scene) -> Result:
        number, address = task.value(NUMBER), task.value(ADDRESS)
        changed = await self._accounts.change_address(
            scene.customer, number, address, request_id_of(scene, number, address)
        )
        told = Say(
            "orders.address_changed",
            {"number": number, "address": address, "case": changed.case_number},
        )
        known = {
            NUMBER: number,
            "order_state": changed.order.state.value,
            "ticket_number": changed.case_number,
        }
        return Done((told,), known)


def _take_address(words: str, heard: Heard, task: Task) -> Taken | Refused | None:
    if task.asked == ADDRESS and heard.intent == "no_details":
        return Refused(Say("orders.undecided"))
    named = named_address(words)
    if named:
        return Taken({ADDRESS: named})
    plain = task.asked in _ASKED and is_plainly_address(words)
    if not plain and (task.asked != ADDRESS or heard.intent not in _MAY_BE_ADDRESS):
        return None  # said before it was asked for, or about something else
    address = given_address(words)
    return Taken({ADDRESS: address}) if address else Refused(Say("orders.bad_address"))


def _address_question(number: str) -> Question:
    return Question(ADDRESS, Say("orders.ask_address", {"number": number}), Kind.TEXT)


def _confirmation(number: str, address: str) -> Say:
    values = {"number": number, "address": address}
    return Say("orders.confirm_address", values, choices=YES_NO)


def _next(task: Task, order: Order) -> Ask:
    """The order can be changed: on to what is still to be asked."""
    values = {NUMBER: order.number, WHICH: "", _SETTLED: order.number}
    if task.value(ADDRESS):
        return Ask(CONFIRM, (_confirmation(order.number, task.value(ADDRESS)),), values)
    return Ask(ADDRESS, (_address_question(order.number).say,), values)


def _nothing_to_change(found: OrderList) -> Result:
    if not found.items:
        return Done((Say("orders.none"), *incomplete(found)))
    says = (*incomplete(found), Say("orders.none_changeable", choices=YES_NO))
    return OfferPerson("not_possible", says)


def _too_late(order: Order) -> Result:
    """Says why, and what can be done instead."""
    key = f"orders.too_late_{order.state.value}"
    values = {"number": order.number}
    if order.state is OrderState.SHIPPED and order.carrier and order.tracking_number:
        key = "orders.too_late_tracked"
        values |= {"carrier": order.carrier, "tracking": order.tracking_number}
    return OfferPerson("not_possible", (Say(key, values, choices=YES_NO),))


def _declined(refusal: Refusal, task: Task) -> Result:
    if refusal is Refusal.NOT_THEIRS:
        return Unproven(task.value(NUMBER))
    if refusal is Refusal.INVALID:
        says = (Say("orders.address_refused"),)
        return Ask(ADDRESS, says, {ADDRESS: ""}, again=True)
    shipped = Say("orders.too_late_shipped", {"number": task.value(NUMBER)}, choices=YES_NO)
    return OfferPerson("not_possible", (shipped,))
