"""The demo company hangs together, whatever the seed and the day."""

import datetime as dt
import re
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from switchyard_demo.company.generate import DEFAULT_SEED, generate
from switchyard_demo.company.model import (
    Agent,
    Bill,
    BillState,
    Company,
    Order,
    OrderState,
    PlanStep,
    TicketState,
    Tier,
)
from switchyard_demo.company.showcase import LATE_PAYER, showcase_orders

pytestmark = pytest.mark.unit

TODAY = dt.date(2026, 11, 22)
FICTIONAL = re.compile(r"\+861990000\d{4}|\+1(206|212|312)55501\d\d|\+447700900\d{3}")


@pytest.fixture(scope="module")
def company() -> Company:
    return generate(DEFAULT_SEED, TODAY)


def all_different(values: list[str]) -> bool:
    return len(set(values)) == len(values)


def test_the_same_seed_and_day_give_the_same_company(company: Company) -> None:
    assert generate(DEFAULT_SEED, TODAY) == company


def test_another_seed_gives_other_people(company: Company) -> None:
    other = generate(DEFAULT_SEED + 1, TODAY)
    same = sum(a.name == b.name for a, b in zip(company.customers, other.customers, strict=True))
    assert same < 50
    assert other.orders != company.orders
    assert other.tickets != company.tickets


def test_a_day_later_people_are_the_same_and_dates_move_along(company: Company) -> None:
    later = generate(DEFAULT_SEED, TODAY + dt.timedelta(days=1))
    assert later.agents == company.agents
    for before, after in zip(company.customers, later.customers, strict=True):
        assert (before.id, before.name, before.phone) == (after.id, after.name, after.phone)
        assert after.since - before.since == dt.timedelta(days=1)
    for old, new in zip(company.orders, later.orders, strict=True):
        assert (old.number, old.state, old.items) == (new.number, new.state, new.items)
        assert new.placed_on - old.placed_on == dt.timedelta(days=1)


def test_it_has_the_promised_size(company: Company) -> None:
    assert len(company.agents) == 40
    assert [queue.id for queue in company.queues] == [
        "orders",
        "billing",
        "technical",
        "complaints",
        "general",
    ]
    assert len(company.customers) == 500
    per_customer = Counter(order.customer for order in company.orders)
    assert set(per_customer) == {customer.id for customer in company.customers}
    assert set(per_customer.values()) == {1, 2, 3, 4, 5, 6}
    assert len(company.bills) > 1000
    assert 200 < len(company.tickets) < 600


def test_names_of_things_are_unique(company: Company) -> None:
    assert all_different([agent.id for agent in company.agents])
    assert all_different([agent.display_name.en for agent in company.agents])
    assert all_different([agent.endpoint for agent in company.agents])
    assert all_different([customer.id for customer in company.customers])
    assert all_different([customer.phone for customer in company.customers])
    assert all_different([customer.email for customer in company.customers])
    assert all_different([order.number for order in company.orders])
    assert all_different([bill.number for bill in company.bills])
    assert all_different([ticket.number for ticket in company.tickets])
    assert all_different([o.tracking_number for o in company.orders if o.tracking_number])


def test_agents_are_reached_at_their_own_number(company: Company) -> None:
    for number, agent in enumerate(company.agents, start=1001):
        assert agent.id == f"a{number}"
        assert agent.endpoint == f"sip:{number}@127.0.0.1"
        assert agent.channel_capacity == {"VOICE": 1, "CHAT": 3, "CALLBACK": 1}
        assert all(1 <= level <= 10 for level in agent.skills.values())
        assert agent.team in agent.queues


def eligible(company: Company, queue: str, step: PlanStep, language: str) -> list[Agent]:
    return [
        agent
        for agent in company.agents
        if queue in agent.queues
        and all(agent.skills.get(need.skill, 0) >= need.min_level for need in step.skills)
        and agent.skills.get(f"lang.{language}", 0) >= step.language_level
    ]


