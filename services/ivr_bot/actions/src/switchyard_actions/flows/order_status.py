"""Where is my order?"""

from collections.abc import Callable
from datetime import date
from typing import ClassVar, override

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
from switchyard_actions.domain.orders import Order
from switchyard_actions.domain.say import Say
from switchyard_actions.flows.of_account import OfAccount
from switchyard_actions.flows.order_choice import (
    NUMBER,
    SHOWN,
    WHICH,
    OrderChoice,
    ask,
    kept,
    wants_list,
)
from switchyard_actions.flows.order_telling import OrderTelling
from switchyard_actions.service.accounts import Accounts, OrderList

_MOST_LISTED = 5


class OrderStatus(OfAccount):
    """Tells how far an order has got; without a number, lets the customer choose among theirs."""

    name: ClassVar[str] = "order_status"
    title: ClassVar[str] = "orders.title_status"
    intents: ClassVar[frozenset[str]] = frozenset({"order_status"})
    slots: ClassVar[tuple[str, ...]] = (NUMBER, WHICH)

    def __init__(
        self, accounts: Accounts, telling: OrderTelling, today: Callable[[], date]
    ) -> None:
        self._accounts = accounts
        self._telling = telling
        self._today = today
        self._choice = OrderChoice(today)

    @override
    def question(self, task: Task, dialogue: Dialogue) -> Question | None:
        return self._choice.question(task)

    @override
    def take(self, slot: str, heard: Heard, task: Task) -> Taken | Refused | None:
        return self._choice.take(slot, heard, task, heard.text)

    @override
    def summary(self, task: Task) -> Say:
        number = task.value(NUMBER)
        if not number:
            return Say("orders.summary_status_any")
        return Say("orders.summary_status", {"number": number})

    @override
    async def look_up(self, task: Task, scene: Scene) -> Result:
        found = await self._accounts.orders(scene.customer, scene.language)
        if wants_list(task) and len(found.items) > 1:
            return self._list(found, scene)
        chosen = self._choice.settle(task, scene, found, found.items)
        if chosen is None:
            return Done((Say("orders.none"), *incomplete(found)))
        return self._tell(chosen, found, scene) if isinstance(chosen, Order) else chosen

    def _list(self, found: OrderList, scene: Scene) -> Result:
        told = self._telling.list(found.items[:_MOST_LISTED], self._today(), scene.language)
        return ask(found.items, "orders.which", told, *incomplete(found))

    def _tell(self, order: Order, found: OrderList, scene: Scene) -> Result:
        told = self._telling.status(order, self._today(), scene.language)
        known = {
            NUMBER: order.number,
            "order_state": order.state.value,
            WHICH: "",
            SHOWN: kept(found.items),
        }
        return Done((told, *incomplete(found)), known)


def incomplete(found: OrderList) -> tuple[Say, ...]:
    """That there may be more than is known, if so."""
    return () if found.complete else (Say("orders.incomplete"),)
