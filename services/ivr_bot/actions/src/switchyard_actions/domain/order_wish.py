"""Which of their orders customers mean when they name no number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from switchyard_actions.domain.orders import Order, OrderState
from switchyard_actions.domain.past_days import Span, past_span

_ALL = re.compile(
    r"所有|全部|哪些|哪几|都列|列出|列表|列一下|一共几"
    r"|\ball\b|\blist\b|\beverything\b|\bevery order\b|\bwhich orders\b|\bmy orders\b"
    r"|\bwhat (?:have|did) i order",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"另[外一]|别的那|其他|其它|不是这|不是那[个单笔]|前面那"
    r"|\bother\b|\banother\b|\bnot (?:that|this)\b",
    re.IGNORECASE,
)
_OF_ADDRESS = re.compile(r"地[址方点儿]|\baddress|\bplace\b", re.IGNORECASE)
_BEFORE = re.compile(
    r"(?:再?上|再往?前|更早)的?一?[个单笔](?:呢|吧|的)?[?？。]?$|之前那|前一[个单笔]"
    r"|\bprevious\b|\bbefore (?:that|this|it)\b|\bearlier one\b",
    re.IGNORECASE,
)
_ARRIVED = re.compile(
    r"送到|签收|收到|到货|送达|\bdelivered\b|\barrived\b|\bcame\b|\breceived\b", re.IGNORECASE
)
_LATEST = re.compile(
    r"最新|最近(?:的|那|一|下|买)|上一[个单笔]|刚[刚才]?(?:下|买|订)|\blatest\b|\bnewest\b"
    r"|\bmost recent\b|\blast (?:order|one|purchase)\b|\bjust (?:ordered|bought|placed)\b",
    re.IGNORECASE,
)


class Which(StrEnum):
    """ALL wants a list. OTHER is any but the one talked about, BEFORE the one placed before it.

    DAYS is when it was placed, ARRIVED when it was delivered.
    """

    ALL = "all"
    OTHER = "other"
    LATEST = "latest"
    BEFORE = "before"
    DAYS = "days"
    ARRIVED = "arrived"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was said about an order; `span` with DAYS and ARRIVED, `than` (an order number) else."""

    which: Which
    span: Span | None = None
    than: str = ""

    def encode(self) -> str:
        """As text, for the values of a task."""
        if self.span is not None:
            return f"{self.which}:{self.span.first}:{self.span.last}"
        return f"{self.which}:{self.than}" if self.than else self.which.value


def decode(text: str) -> Wish | None:
    """What `encode` made; None for the empty text."""
    if not text:
        return None
    which, _, rest = text.partition(":")
    if which in {Which.DAYS, Which.ARRIVED}:
        first, _, last = rest.partition(":")
        return Wish(Which(which), Span(date.fromisoformat(first), date.fromisoformat(last)))
    return Wish(Which(which), than=rest)


def wish_in(words: str, today: date, talked_about: str = "") -> Wish | None:
    """What the words say about an order; `talked_about` is the one that "not that one" means."""
    span = past_span(words, today)
    if span is not None:
        return Wish(Which.ARRIVED if _ARRIVED.search(words) else Which.DAYS, span)
    if _BEFORE.search(words):
        return Wish(Which.BEFORE, than=talked_about)
    if speaks_of_another(words):
        return Wish(Which.OTHER, than=talked_about)
    if _ALL.search(words):
        return Wish(Which.ALL)
    return Wish(Which.LATEST) if _LATEST.search(words) else None


def speaks_of_another(words: str) -> bool:
    """Whether any order but the one talked about is meant; "another address" is no order."""
    return _OTHER.search(words) is not None and not _OF_ADDRESS.search(words)


def fitting(orders: Sequence[Order], wish: Wish | None) -> tuple[Order, ...]:
    """The orders, newest first, that a wish may mean."""
    if wish is None or wish.which is Which.ALL:
        return tuple(orders)
    if wish.which is Which.LATEST:
        return tuple(orders[:1])
    if wish.which is Which.OTHER:
        return tuple(order for order in orders if order.number != wish.than)
    if wish.which is Which.BEFORE:
        places = [place for place, order in enumerate(orders) if order.number == wish.than]
        start = places[0] + 1 if places else 0
        return tuple(orders[start : start + 1])
    return _of_days(orders, wish)


def _of_days(orders: Sequence[Order], wish: Wish) -> tuple[Order, ...]:
    """Those placed then or, if none were or that was asked for, those delivered then."""
    span = wish.span
    if span is None:
        return ()
    placed = tuple(order for order in orders if span.holds(order.placed_on))
    if placed and wish.which is Which.DAYS:
        return placed
    return tuple(
        order
        for order in orders
        if order.state is OrderState.DELIVERED and span.holds(order.delivery_date)
    )


def by_words(words: str, names: Sequence[tuple[str, str]]) -> str | None:
    """The one order, of pairs of number and item names, whose items the words name; else None."""
    said = words.casefold()
    found = [number for number, items in names if _named(said, items.casefold())]
    return found[0] if len(found) == 1 else None


def _named(said: str, items: str) -> bool:
    latin = {word for word in re.findall(r"[a-z]{4,}", items) if word not in _COMMON}
    if latin & set(re.findall(r"[a-z]{4,}", said)):
        return True
    return any(
        run[start : start + 2] in said
        for run in re.findall(r"[\u4e00-\u9fff]{2,}", items)
        for start in range(len(run) - 1)
    )


_COMMON = frozenset({"with", "home", "more", "order"})