@pytest.mark.parametrize("seed", [DEFAULT_SEED, 1, 2, 3])
@pytest.mark.parametrize("language", ["zh", "en", "yue"])
def test_every_queue_can_serve_every_language_from_the_first_step(seed: int, language: str) -> None:
    company = generate(seed, TODAY)
    for queue in company.queues:
        pools = [{a.id for a in eligible(company, queue.id, s, language)} for s in queue.plan.steps]
        assert len(pools[0]) >= (1 if language == "yue" else 2), (queue.id, language)
        assert all(narrow <= wide for narrow, wide in pairwise(pools))


def test_plans_relax_step_by_step_and_the_last_step_holds_for_ever(company: Company) -> None:
    for queue in company.queues:
        steps = queue.plan.steps
        assert 2 <= len(steps) <= 3
        assert [step.expires_after_seconds is None for step in steps] == [False] * (
            len(steps) - 1
        ) + [True]
        for strict, relaxed in pairwise(steps):
            assert strict.skills[0].min_level > relaxed.skills[0].min_level
            assert strict.language_level >= relaxed.language_level
        assert (queue.service_level_target_seconds, queue.service_level_goal) == (20, 0.8)
        assert queue.max_wait_seconds > sum(step.expires_after_seconds or 0 for step in steps)


def test_customers_are_at_numbers_and_addresses_that_nobody_has(company: Company) -> None:
    for customer in company.customers:
        assert FICTIONAL.fullmatch(customer.phone), customer.phone
        assert re.fullmatch(r"[a-z.]+\d*@example\.(com|net|org)", customer.email), customer.email
        assert customer.phone_last4 == customer.phone[-4:]


def test_customers_speak_the_languages_of_the_company_in_believable_shares(
    company: Company,
) -> None:
    shares = Counter(customer.language for customer in company.customers)
    assert 0.6 < shares["zh"] / 500 < 0.76
    assert 0.15 < shares["en"] / 500 < 0.3
    assert 0.05 < shares["yue"] / 500 < 0.15
    tiers = Counter(customer.tier for customer in company.customers)
    assert tiers[Tier.STANDARD] > tiers[Tier.SILVER] > tiers[Tier.GOLD] > tiers[Tier.PLATINUM] > 0


def test_customers_are_greeted_without_a_title(company: Company) -> None:
    for customer in company.customers:
        assert customer.name in customer.salutation
        assert not re.search(r"\b(Mr|Ms|Mrs|Miss)\b|先生|女士|小姐", customer.salutation)
        is_chinese = customer.language in ("zh", "yue")
        assert customer.salutation.endswith("您好") is is_chinese


def reached(order: Order) -> dict[OrderState, dt.date | None]:
    return {
        OrderState.PLACED: order.placed_on,
        OrderState.PACKED: order.packed_on,
        OrderState.SHIPPED: order.shipped_on,
        OrderState.DELIVERED: order.delivered_on,
        OrderState.RETURNED: order.ended_on,
    }


def check_order(order: Order, today: dt.date) -> None:
    days = list(reached(order).values())
    if order.state is OrderState.CANCELLED:
        assert days[1:4] == [None] * 3
        assert order.ended_on is not None
        assert order.placed_on <= order.ended_on <= today
        assert (order.expected_on, order.carrier, order.tracking_number) == (None, None, None)
        return
    passed = [day for day in days if day is not None]
    assert passed == sorted(passed)
    assert days[: len(passed)] == passed, "no step is left out"
    assert list(reached(order))[len(passed) - 1] is order.state
    assert passed[-1] <= today
    assert order.expected_on is not None
    assert order.expected_on >= (order.shipped_on or order.placed_on)
    assert (order.carrier is None) is (order.tracking_number is None) is (order.shipped_on is None)


def check_bill(bill: Bill, today: dt.date) -> None:
    assert bill.issued_on <= today
    assert bill.issued_on < bill.due_on
    assert bill.period < f"{bill.issued_on:%Y-%m}"
    assert bill.amount.minor_units > 0
    if bill.state is BillState.PAID:
        assert bill.paid_on is not None
        assert bill.issued_on <= bill.paid_on <= today
    else:
        assert bill.paid_on is None
        assert (bill.due_on < today) is (bill.state is BillState.OVERDUE)


