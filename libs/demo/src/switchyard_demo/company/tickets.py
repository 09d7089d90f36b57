"""What customers have asked to be put right, with the history of each case."""

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from switchyard_demo.company.model import (
    Agent,
    Bill,
    Customer,
    Order,
    Text,
    Ticket,
    TicketEntry,
    TicketState,
)
from switchyard_demo.company.products import PRODUCTS, SERVICES
from switchyard_demo.company.subjects import SUBJECTS, Subject

LOCAL_TIME = dt.timezone(dt.timedelta(hours=8))
_TICKETS_PER_CUSTOMER = {0: 55, 1: 28, 2: 12, 3: 5}
_CHANNELS = {"VOICE": 55, "CHAT": 35, "EMAIL": 10}
_OLDEST_DAYS = 180
_OPENS, _CLOSES = 8, 22
"""Hours of the day between which the company works."""
_SWITCHED = frozenset(product.sku for product in PRODUCTS if product.has_switch)
_SERVICE_NAMES = {service.id: service.name for service in SERVICES}
_LINES = frozenset(service.id for service in SERVICES if service.is_line)
_FIRST_NUMBER = 2_000_001


@dataclass(frozen=True, slots=True)
class _Cause:
    """Something a customer can have a ticket about, since a day."""

    subject: Subject
    since: dt.date
    order: Order | None = None
    bill: Bill | None = None


class TicketMaker:
    """Writes tickets about what really happened to a customer's orders and bills."""

    def __init__(
        self,
        agents: Sequence[Agent],
        orders: Sequence[Order],
        bills: Sequence[Bill],
        as_of: dt.date,
        rng: random.Random,
    ) -> None:
        self._agents, self._as_of, self._rng = agents, as_of, rng
        self._orders = _by_customer(orders)
        self._bills = _by_customer(bills)
        self._number = _FIRST_NUMBER

    def tickets(self, customers: Sequence[Customer]) -> tuple[Ticket, ...]:
        """Tickets of all the customers, none to three each."""
        weights = list(_TICKETS_PER_CUSTOMER.values())
        tickets: list[Ticket] = []
        for customer in customers:
            wanted = self._rng.choices(list(_TICKETS_PER_CUSTOMER), weights)[0]
            tickets += self._tickets_of(customer, wanted)
        return tuple(tickets)

    def _tickets_of(self, customer: Customer, wanted: int) -> Iterator[Ticket]:
        causes = self._causes(customer)
        for _ in range(min(wanted, len(causes))):
            subject = self._rng.choices(list(causes), [subject.weight for subject in causes])[0]
            yield self._ticket(customer, self._recent(causes.pop(subject)))

    def _recent(self, causes: Sequence[_Cause]) -> _Cause:
        """One of the causes, rather a recent one."""
        ages = [(self._as_of - cause.since).days for cause in causes]
        return self._rng.choices(causes, [1 / (age + 7) for age in ages])[0]

    def _causes(self, customer: Customer) -> dict[Subject, list[_Cause]]:
        """All that can have moved the customer to write before today, by subject."""
        causes = {
            subject: [c for c in self._causes_for(subject, customer) if c.since < self._as_of]
            for subject in SUBJECTS
        }
        return {subject: found for subject, found in causes.items() if found}

    def _causes_for(self, subject: Subject, customer: Customer) -> Iterator[_Cause]:
        if subject.order_states:
            for order in self._orders.get(customer.id, ()):
                if order.state in subject.order_states and _fits(subject, order):
                    yield _Cause(subject, _reached_on(order), order=order)
        elif subject.bill_states:
            for bill in self._bills.get(customer.id, ()):
                if bill.state in subject.bill_states:
                    yield _Cause(subject, bill.issued_on, bill=bill)
        elif not subject.needs_line or customer.service_plan in _LINES:
            days_ago = 1 + int(_OLDEST_DAYS * self._rng.random() ** 2)
            yield _Cause(subject, max(customer.since, self._as_of - dt.timedelta(days=days_ago)))

    def _ticket(self, customer: Customer, cause: _Cause) -> Ticket:
        words = _words(customer, cause)
        number = f"T{self._number}"
        self._number += 1
        return Ticket(
            number=number,
            customer=customer.id,
            queue=cause.subject.queue,
            subject=_say(cause.subject.title, customer, words),
            priority=cause.subject.priority,
            order_number=cause.order.number if cause.order else None,
            bill_number=cause.bill.number if cause.bill else None,
            history=self._history(customer, cause, words),
        )

    def _history(
        self, customer: Customer, cause: _Cause, words: Mapping[str, str]
    ) -> tuple[TicketEntry, ...]:
        """Request, answer, solution and closing, as far as they lie before today."""
        subject = cause.subject
        channel = self._rng.choices(list(_CHANNELS), list(_CHANNELS.values()))[0]
        agent = self._agent(subject.queue, customer.language)
        closing = Text("七日内无新消息，自动关闭。", "Closed after seven days without news.")
        course = (
            ("customer", TicketState.OPEN, subject.request, self._until_opened(cause)),
            (agent, TicketState.PENDING, subject.answer, self._hours(0.2, 30)),
            (agent, TicketState.RESOLVED, subject.solution, self._hours(4, 120)),
            ("system", TicketState.CLOSED, closing, dt.timedelta(days=7)),
        )
        today = dt.datetime.combine(self._as_of, dt.time(), LOCAL_TIME)
        at = dt.datetime.combine(cause.since, dt.time(), LOCAL_TIME)
        entries: list[TicketEntry] = []
        for author, state, text, later in course:
            at = _in_working_hours(at + later)
            if at >= today:
                break
            said = _say(text, customer, words)
            entries.append(TicketEntry(at.astimezone(dt.UTC), author, channel, state, said))
        return tuple(entries)

    def _agent(self, queue: str, language: str) -> str:
        """Somebody who serves the queue and speaks the language."""
        skill = f"lang.{language}"
        able = [a for a in self._agents if queue in a.queues and a.skills.get(skill, 0) >= 4]
        return self._rng.choice(able).id

    def _until_opened(self, cause: _Cause) -> dt.timedelta:
        """From the beginning of the cause's day to a waking hour soon after, before today."""
        days = min(int(self._rng.expovariate(1 / 3)), (self._as_of - cause.since).days - 1)
        seconds = self._rng.randrange(_OPENS * 3600, _CLOSES * 3600)
        return dt.timedelta(days=days, seconds=seconds)

    def _hours(self, least: float, most: float) -> dt.timedelta:
        return dt.timedelta(seconds=int(3600 * self._rng.uniform(least, most)))


