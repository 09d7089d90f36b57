"""Which order is meant, of those that a verified customer has."""

from collections.abc import Callable, Sequence
from datetime import date

from switchyard_actions.domain.dialogue import CORRECT, Dialogue, Task
from switchyard_actions.domain.flow import (
    Ask,
    Question,
    Refused,
    Result,
    Scene,
    Taken,
    Unavailable,
    Unproven,
)
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.order_wish import (
    Which,
    Wish,
    by_words,
    decode,
    fitting,
    speaks_of_another,
    wish_in,
)
from switchyard_actions.domain.orders import Order
from switchyard_actions.domain.say import Choice, Say
from switchyard_actions.flows.order_number import take_order_number
from switchyard_actions.flows.shown import nth
from switchyard_actions.service.accounts import OrderList

NUMBER, WHICH, SHOWN = "order_number", "which", "shown"
"""Values of a task: the order; what was said of it instead; those that were put up for choice."""

_MOST_SHOWN = 5
_SPEAK_OF_ORDERS = frozenset({"order_status", "change_address", CORRECT})


class OrderChoice:
    """Shared by the flows that are about one order. `today` is the company's day."""

    def __init__(self, today: Callable[[], date]) -> None:
        self._today = today

    def take(self, slot: str, heard: Heard, task: Task, words: str) -> Taken | Refused | None:
        """A number, or words that say which; a new one takes the place of the other.

        `words` are those of the message that may be about it.
        """
        if slot == WHICH:
            return self._wish(heard, task, words)
        taken = take_order_number(slot, heard, task)
        if isinstance(taken, Taken):
            return Taken({**taken.values, WHICH: ""})
        if task.asked != slot:
            return taken or _picked_again(heard, task, words)
        if heard.intent == "no_details" and task.value(SHOWN):
            return Refused(Say("orders.no_number_needed"))
        chosen = nth(heard, [number for number, _ in _shown(task)]) or by_words(words, _shown(task))
        if chosen:
            return Taken({slot: chosen, WHICH: ""})
        return self._wish(heard, task, words) or taken

    def question(self, task: Task) -> Question | None:
        """The choice once more; None while there is something to look up."""
        if task.value(NUMBER) or task.value(WHICH) or not task.value(SHOWN):
            return None
        return Question(NUMBER, Say("orders.which", choices=_choices(_shown(task))))

    def settle(
        self, task: Task, scene: Scene, found: OrderList, usual: Sequence[Order]
    ) -> Order | Result | None:
        """The order; or what to do to find out; None: there are none. `usual`: the likely ones."""
        if task.value(NUMBER):
            return _named(task.value(NUMBER), found)
        known = _of_number(_talked_about(scene.dialogue), found.items)
        said = decode(task.value(WHICH))
        described = _described(scene.heard, found.items) if said is None else None
        wish = _seen_from(known, said, scene.heard)
        if described is not None or (wish is None and known is not None):
            return described or known
        among = fitting(found.items, wish) if wish is not None else tuple(usual)
        if len(among) == 1:
            return among[0]
        if not found.items or (wish is None and not among):
            return None
        if among:
            return ask(among)
        # "Not this one" rules out the one talked about, whatever else was said of the other.
        ruled_out = known is not None and speaks_of_another(scene.heard.text)
        others = [order for order in found.items if not (ruled_out and order is known)]
        return ask(others or found.items, "orders.none_fits")

    def _wish(self, heard: Heard, task: Task, words: str) -> Taken | None:
        open_question = task.asked in {"", NUMBER, CORRECT} or heard.intent == "give_details"
        if heard.first("order_number") or heard.choice:
            return None
        if not (open_question or heard.intent in _SPEAK_OF_ORDERS):
            return None
        wish = wish_in(words, self._today(), task.value(NUMBER))
        return Taken({WHICH: wish.encode(), NUMBER: ""}) if wish is not None else None


def wants_list(task: Task) -> bool:
    """Whether all of the orders are asked for."""
    wish = decode(task.value(WHICH))
    return wish is not None and wish.which is Which.ALL and not task.value(NUMBER)


def ask(orders: Sequence[Order], key: str = "orders.which", *before: Say) -> Ask:
    """Puts orders up for choice."""
    shown = [(order.number, items(order)) for order in orders[:_MOST_SHOWN]]
    values = {SHOWN: kept(orders), WHICH: "", NUMBER: ""}
    return Ask(NUMBER, (*before, Say(key, choices=_choices(shown))), values)


def items(order: Order) -> str:
    """What was ordered, in short: at most two names."""
    return " · ".join(item.name for item in order.items[:2])


def _talked_about(dialogue: Dialogue) -> str:
    """The order of what waits to be taken up, or the one told of last."""
    waiting = (task.value(NUMBER) for task in reversed(dialogue.suspended))
    return next((number for number in waiting if number), dialogue.fact(NUMBER))


def _seen_from(known: Order | None, wish: Wish | None, heard: Heard) -> Wish | None:
    """What is wished for; beside the order talked about, "not that one" is any but it."""
    if known is None:
        return wish
    if wish is None:
        return Wish(Which.OTHER, than=known.number) if heard.intent == CORRECT else None
    unclear = wish.which in {Which.OTHER, Which.BEFORE} and not wish.than
    return Wish(wish.which, than=known.number) if unclear else wish


def _picked_again(heard: Heard, task: Task, words: str) -> Taken | None:
    """ "And the first one?", "what about the lamp?": of those that were told of."""
    if task.asked or not task.value(SHOWN) or task.value(WHICH):
        return None
    shown = _shown(task)
    place = nth(heard, [number for number, _ in shown]) if heard.first("ordinal") else ""
    chosen = place or by_words(words, shown)
    return Taken({NUMBER: chosen, WHICH: ""}) if chosen else None


def kept(orders: Sequence[Order]) -> str:
    """Orders as they are remembered, to be picked from later on."""
    return "\n".join(f"{order.number}\t{items(order)}" for order in orders[:_MOST_SHOWN])


def _described(heard: Heard, orders: Sequence[Order]) -> Order | None:
    """The one order whose items are named ("where is my lamp")."""
    if heard.intent not in _SPEAK_OF_ORDERS:
        return None
    number = by_words(heard.text, [(order.number, items(order)) for order in orders])
    return _of_number(number, orders) if number else None


def _named(number: str, found: OrderList) -> Order | Result:
    order = _of_number(number, found.items)
    if order is not None:
        return order
    # What a source that failed would have had, nobody can say.
    return Unproven(number) if found.complete else Unavailable("crm")


def _of_number(number: str, orders: Sequence[Order]) -> Order | None:
    return next((order for order in orders if order.number == number), None)


def _shown(task: Task) -> list[tuple[str, str]]:
    pairs = (line.partition("\t") for line in task.value(SHOWN).split("\n") if line)
    return [(number, names) for number, _, names in pairs]


def _choices(shown: Sequence[tuple[str, str]]) -> tuple[Choice, ...]:
    return tuple(Choice(title=f"{number} {names}".strip(), value=number) for number, names in shown)