# A smaller seed is no simpler, so shrinking would only take time.
@settings(max_examples=15, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 2**32), today=st.dates(dt.date(2020, 1, 1), dt.date(2040, 12, 31)))
def test_everything_refers_to_something_and_its_dates_agree(seed: int, today: dt.date) -> None:
    company = generate(seed, today)
    customers = {customer.id: customer for customer in company.customers}
    orders = {order.number: order for order in company.orders}
    bills = {bill.number: bill for bill in company.bills}
    agents = {agent.id: agent for agent in company.agents}
    for order in company.orders:
        assert re.fullmatch(r"SY\d{8}", order.number)
        assert customers[order.customer].since <= order.placed_on
        assert order.items
        assert order.total.minor_units == sum(
            item.quantity * item.unit_price.minor_units for item in order.items
        )
        check_order(order, today)
    for bill in company.bills:
        assert customers[bill.customer].service_plan is not None
        check_bill(bill, today)
    for ticket in company.tickets:
        if ticket.order_number is not None:
            assert orders[ticket.order_number].customer == ticket.customer
        if ticket.bill_number is not None:
            assert bills[ticket.bill_number].customer == ticket.customer
        times = [entry.at for entry in ticket.history]
        assert times == sorted(times)
        assert times[-1].date() <= today
        states = [entry.state for entry in ticket.history]
        assert states == list(TicketState)[: len(states)]
        assert "{" not in ticket.subject
        for entry in ticket.history:
            if entry.author not in ("customer", "system"):
                agent = agents[entry.author]
                assert ticket.queue in agent.queues
                assert f"lang.{customers[ticket.customer].language}" in agent.skills


def test_every_state_is_found_somewhere(company: Company) -> None:
    assert {order.state for order in company.orders} == set(OrderState)
    assert {bill.state for bill in company.bills} == set(BillState)
    assert {ticket.state for ticket in company.tickets} == set(TicketState)
    assert {ticket.queue for ticket in company.tickets} == {queue.id for queue in company.queues}


def test_texts_are_in_the_customers_language(company: Company) -> None:
    languages = {customer.id: customer.language for customer in company.customers}
    for ticket in company.tickets:
        said = ticket.history[0].text
        assert bool(re.search(r"[\u4e00-\u9fff]", said)) is (languages[ticket.customer] != "en")


@pytest.mark.parametrize("seed", [DEFAULT_SEED, 7])
def test_showcase_orders_are_the_same_under_every_seed(seed: int) -> None:
    shown = showcase_orders(generate(seed, TODAY))
    assert [(s.order.number, s.phone_last4, s.customer.language) for s in shown] == [
        ("SY10240001", "8826", "zh"),
        ("SY10240002", "8826", "zh"),
        ("SY20480001", "0142", "en"),
        ("SY20480002", "0142", "en"),
        ("SY30720001", "5519", "yue"),
        ("SY40960001", "3307", "zh"),
        ("SY40960002", "3307", "zh"),
        ("SY51200001", "0186", "en"),
    ]
    assert [s.order.state.value for s in shown] == [
        "shipped",
        "delivered",
        "delivered",
        "shipped",
        "packed",
        "placed",
        "cancelled",
        "returned",
    ]


@pytest.mark.parametrize("day", range(1, 29, 3))
def test_the_late_payer_is_late_on_every_day(day: int) -> None:
    company = generate(DEFAULT_SEED, dt.date(2026, 3, day))
    states = [bill.state for bill in company.bills if bill.customer == LATE_PAYER]
    assert states.count(BillState.OVERDUE) >= 1


def test_addresses_are_written_as_in_their_country(company: Company) -> None:
    first, second = company.customers[:2]
    assert first.address.one_line == "浙江省杭州市西湖区云杉路18号2栋601室"
    assert second.address.one_line == "42 Switchyard Lane, Ballard, Seattle, WA, 98100"