def _by_customer[T: (Order, Bill)](things: Sequence[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for thing in things:
        found.setdefault(thing.customer, []).append(thing)
    return found


def _reached_on(order: Order) -> dt.date:
    """When the order came into its state."""
    steps = (order.ended_on, order.delivered_on, order.shipped_on, order.packed_on)
    return next((day for day in steps if day is not None), order.placed_on)


def _fits(subject: Subject, order: Order) -> bool:
    return not subject.needs_switch or order.items[0].sku in _SWITCHED


def _in_working_hours(at: dt.datetime) -> dt.datetime:
    """The same moment, or the next morning at the same minute if the company sleeps."""
    if at.hour >= _CLOSES:
        return (at + dt.timedelta(days=1)).replace(hour=_OPENS)
    return at.replace(hour=max(at.hour, _OPENS))


def _words(customer: Customer, cause: _Cause) -> dict[str, str]:
    """What the texts of a ticket may name."""
    words: dict[str, str] = {}
    if customer.service_plan is not None:
        words["service"] = _SERVICE_NAMES[customer.service_plan].in_language(customer.language)
    if cause.order is not None:
        words["order"] = cause.order.number
        words["item"] = cause.order.items[0].name.in_language(customer.language)
    if cause.bill is not None:
        words["bill"] = cause.bill.number
    return words


def _say(text: Text, customer: Customer, words: Mapping[str, str]) -> str:
    return text.in_language(customer.language).format_map(words)
